"""The dialect of SignalR, with the clients `@microsoft/signalr` for Node and signalrcore."""

import json
from collections.abc import Iterator
from functools import partial
from queue import Queue
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.helpers.examples import Example, Peer, serving_text
from tests.helpers.json_client import websocket
from tests.helpers.node import node_report, require_package
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

END = "\x1e"
HANDSHAKE = {"protocol": "json", "version": 1}

DOCUMENT = """
include:
  - from: dialect:signalr
    with:
      results: {Sum: 3, Nothing: null, Upload: done}
      errors: {Fail: It failed}
      streams: {Count: [0, 1, 2], Empty: [], Long: [1, 2, 3, 4, 5, 6, 7, 8, 9]}
      on_connect: [[Welcome, hi]]
      calls: [[Tick, "{{ repeat.index }}"]]
      interval: 20ms
      closes: {Restart: {error: Restarting, allowReconnect: true}, Ban: {error: Banned}}
      keep_alive: 50ms
  - from: dialect:signalr
    with: {name: secret, path: /secret, access_token: secret}
  - from: dialect:signalr
    with:
      name: impatient
      path: /impatient
      keep_alive: 50ms
      client_timeout: 150ms
      handshake_timeout: 100ms
endpoints:
  - extends: signalr
    rules:
      - match: {json: {$.target: Crash}}
        do: [{abort: close}]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Example]:
    with serving_text(DOCUMENT) as one:
        yield one


# --- the client for Node ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(server: Example) -> Any:
    """What one run of the Node client saw, by the way it connects."""
    require_package("@microsoft/signalr")
    return node_report("dialect_signalr.js", server.url("").replace("ws:", "http:"))


@pytest.fixture(params=["negotiated", "webSocket", "events", "polling"])
def seen(report: Any, request: pytest.FixtureRequest) -> Any:
    return report[request.param]


def test_conversation(seen: Any) -> None:
    first, second = seen["talk"].pop("ticks")
    assert second > first
    assert seen["talk"] == {
        "welcome": ["hi"],
        "sum": 3,
        "nothing": None,
        "message": [["ada", "hello"]] * 2,
        "failed": "It failed",
        "unknown": "Unknown hub method 'Other'",
        "stream": [0, 1, 2],
        "noItems": [],
        "failedStream": "It failed",
        "unknownStream": "Unknown hub method 'Other'",
        "cancelled": 1,
        "upload": "done",
    }


def test_access_token_is_needed_where_one_is_wanted(seen: Any) -> None:
    refused = seen["refused"]
    assert refused["right"] == "Connected"
    for who in ("without", "wrong"):
        assert "failed to connect" in refused[who] or "401" in refused[who]


def test_client_reconnects_where_the_server_allows_it_or_breaks(seen: Any) -> None:
    restarted, _ = seen["ended"].pop("reasons")
    assert restarted == "Server returned an error on close: Restarting"
    assert seen["ended"] == {
        "results": [3, 3],
        "Ban": "Server returned an error on close: Banned",
        "state": "Disconnected",
    }


def test_silent_client_is_told_why_it_is_closed(seen: Any) -> None:
    assert "The client was silent for too long" in seen["silent"]


# --- signalrcore ------------------------------------------------------------------------------


@pytest.mark.parametrize("skips_negotiation", [True, False])
def test_python_client_talks_and_is_told_of_errors(
    server: Example, skips_negotiation: bool
) -> None:
    builder: Any = pytest.importorskip(
        "signalrcore.hub_connection_builder", reason="needs signalrcore"
    )
    hub = (
        builder.HubConnectionBuilder()
        .with_url(server.url("/hub"), options={"skip_negotiation": skips_negotiation})
        .build()
    )
    heard: Queue[Any] = Queue()
    hub.on_open(lambda: heard.put("open"))
    hub.on_close(lambda: heard.put("closed"))
    hub.on_error(lambda message: heard.put(message.error))
    hub.on("Welcome", heard.put)
    hub.on("ReceiveMessage", heard.put)
    hub.start()
    get = partial(heard.get, timeout=PATIENCE)
    assert {str(get()), str(get())} == {"open", "['hi']"}
    hub.send("Sum", [1, 2], lambda message: heard.put(message.result))
    assert get() == 3
    hub.send("SendMessage", ["ada", "hello"])
    assert get() == ["ada", "hello"]
    hub.send("Fail", [])
    assert get() == "It failed"
    hub.stream("Count", [3]).subscribe(
        {"next": heard.put, "complete": lambda _: heard.put("end"), "error": heard.put}
    )
    assert [get() for _ in range(4)] == [0, 1, 2, "end"]
    hub.send("Ban", [])
    assert get() == "closed"


# --- by hand ----------------------------------------------------------------------------------


def send(connection: ClientConnection, *messages: Any) -> None:
    """Send messages in one text."""
    connection.send("".join(json.dumps(one) + END for one in messages))


def receive(connection: ClientConnection) -> Any:
    text = connection.recv(PATIENCE)
    assert isinstance(text, str)
    assert text.endswith(END)
    return json.loads(text.removesuffix(END))


@pytest.fixture
def raw(server: Example) -> Iterator[ClientConnection]:
    """A bare WebSocket at the endpoint without calls of the server, before its handshake."""
    with websocket(server.url("/secret?access_token=secret")) as connection:
        yield connection


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (
            {"protocol": "messagepack", "version": 1},
            "The protocol 'messagepack' is not supported.",
        ),
        (
            {"protocol": "json", "version": 3},
            "The server does not support version 3 of the 'json' protocol.",
        ),
        ({"type": 6}, "Handshake was expected."),
        ({"type": 1, "target": "Crash", "arguments": []}, "Handshake was expected."),
    ],
)
def test_other_handshake_is_an_error(server: Example, message: dict[str, Any], error: str) -> None:
    with websocket(server.url("/hub")) as connection:
        send(connection, message)
        assert receive(connection) == {"error": error}
        assert Peer(connection).close_code() == 1000


@pytest.mark.parametrize(
    ("message", "answers"),
    [
        ({"type": 7}, []),
        ({"no": "type"}, [{"type": 7, "error": "Connection closed with an error."}]),
    ],
)
def test_connection_is_closed(
    raw: ClientConnection, message: dict[str, Any], answers: list[Any]
) -> None:
    send(raw, HANDSHAKE, message)
    assert receive(raw) == {}
    for answer in answers:
        assert receive(raw) == answer
    with pytest.raises(ConnectionClosed):
        receive(raw)


def test_invocation_without_an_id_is_not_answered(raw: ClientConnection) -> None:
    send(raw, HANDSHAKE)
    assert receive(raw) == {}
    unknown = {"type": 1, "target": "Other", "arguments": []}
    send(raw, unknown, {**unknown, "invocationId": "1"})
    assert receive(raw)["invocationId"] == "1"


def test_token_in_the_query_or_in_a_header(server: Example) -> None:
    assert server.refusal("/secret").status_code == 401
    assert server.refusal("/secret?access_token=other").status_code == 401
    for path, headers in (
        ("/secret?access_token=secret", {}),
        ("/secret", {"Authorization": "Bearer secret"}),
    ):
        with websocket(server.url(path), additional_headers=headers) as connection:
            send(connection, HANDSHAKE)
            assert receive(connection) == {}


def test_times_of_the_protocol(server: Example) -> None:
    with websocket(server.url("/impatient")) as connection:
        assert receive(connection) == {"error": "Handshake was canceled."}
        assert Peer(connection).close_code() == 1000
    with websocket(server.url("/impatient")) as connection:
        send(connection, HANDSHAKE)
        assert receive(connection) == {}
        for _ in range(4):
            assert receive(connection) == {"type": 6}
            send(connection, {"type": 6})
        while (message := receive(connection)) == {"type": 6}:
            pass
        assert message["type"] == 7
        assert Peer(connection).close_code() == 1000
