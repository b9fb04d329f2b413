"""The example of SignalR keeps to the protocol of hubs, with the client of signalrcore."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.helpers.examples import EXAMPLES
from tests.helpers.json_client import websocket
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

signalrcore: Any = pytest.importorskip(
    "signalrcore.hub_connection_builder", reason="needs signalrcore"
)
protocol: Any = pytest.importorskip(
    "signalrcore.protocol.json_hub_protocol", reason="needs signalrcore"
)
subject: Any = pytest.importorskip("signalrcore.subject", reason="needs signalrcore")

EXAMPLE = EXAMPLES / "signalr.yaml"
END = "\x1e"
HANDSHAKE = {"protocol": "json", "version": 1}


class Client:
    """A client of signalrcore that keeps what the hub calls."""

    def __init__(self, server: InProcessServer) -> None:
        builder = signalrcore.HubConnectionBuilder()
        builder.with_url(server.url("/hub"), options={"skip_negotiation": True})
        # By default it offers version 0 if it does not negotiate.
        self.hub = builder.with_hub_protocol(protocol.JsonHubProtocol(version=1)).build()
        self.opened: Queue[None] = Queue()
        self.closed: Queue[None] = Queue()
        self.errors: Queue[str] = Queue()
        self.calls: Queue[tuple[str, list[Any]]] = Queue()
        self.hub.on_open(lambda: self.opened.put(None))
        self.hub.on_close(lambda: self.closed.put(None))
        self.hub.on_error(lambda message: self.errors.put(message.error))
        for method in ("Message", "Totalled"):
            self.hub.on(method, lambda data, method=method: self.calls.put((method, data)))

    def ask(self, method: str, *arguments: Any) -> Any:
        """Invoke a method and return its result."""
        results: Queue[Any] = Queue()
        self.hub.send(method, list(arguments), results.put)
        return results.get(timeout=PATIENCE).result

    def quit(self) -> None:
        """Let the hub close the connection. The client's own end waits for a message first."""
        self.hub.send("Quit", [])
        self.closed.get(timeout=PATIENCE)

    def called(self) -> tuple[str, list[Any]]:
        return self.calls.get(timeout=PATIENCE)


@contextmanager
def connected(server: InProcessServer) -> Iterator[Client]:
    client = Client(server)
    client.hub.start()
    client.opened.get(timeout=PATIENCE)
    try:
        yield client
    finally:
        client.quit()


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    with serving_here(EXAMPLE) as one:
        yield one


class Raw:
    """A bare WebSocket that speaks JSON with record separators."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, *messages: Any) -> None:
        """Send messages in one text."""
        self.connection.send("".join(json.dumps(one) + END for one in messages))

    def receive(self) -> Any:
        text = self.connection.recv(PATIENCE)
        assert isinstance(text, str)
        assert text.endswith(END)
        return json.loads(text.removesuffix(END))


@contextmanager
def raw_client(server: InProcessServer) -> Iterator[Raw]:
    with websocket(server.url("/hub")) as connection:
        yield Raw(connection)


@pytest.fixture
def raw(server: InProcessServer) -> Iterator[Raw]:
    """A client whose handshake was answered."""
    with raw_client(server) as client:
        client.send(HANDSHAKE)
        assert client.receive() == {}
        yield client


def test_method_has_a_result(server: InProcessServer) -> None:
    with connected(server) as client:
        assert client.ask("Add", 40, 2) == 42
        assert client.ask("Add", 0.5, 1) == 1.5


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("Fail", [], "An unexpected error occurred invoking 'Fail' on the server."),
        ("Nothing", [], "Unknown hub method 'Nothing'"),
        ("Add", [1], "Failed to invoke 'Add' due to an error on the server."),
    ],
)
def test_failed_method_has_an_error(
    server: InProcessServer, method: str, arguments: list[Any], error: str
) -> None:
    with connected(server) as client:
        client.hub.send(method, arguments)
        assert client.errors.get(timeout=PATIENCE) == error


def test_hub_calls_everybody_or_a_group(server: InProcessServer) -> None:
    with connected(server) as ada, connected(server) as bob:
        assert ada.ask("Broadcast", "hello") is None
        assert ada.called() == bob.called() == ("Message", ["hello"])
        assert bob.ask("JoinGroup", "kitchen") is None
        ada.ask("SendToGroup", "kitchen", "tea?")
        assert bob.called() == ("Message", ["tea?"])
        ada.ask("Broadcast", "bye")
        assert ada.called() == ("Message", ["bye"])


def test_stream_gives_its_items_and_ends(server: InProcessServer) -> None:
    with connected(server) as client:
        heard: Queue[Any] = Queue()
        client.hub.stream("Counter", [3, 10]).subscribe(
            {"next": heard.put, "complete": lambda _: heard.put("end"), "error": heard.put}
        )
        assert [heard.get(timeout=PATIENCE) for _ in range(4)] == [0, 1, 2, "end"]


def test_stream_from_the_client_is_added_up(server: InProcessServer) -> None:
    with connected(server) as client:
        stream = subject.Subject()
        client.hub.send("Total", stream)
        for number in (1, 2, 39):
            stream.next(number)
        stream.complete()
        assert client.called() == ("Totalled", [42])


def test_method_without_an_invocation_id_is_not_answered(raw: Raw) -> None:
    for method in ("Add", "Fail", "Nothing"):
        raw.send({"type": 1, "target": method, "arguments": [1, 2]})
    raw.send({"type": 1, "invocationId": "1", "target": "Add", "arguments": [1, 2]})
    assert raw.receive() == {"type": 3, "invocationId": "1", "result": 3}


def test_stream_that_the_client_cancels_ends_and_others_go_on(raw: Raw) -> None:
    for name in ("a", "b"):
        counter = {"type": 4, "invocationId": name, "target": "Counter", "arguments": [1000, 5]}
        raw.send(counter)
        assert raw.receive()["type"] == 2
    raw.send({"type": 5, "invocationId": "a"})
    items = []
    while (message := raw.receive())["type"] == 2:
        items.append(message)
    assert message == {"type": 3, "invocationId": "a"}
    assert len(items) < 1000
    assert [raw.receive()["invocationId"] for _ in range(3)] == ["b"] * 3


def test_total_of_an_invocation_is_its_result(raw: Raw) -> None:
    raw.send(
        {"type": 1, "invocationId": "i", "target": "Total", "arguments": [], "streamIds": ["s"]},
        {"type": 2, "invocationId": "s", "item": 40},
        {"type": 2, "invocationId": "s", "item": 2},
        {"type": 3, "invocationId": "s"},
    )
    assert raw.receive() == {"type": 3, "invocationId": "i", "result": 42}


def test_hub_closes_the_connection_and_allows_another(raw: Raw) -> None:
    raw.send({"type": 1, "target": "Quit", "arguments": []})
    assert raw.receive() == {"type": 7, "error": "The hub is closing.", "allowReconnect": True}
    with pytest.raises(ConnectionClosed):
        raw.receive()
