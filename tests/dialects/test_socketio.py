"""The dialect of Socket.IO, with the clients `socket.io-client` for Node and python-socketio."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from queue import Queue
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.helpers.examples import Example, serving_text
from tests.helpers.http_client import get, post
from tests.helpers.json_client import websocket
from tests.helpers.node import node_report, require_package
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

DOCUMENT = """
include:
  - from: dialect:socketio
    with:
      namespaces: {/: {}, /admin: {token: secret}}
      on_connect: [[welcome, {n: 1}]]
      events: [[tick, "{{ repeat.index }}"]]
      interval: 20ms
      acknowledge: {sum: [3]}
      replies: {where: [[weather, fine, 20]]}
      broadcast_to_others: [typing]
      room_events: [say]
      ping_interval: 50
      ping_timeout: 5000
  - from: dialect:socketio
    with:
      name: strict
      path: /strict/
      ping_interval: 50
      ping_timeout: 100
      connect_timeout: 200ms
endpoints:
  - extends: socketio
    rules:
      - match: {use: socketio_event}
        when: "{{ match.event[0] == 'crash' }}"
        do: [{abort: close}]
      - match: {use: socketio_event}
        when: "{{ match.event[0] == 'kick' }}"
        do: [{use: socketio_forget}, {send: {text: "41{{ match.nsp }}"}}]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Example]:
    with serving_text(DOCUMENT) as one:
        yield one


# --- the client for Node ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(server: Example) -> Any:
    """What one run of the Node client saw, by the way it connects."""
    require_package("socket.io-client")
    return node_report("dialect_socketio.js", server.url("").replace("ws:", "http:"))


@pytest.fixture(params=["upgraded", "polling", "websocket"])
def seen(report: Any, request: pytest.FixtureRequest) -> Any:
    return report[request.param]


def test_conversation(seen: Any) -> None:
    talk = seen["talk"]
    first, second = talk.pop("ticks")
    assert second > first
    assert talk == {
        "welcome": [{"n": 1}],
        "different": True,
        "message": [["hello", {"to": "all"}]] * 2,
        "typing": ["ada"],
        "joined": [None, None],
        "said": ["kitchen", "tea?"],
        "sum": 3,
        "weather": ["fine", 20],
        "echo": [[0, 255], "more", [120]],
        "bytes": [1, 2],
        "transport": talk["transport"],
    }


def test_refused_namespaces_and_the_end_by_the_server(seen: Any) -> None:
    assert seen["refused"] == {
        "unknown": ["Invalid namespace", None],
        "without": ["not authorized", None],
        "wrong": ["not authorized", None],
        "admin": 3,
        "kicked": "io server disconnect",
    }


def test_reconnect(seen: Any) -> None:
    back = seen["back"]
    assert back.pop("reason") in ("transport close", "transport error")
    assert back == {"attempt": 1, "other": True, "sum": 3}


# --- python-socketio --------------------------------------------------------------------------


@contextmanager
def python_client(server: Example, **options: Any) -> Iterator[tuple[Any, Queue[Any]]]:
    """A connected client, and the events that it gets."""
    socketio = pytest.importorskip("socketio", reason="needs python-socketio")
    pytest.importorskip("websocket", reason="python-socketio needs websocket-client")
    io = socketio.Client(reconnection_delay=0.01, randomization_factor=0)
    events: Queue[Any] = Queue()
    for name in ("connect", "disconnect", "welcome", "message"):
        io.on(name, lambda *values, name=name: events.put((name, *values)))
    io.connect(server.url("").replace("ws:", "http:"), **options)
    try:
        yield io, events
    finally:
        io.disconnect()


@pytest.mark.parametrize(
    "options",
    [{}, {"transports": ["polling"]}, {"transports": ["websocket"]}],
    ids=["default", "polling", "websocket"],
)
def test_python_client_talks_and_reconnects(server: Example, options: dict[str, Any]) -> None:
    with python_client(server, **options) as (io, events):
        get = partial(events.get, timeout=PATIENCE)
        assert get() == ("connect",)
        assert get() == ("welcome", {"n": 1})
        assert io.call("sum", (1, 2), timeout=PATIENCE) == 3
        assert io.call("echo", b"\x00\xff", timeout=PATIENCE) == b"\x00\xff"
        io.emit("message", "hello")
        assert get() == ("message", "hello")
        io.emit("crash")
        assert get()[0] == "disconnect"
        assert get() == ("connect",)
        assert io.call("sum", timeout=PATIENCE) == 3


# --- by hand ----------------------------------------------------------------------------------

OPEN = "/socket.io/?EIO=4&transport=websocket"
STRICT = "/strict/?EIO=4&transport=websocket"


@pytest.fixture
def raw(server: Example) -> Iterator[ClientConnection]:
    """A bare WebSocket at the endpoint with short times, which has read the packet `open`."""
    with websocket(server.url(STRICT)) as connection:
        packet = connection.recv(PATIENCE)
        assert packet[0] == "0"
        opened = json.loads(packet[1:])
        assert opened.pop("sid")
        assert opened == {
            "upgrades": [],
            "pingInterval": 50,
            "pingTimeout": 100,
            "maxPayload": 1000000,
        }
        yield connection


@pytest.mark.parametrize(
    ("packets", "reason"),
    [
        pytest.param(["40"], "ping timeout", id="no pong"),
        pytest.param(['42["add",1]'], "no such namespace", id="event before connect"),
        pytest.param(["40", '42/admin,["x"]'], "no such namespace", id="other namespace"),
        pytest.param(["40", "41", '42["x"]'], "no such namespace", id="event after disconnect"),
        pytest.param(["40", "hello"], "parse error", id="no packet"),
        pytest.param(["40", '42["x"'], "parse error", id="no JSON"),
        pytest.param(
            ["40", '451-["upload",{"_placeholder":true,"num":0}]', '42["x"]'],
            "parse error",
            id="no attachment",
        ),
    ],
)
def test_violation_closes_the_connection(
    raw: ClientConnection, packets: list[str], reason: str
) -> None:
    for packet in packets:
        raw.send(packet)
    for _ in raw:
        pass
    assert raw.close_reason == reason


def test_client_that_connects_to_no_namespace_is_closed(raw: ClientConnection) -> None:
    for packet in raw:
        assert packet == "2"
        raw.send("3")
    assert raw.close_reason == "connect timeout"


def test_auth_payload_may_have_more_than_is_wanted_and_must_be_json(server: Example) -> None:
    with websocket(server.url(OPEN)) as connection:
        connection.recv(PATIENCE)
        for packet in ('40/admin,{"token":"secret","n":[1]}', "40/admin,{", '40{"a":1}'):
            connection.send(packet)
        heard = [str(connection.recv(PATIENCE)) for _ in range(5)]
    starts = [text[:10] for text in heard if not text.startswith(("42", "2"))]
    assert starts == ["40/admin,{", "44/admin,{", '40{"sid":"']


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("EIO=4&transport=other", 0),
        ("", 0),
        ("EIO=3&transport=websocket", 5),
    ],
)
def test_bad_handshakes(server: Example, query: str, code: int) -> None:
    refusal = server.refusal(f"/socket.io/?{query}")
    assert refusal.status_code == 400
    assert json.loads(refusal.body)["code"] == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("EIO=4&transport=other", 0),
        ("EIO=4&transport=polling&sid=0000", 1),
        ("EIO=3&transport=polling", 5),
    ],
)
def test_bad_requests(server: Example, query: str, code: int) -> None:
    url = server.url(f"/socket.io/?{query}").replace("ws:", "http:")
    for answer in (get(url), post(url, "3")):
        assert (answer.status, answer.json()["code"]) == (400, code)


def test_session_begins_with_get(server: Example) -> None:
    answer = post(server.url("/socket.io/?EIO=4&transport=polling").replace("ws:", "http:"), "40")
    assert (answer.status, answer.json()["code"]) == (400, 2)


def test_upgrade_of_an_unknown_session_is_closed(server: Example) -> None:
    with websocket(server.url(f"{OPEN}&sid=0000")) as connection:
        connection.send("2probe")
        for _ in connection:
            pass
        assert connection.close_reason == "Session ID unknown"
