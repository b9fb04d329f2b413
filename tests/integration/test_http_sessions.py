"""Sessions: conversations over HTTP requests, which rules serve like WebSocket connections."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.helpers.http_mock import HttpMock, client_of, http_mock
from tests.helpers.mock_server import Talker, mocking, on
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.transport.http import sessions

pytestmark = pytest.mark.integration

NEW = {"query": {"id": {"present": False}}}


def over_http(**opened: Any) -> list[dict[str, Any]]:
    """HTTP rules with every use of a session."""
    return [
        {"match": {"method": "GET", **NEW}, "session": {"open": opened}},
        {
            "match": {"method": "GET", "headers": {"accept": "text/event-stream"}},
            "session": {"events": "{{ query.id }}"},
        },
        {
            "match": {"method": "GET"},
            "session": {"poll": "{{ query.id }}"},
            "timeout": "20s",
        },
        {"match": {"method": "POST"}, "session": {"receive": "{{ query.id }}"}},
        {
            "match": {"method": "DELETE"},
            "session": {"end": "{{ query.id }}"},
            "respond": {"status": 202},
        },
        {"respond": {"status": 410}},
    ]


HELLO = {"trigger": "connect", "do": [{"send": {"text": "{{ client.id }}"}}]}
RULES = [
    HELLO,
    on("count", {"set": {"n": {"increment": 1}}}, {"send": {"text": "{{ vars.n }}"}}),
    on("join", {"join": "room"}, {"send": {"text": "joined"}}),
    on("shout", {"send": {"to": {"group": "room"}, "text": "heard"}}),
    on("hex", {"send": {"binary": "hex:00ff"}}, {"send": {"text": "sent"}}),
    {"match": {"type": "binary"}, "do": [{"send": {"text": "{{ message.hex }}"}}]},
    on("close", {"send": {"text": "last"}}, {"close": {"code": 4001, "reason": "enough"}}),
    on("abort", {"abort": "close"}),
    on("reset", {"abort": "reset"}),
    on("flood", {"for_each": {"in": [1, 2], "do": [{"send": {"text": "{{ 'x' * 900 }}"}}]}}),
    on("quiet", "ignore"),
]


class Client:
    """A client that polls."""

    def __init__(self, client: httpx.Client, path: str = "/mock") -> None:
        self._client = client
        self._path = path
        self.id = client.get(path).text

    def ask(self, *messages: str, separator: str = "") -> str:
        assert self.post(separator.join(messages)).status_code == 200
        return self.poll().text

    def post(self, body: str | bytes) -> httpx.Response:
        return self._client.post(f"{self._path}?id={self.id}", content=body)

    def poll(self) -> httpx.Response:
        return self._client.get(f"{self._path}?id={self.id}")

    def end(self) -> httpx.Response:
        return self._client.delete(f"{self._path}?id={self.id}")


@contextmanager
def polling(
    *rules: dict[str, Any], limits: dict[str, Any] | None = None, **opened: Any
) -> Iterator[tuple[HttpMock, Client]]:
    served = list(rules) or RULES
    with http_mock(*over_http(**opened), limits=limits, rules=served) as mock:
        yield mock, Client(mock.client)


def ending(mock: HttpMock, client: Client, *details: str) -> tuple[Any, ...]:
    """What the traffic tells of the end of a session, once it has come."""
    eventually(lambda: mock.entries(kind="close", client=client.id))
    (entry,) = mock.entries(kind="close", client=client.id)
    told = entry.details
    return tuple(told[name] for name in details)


def in_background(call: Any, *arguments: Any) -> tuple[threading.Thread, list[Any]]:
    """Call something that waits on a thread of its own; return what it found at its end."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(call(*arguments))
        except httpx.HTTPError as error:
            found.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


# --- the conversation -------------------------------------------------------------------------


def test_rules_serve_a_session_like_a_connection() -> None:
    with polling() as (mock, client):
        assert len(client.id) == 8
        assert client.ask("count") == "1"
        assert client.ask("count") == "2"
        (snapshot,) = mock.server.server.clients()
        assert (snapshot.info.id, snapshot.info.path) == (client.id, "/mock")
        assert (snapshot.messages_received, snapshot.messages_sent) == (2, 3)
        assert client.end().status_code == 202
        eventually(lambda: not mock.server.server.clients())
        kinds = [one.kind for one in mock.entries(client=client.id)]
        assert kinds == ["open", "rule", *["text"] * 1, *["text", "rule", "text"] * 2, "close"]


def test_messages_travel_between_a_session_and_a_websocket() -> None:
    with polling() as (mock, client), mock.server.connect() as other:
        other.hear()
        assert client.ask("join") == "joined"
        assert other.ask("join") == "joined"
        thread, found = in_background(client.poll)
        other.say("shout")
        thread.join(PATIENCE)
        assert (found[0].text, other.hear()) == ("heard", "heard")


def test_poll_waits_until_there_is_something_to_take() -> None:
    later = on("later", {"after": {"delay": "50ms", "do": [{"send": {"text": "now"}}]}})
    with polling(HELLO, later) as (_, client):
        assert client.ask("later") == "now"


def test_poll_ends_with_nothing_when_its_time_is_over() -> None:
    rules = over_http()
    rules[2] = {**rules[2], "timeout": "20ms"}
    with http_mock(*rules, rules=RULES) as mock:
        answer = Client(mock.client).poll()
        assert (answer.status_code, answer.text) == (200, "")


def test_earlier_of_two_polls_is_answered_with_nothing() -> None:
    with polling() as (mock, client), client_of(mock.server) as other:
        thread, found = in_background(client.poll)
        eventually(lambda: listener_of(client.id) is not None)
        second, taken = in_background(other.get, f"/mock?id={client.id}")
        thread.join(PATIENCE)
        assert found[0].text == ""
        with client_of(mock.server) as third:
            third.post(f"/mock?id={client.id}", content="count")
        second.join(PATIENCE)
        assert taken[0].text == "1"


def listener_of(session_id: str) -> Any:
    """Who is woken by a session."""
    found = [one for one in SESSIONS if one.client and one.client["client_id"] == session_id]
    return found[0]._listener if found else None


SESSIONS: list[sessions.Session] = []


@pytest.fixture(autouse=True)
def _keep_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    SESSIONS.clear()
    make = sessions.Session

    def keep(*arguments: Any) -> sessions.Session:
        session = make(*arguments)
        SESSIONS.append(session)
        return session

    monkeypatch.setattr(sessions, "Session", keep)


# --- framing ----------------------------------------------------------------------------------


def test_separator_divides_what_one_request_carries() -> None:
    with polling(separator="|") as (_, client):
        assert client.ask("count", "", "count", separator="|") == "1|2"


def test_binary_messages_are_base64_behind_a_prefix() -> None:
    with polling(separator="|", binary_prefix="b") as (_, client):
        assert client.ask("hex") == "bAP8=|sent"
        assert client.ask("bAP8=") == "00ff"


def test_binary_message_is_not_sent_without_a_prefix() -> None:
    with polling() as (_, client):
        assert client.ask("hex") == "sent"


@pytest.mark.parametrize("body", [b"\xff", b"b?", b"|" * 10_000])
def test_body_without_messages_is_refused(body: bytes) -> None:
    with polling(separator="|", binary_prefix="b") as (_, client):
        assert client.post(body).status_code == 400
        assert client.ask("count") == "1"


def test_session_may_have_an_id_of_its_own_and_begin_with_events() -> None:
    opened = {"id": "{{ query.name }}", "answer": "events"}
    with (
        http_mock(*over_http(**opened), rules=RULES) as mock,
        mock.client.stream("GET", "/mock?name=ada") as stream,
        client_of(mock.server) as other,
    ):
        lines = stream.iter_lines()
        (snapshot,) = mock.server.server.clients()
        assert next(lines) == f"data: {snapshot.info.id}"
        other.post("/mock?id=ada", content="count")
        assert [next(lines) for _ in range(2)] == ["", "data: 1"]
        other.post("/mock?id=ada", content="close")
        assert list(lines) == ["", "data: last", ""]


# --- the end ----------------------------------------------------------------------------------


def test_session_that_is_closed_can_be_emptied_and_is_gone_then() -> None:
    with polling(separator="|", closing="bye") as (mock, client):
        assert client.ask("close") == "last|bye"
        assert client.poll().status_code == client.post("count").status_code == 410
        assert ending(mock, client, "code", "reason", "by") == (4001, "enough", "server")


@pytest.mark.parametrize("word", ["abort", "reset"])
def test_aborted_session_ends_the_connection_of_the_request_that_waits(word: str) -> None:
    with polling() as (mock, client), client_of(mock.server) as other:
        thread, found = in_background(client.poll)
        eventually(lambda: listener_of(client.id) is not None)
        other.post(f"/mock?id={client.id}", content=word)
        thread.join(PATIENCE)
        assert found[0] in (httpx.RemoteProtocolError, httpx.ReadError)
        assert client.poll().status_code == 410


def test_client_that_ends_its_session_has_closed_it() -> None:
    with polling() as (mock, client):
        assert client.end().status_code == 202
        assert ending(mock, client, "code", "by") == (1000, "client")
        assert client.end().status_code == 410


def test_session_of_another_endpoint_or_namespace_is_none() -> None:
    two = {"path": "/two", "http": over_http(), "rules": RULES}
    with (
        mocking({"http": over_http(), "rules": RULES}, two) as server,
        client_of(server) as http,
    ):
        one = Client(http)
        assert http.get(f"/two?id={one.id}").status_code == 410
        assert http.get("/mock?id=nobody").status_code == 410
        assert one.ask("count") == "1"


def test_session_that_no_request_uses_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "IDLE_SECONDS", 0.05)
    with polling() as (mock, client):
        assert ending(mock, client, "code") == (1006,)
        assert client.poll().status_code == 410


def test_place_of_a_session_is_free_again_when_it_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "LINGER_SECONDS", 0.01)
    with polling(limits={"max_connections": 2}) as (mock, client):
        assert mock.client.get("/mock").status_code == 503
        client.end()
        eventually(lambda: mock.client.get("/mock").status_code == 200)


def test_session_whose_client_takes_nothing_is_closed() -> None:
    with polling(limits={"max_outbox_bytes": 1024}) as (mock, client):
        client.post("flood")
        assert ending(mock, client, "code", "by") == (1013, "server")


def test_sessions_share_the_budget_of_unsent_bytes() -> None:
    with polling(limits={"max_total_outbox_bytes": 1024}) as (mock, client):
        client.post("flood")
        eventually(lambda: mock.entries(kind="close", client=client.id))
        assert mock.server.server.gateway.outbox_totals().closed == 1


def test_poll_is_answered_when_the_server_stops() -> None:
    with polling(closing="bye") as (mock, client):
        thread, found = in_background(client.poll)
        eventually(lambda: listener_of(client.id) is not None)
        mock.server.server.stop()
        thread.join(PATIENCE)
    assert found[0] is httpx.RemoteProtocolError or found[0].text == "bye"


# --- from a session to a WebSocket --------------------------------------------------------------


def test_websocket_takes_the_place_of_a_session() -> None:
    take = {
        "match": {"text": {"matches": "^take (?P<id>.*)$"}},
        "do": [{"take_over": "{{ match.id }}"}],
    }
    with polling(*RULES, take, binary_prefix="b") as (mock, client):
        assert client.ask("join") == "joined"
        client.post("count")
        client.post("hex")
        with mock.server.connect() as websocket:
            websocket.hear()
            websocket.say(f"take {client.id}")
            websocket.say("count")
            # An answer to what comes next does not overtake what waits in the session.
            assert [websocket.hear() for _ in range(4)] == ["1", b"\x00\xff", "sent", "1"]
            eventually(lambda: client.poll().status_code == 410)
            assert ask_for_group(websocket) == "heard"
            assert ending(mock, client, "code", "reason") == (1000, "taken over")


def ask_for_group(websocket: Talker) -> str | bytes:
    return websocket.ask("shout")


def test_websocket_that_is_taken_over_is_closed() -> None:
    take = {
        "match": {"text": {"matches": "^take (?P<id>.*)$"}},
        "do": [{"take_over": "{{ match.id }}"}, {"send": {"text": "taken"}}],
    }
    with (
        mocking({"rules": [HELLO, take]}) as server,
        server.connect() as old,
        server.connect() as new,
    ):
        old_id = old.hear()
        new.hear()
        assert new.ask(f"take {old_id!s}") == "taken"
        assert old.end() == (1000, "taken over")


@pytest.mark.parametrize("io_threads", [2])
def test_readers_share_sessions(io_threads: int) -> None:
    with polling(limits={"io_threads": io_threads}) as (mock, client):
        for _ in range(4):
            with client_of(mock.server) as other:
                other.post(f"/mock?id={client.id}", content="count")
        numbers = ""
        while len(numbers) < 4:
            numbers += client.poll().text
        assert numbers == "1234"
