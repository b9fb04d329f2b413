"""What a mock does with an opening handshake, seen on the socket."""

import time
from typing import Any

import pytest

from tests.helpers.frames import TEXT, request, text
from tests.helpers.mock_server import MockServer, mocking, say
from tests.helpers.raw_client import HttpAnswer, Received, connected
from tests.helpers.wait import UNIT, eventually

pytestmark = pytest.mark.integration


def answer_to(server: MockServer, path: str = "/mock", **headers: str | None) -> HttpAnswer:
    with connected(server.port) as client:
        return client.ask(request(path, **headers))


def status(server: MockServer, path: str = "/mock", **headers: str | None) -> int:
    return answer_to(server, path, **headers).status


# --- outcomes -------------------------------------------------------------------------------------


def test_handshake_without_rules_is_accepted() -> None:
    with mocking({}) as server:
        assert status(server) == 101


def test_acceptance_may_have_headers_and_a_subprotocol() -> None:
    accept = {"headers": {"X-Mock": "yes"}, "subprotocol": "odd"}
    with mocking({"handshake": [{"accept": accept}]}) as server:
        answer = answer_to(server)
        assert answer.status == 101
        assert answer.headers["x-mock"] == "yes"
        assert answer.headers["sec-websocket-protocol"] == "odd"


def test_rejection_has_its_status_headers_and_body_and_ends_the_connection() -> None:
    reject = {"status": 429, "headers": {"Retry-After": "7"}, "body": "slow down"}
    with mocking({"handshake": [{"reject": reject}]}) as server, connected(server.port) as client:
        answer = client.ask(request("/mock"))
        assert (answer.status, answer.body) == (429, "slow down")
        assert answer.headers["retry-after"] == "7"
        assert client.read_end() == b""
        assert server.server.stats().total_connections == 0


def test_stall_goes_on_with_the_next_rule() -> None:
    rules = [{"stall": "100ms"}, {"reject": {"status": 503}}]
    with mocking({"handshake": rules}) as server:
        begin = time.monotonic()
        assert status(server) == 503
        assert time.monotonic() - begin >= 0.1


def test_stalled_connection_opens_late_and_then_works() -> None:
    endpoint = {"handshake": [{"stall": "50ms"}], "rules": [say("hi", trigger="connect")]}
    with mocking(endpoint, handshake_timeout=0.03) as server, server.open_raw() as client:
        assert client.read_frame() == Received(TEXT, b"hi")


def test_stall_for_ever_says_nothing_and_outlasts_the_handshake_timeout() -> None:
    with mocking({"handshake": [{"stall": "forever"}]}, handshake_timeout=0.05) as server:
        with connected(server.port) as client:
            client.send(request("/mock"))
            client.socket.settimeout(0.3 * UNIT)
            with pytest.raises(TimeoutError):
                client.read_end()
        # The one who waits costs the others nothing.
        assert status(server, "/other") == 101


def test_server_stops_although_a_client_is_stalled_for_ever() -> None:
    with mocking({"handshake": [{"stall": "forever"}]}) as server, connected(server.port) as client:
        client.send(request("/mock"))
        assert status(server, "/other") == 101  # so the first was read, too
        server.server.stop()
        assert client.read_end() == b""


def test_reset_is_a_reset_and_no_answer() -> None:
    with mocking({"handshake": [{"abort": "reset"}]}) as server, connected(server.port) as client:
        client.send(request("/mock"))
        with pytest.raises(ConnectionResetError):
            client.read_end()


def test_close_is_the_end_of_the_stream_and_no_answer() -> None:
    with mocking({"handshake": [{"abort": "close"}]}) as server, connected(server.port) as client:
        client.send(request("/mock"))
        assert client.read_end() == b""


def test_abort_may_come_after_a_stall() -> None:
    rules = [{"stall": "20ms"}, {"abort": "reset"}]
    with mocking({"handshake": rules}) as server, connected(server.port) as client:
        client.send(request("/mock"))
        with pytest.raises(ConnectionResetError):
            client.read_end()


def test_first_rule_that_matches_decides() -> None:
    rules = [
        {"match": {"query": {"a": "1"}}, "reject": {"status": 401}},
        {"match": {"query": {"b": "1"}}, "reject": {"status": 402}},
        {"match": {"query": {"c": "1"}}, "accept": None},
        {"reject": {"status": 404}},
    ]
    with mocking({"handshake": rules}) as server:
        found = [status(server, f"/mock?{query}") for query in ("b=1&a=1", "b=1", "c=1", "d=1")]
        assert found == [401, 402, 101, 404]


def test_rule_that_raises_is_passed_over(log_lines: list[str]) -> None:
    broken = {"match": {"path": {"schema": {"$ref": "#/nowhere"}}}, "reject": {"status": 500}}
    with mocking({"handshake": [broken, {"reject": {"status": 418}}]}) as server:
        assert status(server) == 418
        eventually(lambda: any("handshake[0]" in line for line in log_lines))


# --- conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "good", "bad"),
    [
        ({"path": "/x/1"}, ("/x/1", {}), ("/x/2", {})),
        ({"query": {"q": "a b"}}, ("/x/1?q=a%20b", {}), ("/x/1?q=a", {})),
        (
            {"headers": {"authorization": {"starts_with": "Bearer "}}},
            ("/x/1", {"Authorization": "Bearer x"}),
            ("/x/1", {"Authorization": "Basic x"}),
        ),
        ({"cookies": {"sid": "s1"}}, ("/x/1", {"Cookie": "a=b; sid=s1"}), ("/x/1", {})),
        (
            {"origin": {"matches": r"\.example\.test$"}},
            ("/x/1", {"Origin": "https://a.example.test"}),
            ("/x/1", {"Origin": "https://evil.test"}),
        ),
        (
            {"subprotocols": {"contains": "v2"}},
            ("/x/1", {"Sec_WebSocket_Protocol": "v1, v2"}),
            ("/x/1", {"Sec_WebSocket_Protocol": "v1"}),
        ),
        ({"remote_address": "127.0.0.1"}, ("/x/1", {}), None),
        ({"remote_address": {"not": "127.0.0.1"}}, None, ("/x/1", {})),
    ],
)
def test_condition_on_the_handshake(
    match: dict[str, Any],
    good: tuple[str, dict[str, str]] | None,
    bad: tuple[str, dict[str, str]] | None,
) -> None:
    rules = [{"match": match, "accept": None}, {"reject": {"status": 403}}]
    with mocking({"path": "/x/{id}", "handshake": rules}) as server:
        if good is not None:
            assert status(server, good[0], **good[1]) == 101
        if bad is not None:
            assert status(server, bad[0], **bad[1]) == 403


# --- subprotocols ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "chosen"), [("v1, v2", "v2"), ("v1", "v1"), ("v3", None), (None, None)]
)
def test_subprotocol_is_chosen_by_our_preference(offered: str | None, chosen: str | None) -> None:
    with mocking({"subprotocols": ["v2", "v1"]}) as server:
        answer = answer_to(server, Sec_WebSocket_Protocol=offered)
        assert answer.status == 101
        assert answer.headers.get("sec-websocket-protocol") == chosen


@pytest.mark.parametrize(("offered", "expected"), [("v1", 101), ("v3", 400), (None, 400)])
def test_subprotocol_may_be_needed(offered: str | None, expected: int) -> None:
    with mocking({"subprotocols": ["v1"], "required_subprotocol": True}) as server:
        assert status(server, Sec_WebSocket_Protocol=offered) == expected


# --- attempts -------------------------------------------------------------------------------------

WARM_UP = [{"match": {"attempt": {"less_than": 3}}, "reject": {"status": 503}}]


def test_attempts_of_one_host_are_counted() -> None:
    with mocking({"handshake": WARM_UP}) as server:
        assert [status(server) for _ in range(4)] == [503, 503, 101, 101]


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ({"query": "device"}, ("/mock?device=d1", {}), ("/mock?device=d2", {})),
        ({"header": "X-Device"}, ("/mock", {"X_Device": "d1"}), ("/mock", {"X_Device": "d2"})),
        ({"cookie": "sid"}, ("/mock", {"Cookie": "sid=d1"}), ("/mock", {"Cookie": "sid=d2"})),
    ],
)
def test_attempts_are_counted_by_the_key_of_the_client(
    key: dict[str, str], one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]
) -> None:
    with mocking({"handshake": WARM_UP, "client_key": key}) as server:
        asked = [status(server, path, **headers) for path, headers in (one, one, other, one, other)]
        assert asked == [503, 503, 503, 101, 503]
        assert status(server, other[0], **other[1]) == 101


def test_attempt_is_known_to_templates() -> None:
    with mocking({"rules": [say("{{ attempt }}", trigger="connect")]}) as server:
        for number in ("1", "2", "3"):
            with server.connect() as client:
                assert client.hear() == number


def test_endpoints_count_their_attempts_apart() -> None:
    with mocking(
        {"path": "/a", "handshake": WARM_UP}, {"path": "/b", "handshake": WARM_UP}
    ) as server:
        assert [status(server, path) for path in ("/a", "/a", "/b", "/a")] == [503, 503, 503, 101]


def test_plain_request_to_a_mock_is_told_that_a_websocket_client_is_needed() -> None:
    with mocking({"handshake": WARM_UP}) as server:
        assert status(server, Upgrade=None, Connection=None) == 426


# --- paths ----------------------------------------------------------------------------------------


def test_most_specific_endpoint_answers() -> None:
    paths = ["/**", "/orders/**", "/orders/{id}", "/orders/new", "/{kind}/{id}/items"]
    rule = say("{{ path|tojson }}", trigger="connect")
    endpoints = [{"name": path, "path": path, "rules": [rule]} for path in paths]
    with mocking(*endpoints) as server:
        for path, captured in {
            "/orders/new": "{}",
            "/orders/7": '{"id": "7"}',
            "/orders/7/lines": '{"rest": "7/lines"}',
            "/users/7/items": '{"id": "7", "kind": "users"}',
            "/else": '{"rest": "else"}',
        }.items():
            with server.connect(path) as client:
                assert client.hear() == captured


def test_paths_that_nothing_claims_stay_built_in() -> None:
    with mocking({}) as server, server.open_raw("/echo") as client:
        client.send(text("a"))
        assert client.read_frame() == Received(TEXT, b"a")
