"""Plain HTTP rules beside WebSocket, seen by a client that keeps its connection."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.http_mock import HttpMock, client_of, http_mock, plain
from tests.helpers.mock_server import mocking, say
from tests.helpers.raw_client import connected
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.integration


# --- the choice of the rule -----------------------------------------------------------------------


def test_first_rule_that_matches_answers() -> None:
    rules = (
        {"match": {"method": "POST", "json": {"$.user": "ada"}}, "respond": {"text": "hello ada"}},
        {"match": {"method": "POST", "form": {"user": "bob"}}, "respond": {"text": "hello bob"}},
        {"match": {"method": "POST", "text": {"contains": "?"}}, "respond": {"text": "who?"}},
        {"match": {"method": "POST", "binary": "hex:ff00"}, "respond": {"text": "bytes"}},
        {"match": {"query": {"q": "1"}, "headers": {"x-a": "b"}}, "respond": {"text": "head"}},
        {"when": "{{ cookies.session == 'x' }}", "respond": {"text": "cookie"}},
    )
    with http_mock(*rules) as mock:
        assert mock.post("/mock", json={"user": "ada"}).text == "hello ada"
        assert mock.post("/mock", data={"user": "bob"}).text == "hello bob"
        assert mock.post("/mock", content="what?").text == "who?"
        assert mock.post("/mock", content=b"\xff\x00").text == "bytes"
        assert mock.get("/mock?q=1", headers={"X-A": "b"}).text == "head"
        assert mock.get("/mock", headers={"Cookie": "session=x"}).text == "cookie"
        assert mock.get("/mock").status_code == 404


def test_answer_has_its_status_headers_and_templates() -> None:
    respond = {
        "status": "{{ 200 + attempt }}",
        "headers": {"X-Method": "{{ method }}", "Content-Type": "text/x-mock"},
        "text": "{{ path.id }} {{ query.a }} {{ headers['x-b'] }} {{ message.text }}",
    }
    with http_mock({"respond": respond}, path="/items/{id}") as mock:
        answer = mock.post("/items/7?a=1", content="body", headers={"X-B": "2"})
        assert (answer.status_code, answer.text) == (201, "7 1 2 body")
        assert answer.headers["x-method"] == "POST"
        assert answer.headers["content-type"] == "text/x-mock"
        assert mock.get("/items/7?a=1", headers={"X-B": "2"}).status_code == 202


@pytest.mark.parametrize(
    ("respond", "content_type", "body"),
    [
        ({"text": "x"}, "text/plain; charset=utf-8", b"x"),
        ({"json": {"a": [1]}}, "application/json", b'{"a":[1]}'),
        ({"json": None}, "application/json", b"null"),
        ({"binary": "hex:00ff"}, "application/octet-stream", b"\x00\xff"),
        ({}, None, b""),
        ({"text": "{{ x }}", "template": False}, "text/plain; charset=utf-8", b"{{ x }}"),
    ],
    ids=str,
)
def test_body_tells_its_type(
    respond: dict[str, object], content_type: str | None, body: bytes
) -> None:
    with http_mock({"respond": respond}) as mock:
        answer = mock.get("/mock")
        assert (answer.headers.get("content-type"), answer.content) == (content_type, body)
        assert answer.headers["content-length"] == str(len(body))


def test_rule_answers_only_so_many_requests_of_each_client() -> None:
    rules = (
        {"times": 2, "respond": {"status": 503}},
        {"respond": {"text": "ready"}},
    )
    with http_mock(*rules, client_key={"query": "who"}) as mock:
        for who in ("ada", "bob"):
            seen = [mock.get(f"/mock?who={who}").status_code for _ in range(3)]
            assert seen == [503, 503, 200]


def test_stall_goes_on_and_abort_ends_without_an_answer() -> None:
    rules = (
        {"match": {"query": {"end": "1"}}, "abort": "close"},
        {"stall": "20ms"},
        {"respond": {"text": "late"}},
    )
    with http_mock(*rules) as mock:
        assert mock.get("/mock").text == "late"
        with pytest.raises(httpx.RemoteProtocolError):
            mock.get("/mock?end=1")
        (entry,) = mock.entries(kind="response", rule="http[0]")
        assert entry.details["outcome"] == "abort"


def test_delayed_answer_comes_later_than_a_quick_one() -> None:
    rules = (
        {"match": {"query": {"slow": "1"}}, "respond": {"delay": "200ms", "text": "slow"}},
        {"respond": {"text": "quick"}},
    )
    with http_mock(*rules) as mock, connected(mock.server.port) as slow:
        slow.send(plain("GET", "/mock?slow=1"))
        assert mock.get("/mock").text == "quick"
        assert slow.read_answer().body == "slow"


# --- without a rule -------------------------------------------------------------------------------


def test_unmatched_request_is_told_which_rule_is_near_but_no_value() -> None:
    rule = {
        "name": "token",
        "match": {"method": "POST", "headers": {"authorization": "Basic c2VjcmV0"}},
        "respond": {},
    }
    with http_mock(rule, unmatched="strict") as mock:
        answer = mock.post("/mock")
        assert answer.status_code == 404
        assert "the nearest is token: headers.authorization does not match" in answer.text
        assert "c2VjcmV0" not in answer.text
        (verdict,) = mock.entries(kind="verdict", passed=False)
        assert "the nearest is token: headers.authorization" in verdict.details["text"]
        (response,) = mock.entries(kind="response")
        assert response.details["outcome"] == "unmatched"


def test_method_of_other_rules_is_405_with_allow() -> None:
    rules = (
        {"match": {"method": "GET"}, "respond": {}},
        {"match": {"method": {"one_of": ["PUT", "PATCH"]}}, "respond": {}},
    )
    with http_mock(*rules) as mock:
        answer = mock.post("/mock")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, PUT, PATCH")


def test_endpoint_without_http_rules_answers_as_ever() -> None:
    with mocking({}, {"path": "/http", "http": [{"respond": {}}]}) as server:
        with client_of(server) as client:
            assert client.get("/mock").status_code == 426
            assert client.post("/mock").headers["allow"] == "GET"
            assert client.get("/http").status_code == 200


def test_failing_template_is_500_and_an_error_in_the_traffic() -> None:
    with http_mock({"name": "bad", "respond": {"text": "{{ query.nothing.at_all }}"}}) as mock:
        assert mock.get("/mock").status_code == 500
        (error,) = mock.entries(kind="error")
        assert error.details["rule"] == "bad"


@pytest.mark.parametrize("value", ["a\nSet-Cookie: x=1", "a\r\nX: y", "\u20ac"])
def test_header_from_a_template_cannot_begin_another_one(value: str) -> None:
    respond = {"headers": {"X-Echo": "{{ message.json }}"}}
    with http_mock({"respond": respond}) as mock:
        answer = mock.post("/mock", json=value)
        assert answer.status_code == 500
        assert "set-cookie" not in answer.headers


# --- beside WebSocket -----------------------------------------------------------------------------


def test_upgrade_never_meets_http_rules_and_works_on_a_connection_that_was_used() -> None:
    endpoint = {"http": [{"respond": {"text": "http"}}], "rules": [say("ws")]}
    with mocking(endpoint) as server, connected(server.port) as client:
        for _ in range(3):
            assert client.ask(plain("GET")).body == "http"
            assert client.ask(plain("POST", body=b"x" * 10_000)).body == "http"
        client.open("/mock")
        with server.connect() as talker:
            assert talker.ask("x") == "ws"


def test_upgrade_to_http2_is_plain_http() -> None:
    with http_mock({"respond": {"text": "http"}}) as mock:
        headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"}
        assert mock.get("/mock", headers=headers).text == "http"
        assert mock.post("/mock", headers=headers).text == "http"


def test_post_reaches_websocket_clients_and_a_hanging_request() -> None:
    rules = (
        {
            "match": {"method": "POST"},
            "do": [
                {"set": {"endpoint_vars.queue": {"append": "{{ message.json.text }}"}}},
                {"send": {"to": "all", "text": "{{ message.json.text }}"}},
            ],
            "respond": {"status": 202},
        },
        {
            "wait_for": "{{ endpoint_vars.queue }}",
            "do": [{"set": {"vars.out": "{{ endpoint_vars.queue }}", "endpoint_vars.queue": []}}],
            "respond": {"json": "{{ vars.out }}"},
        },
    )
    with http_mock(*rules) as mock, mock.server.connect() as talker:
        answers: list[httpx.Response] = []
        hanging = threading.Thread(target=lambda: answers.append(poll(mock)))
        hanging.start()
        eventually(lambda: mock.entries(kind="request"))
        assert mock.post("/mock", json={"text": "news"}).status_code == 202
        hanging.join(PATIENCE)
        assert answers[0].json() == ["news"]
        assert talker.hear() == "news"


def poll(mock: HttpMock) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{mock.server.port}/mock", timeout=PATIENCE)


def test_websocket_rule_ends_a_hanging_request_of_the_same_client() -> None:
    endpoint = {
        "client_key": {"query": "sid"},
        "http": [
            {"wait_for": "{{ client_vars.upgraded }}", "respond": {"text": "6"}},
        ],
        "rules": [{"do": [{"set": {"client_vars.upgraded": True}}, {"send": {"text": "3probe"}}]}],
    }
    with mocking(endpoint) as server, connected(server.port) as one, connected(server.port) as two:
        one.send(plain("GET", "/mock?sid=a"))
        two.send(plain("GET", "/mock?sid=b"))
        with server.connect("/mock?sid=a") as talker:
            assert talker.ask("2probe") == "3probe"
        assert one.read_answer().body == "6"
        two.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            two.socket.recv(1)


def test_next_rules_are_tried_when_a_wait_is_over() -> None:
    rules = (
        {"wait_for": "{{ client_vars.never }}", "timeout": "20ms", "respond": {"text": "now"}},
        {"respond": {"status": 204}},
    )
    with http_mock(*rules) as mock:
        answer = mock.get("/mock")
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-length" not in answer.headers


def test_client_that_leaves_a_hanging_request_leaves_nothing() -> None:
    rule = {"wait_for": "{{ client_vars.never }}", "timeout": "1h", "respond": {}}
    with http_mock(rule) as mock:
        with connected(mock.server.port) as client:
            client.send(plain("GET"))
            eventually(lambda: mock.entries(kind="request"))
        (left,) = eventually(lambda: mock.entries(kind="response"))
        assert left.details["outcome"] == "left"
        assert "status" not in left.details


# --- browsers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cors", "origin", "allowed"),
    [
        (True, "http://page", True),
        (["http://page"], "http://page", True),
        (["http://page"], "http://other", False),
        (False, "http://page", False),
    ],
)
def test_pages_of_other_origins_may_read_if_they_are_allowed(
    cors: bool | list[str], origin: str, allowed: bool
) -> None:
    with http_mock({"match": {"method": "POST"}, "respond": {}}, cors=cors) as mock:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = mock.request("OPTIONS", "/mock", headers=headers)
        answer = mock.post("/mock", headers={"Origin": origin})
        given = answer.headers.get("access-control-allow-origin")
        assert given == (origin if allowed else None)
        assert preflight.status_code == (204 if allowed else 405)


def test_head_is_answered_as_get_without_a_body() -> None:
    with http_mock({"match": {"method": "GET"}, "respond": {"text": "four"}}) as mock:
        for _ in range(2):
            answer = mock.request("HEAD", "/mock")
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["content-length"] == "4"


# --- server-sent events ---------------------------------------------------------------------------

EVENTS = {
    "events": [
        {"event": "hello", "id": "{{ attempt }}", "retry": "2s", "data": "a\nb"},
        {"after": "5ms", "json": {"n": "{{ repeat.index }}"}},
    ]
}


def test_events_are_sent_and_end() -> None:
    with http_mock({"respond": {**EVENTS, "afterwards": "end"}}) as mock:
        answer = mock.get("/mock")
        assert answer.headers["content-type"] == "text/event-stream"
        first = b"id: 1\nevent: hello\nretry: 2000\ndata: a\ndata: b\n\n"
        assert answer.content == first + b'data: {"n":0}\n\n'
        events = mock.entries(kind="event")
        assert [one.payload for one in events] == ["a\nb", '{"n":0}']
        assert mock.entries(kind="response")[0].details["status"] == 200


def test_events_are_repeated_until_the_client_leaves() -> None:
    with http_mock({"respond": {**EVENTS, "afterwards": "repeat"}}) as mock:
        with mock.client.stream("GET", "/mock") as answer:
            lines = (line for line in answer.iter_lines() if line.startswith('data: {"n"'))
            assert [next(lines) for _ in range(3)] == [f'data: {{"n":{n}}}' for n in range(3)]


def test_event_waits_for_a_variable_that_another_request_sets() -> None:
    event = {
        "wait_for": "{{ endpoint_vars.queue }}",
        "do": [{"set": {"vars.out": "{{ endpoint_vars.queue }}", "endpoint_vars.queue": []}}],
        "data": "{{ vars.out | join(',') }}",
    }
    rules = (
        {"match": {"method": "GET"}, "respond": {"events": [event], "afterwards": "repeat"}},
        {
            "do": [{"set": {"endpoint_vars.queue": {"append": "{{ message.text }}"}}}],
            "respond": {},
        },
    )
    with http_mock(*rules) as mock, mock.client.stream("GET", "/mock") as answer:
        lines = (line for line in answer.iter_lines() if line)
        for word in ("one", "two"):
            mock.post("/mock", content=word)
            assert next(lines) == f"data: {word}"


# --- files ----------------------------------------------------------------------------------------


MOCKS = """
endpoints:
  - path: /app/**
    http:
      - respond: {files: public}
      - match: {method: GET}
        respond: {status: 404, file: secret.txt, headers: {X-Rule: fallback}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[httpx.Client]:
    """A folder that is served below `/app`, with a page for all other paths."""
    public = tmp_path / "public"
    (public / "sub").mkdir(parents=True)
    (public / "index.html").write_text("<p>home</p>")
    (public / "a b.css").write_text("p {}")
    (public / "pixel.png").write_bytes(b"\x89PNG")
    (public / "sub" / "index.html").write_text("<p>sub</p>")
    (tmp_path / "secret.txt").write_text("secret")
    (public / "link").symlink_to(tmp_path / "secret.txt")
    mocks = tmp_path / "mocks.yaml"
    mocks.write_text(MOCKS)
    with serving_here(mocks) as server:
        base = f"http://127.0.0.1:{server.port}"
        with httpx.Client(base_url=base, timeout=PATIENCE, trust_env=False) as client:
            yield client


SERVED = [
    ("/app/", 200, b"<p>home</p>", "text/html; charset=utf-8"),
    ("/app/index.html", 200, b"<p>home</p>", "text/html; charset=utf-8"),
    ("/app/a%20b.css", 200, b"p {}", "text/css; charset=utf-8"),
    ("/app/pixel.png", 200, b"\x89PNG", "image/png"),
    ("/app/sub/", 200, b"<p>sub</p>", "text/html; charset=utf-8"),
    ("/app/sub", 301, b"", None),
    ("/app", 301, b"", None),
    ("/app/index.html/", 404, b"secret", "text/plain; charset=utf-8"),
]


def test_files_are_served_and_folders_have_an_index(site: httpx.Client) -> None:
    for path, status, body, content_type in SERVED:
        answer = site.get(path)
        seen = (path, answer.status_code, answer.content, answer.headers.get("content-type"))
        assert seen == (path, status, body, content_type)
    assert site.get("/app/sub", follow_redirects=True).text == "<p>sub</p>"
    assert site.post("/app/index.html").status_code == 405


OUTSIDE = [
    "/app/../secret.txt",
    "/app/%2e%2e/secret.txt",
    "/app/..%2fsecret.txt",
    "/app/sub/../../secret.txt",
    "/app//etc/passwd",
    "/app/%2fetc/passwd",
    "/app/link",
    "/app/%00",
    "/app/..%5csecret.txt",
    "/app/" + "x" * 5_000,
]


def test_no_path_leads_out_of_the_folder(site: httpx.Client) -> None:
    with connected(int(site.base_url.port or 0)) as client:
        for path in OUTSIDE:
            answer = client.ask(plain("GET", path))
            assert (path, answer.status) == (path, 404)
            assert answer.headers["x-rule"] == "fallback"
