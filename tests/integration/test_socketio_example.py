"""The example of Socket.IO keeps to the protocol, with the client of python-socketio."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.helpers.examples import EXAMPLES
from tests.helpers.json_client import websocket
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.integration

socketio = pytest.importorskip("socketio", reason="needs python-socketio")
pytest.importorskip("websocket", reason="python-socketio needs websocket-client")

OPEN = "/socket.io/?EIO=4&transport=websocket"
SECRET = {"token": "secret"}


class Client:
    """A client of python-socketio that keeps the events it gets, by namespace."""

    def __init__(self) -> None:
        self.io: Any = socketio.Client(reconnection=False)
        self.events: dict[str, Queue[tuple[Any, ...]]] = {"/": Queue(), "/admin": Queue()}
        self.refused: Queue[tuple[str, Any]] = Queue()
        self.disconnected: Queue[str] = Queue()
        for name in self.events:
            self.io.on("*", self._keep(name), namespace=name)
            self.io.on("disconnect", self._ended(name), namespace=name)
            self.io.on("connect_error", self._refused(name), namespace=name)

    def _keep(self, name: str) -> Callable[..., None]:
        return lambda *event: self.events[name].put(event)

    def _ended(self, name: str) -> Callable[..., None]:
        return lambda _reason: self.disconnected.put(name)

    def _refused(self, name: str) -> Callable[..., None]:
        return lambda why: self.refused.put((name, why))

    def event(self, namespace: str = "/") -> tuple[Any, ...]:
        return self.events[namespace].get(timeout=PATIENCE)

    def ask(self, event: str, *data: Any, namespace: str = "/") -> Any:
        """Send an event and return its acknowledgement."""
        return self.io.call(event, data, namespace=namespace, timeout=PATIENCE)

    def join(self, room: str, namespace: str = "/") -> None:
        assert self.ask("join", room, namespace=namespace) == "joined"


@contextmanager
def connected(
    server: InProcessServer,
    *namespaces: str,
    auth: dict[str, str] | None = None,
    wait: bool = True,
) -> Iterator[Client]:
    client = Client()
    client.io.connect(
        server.url("").replace("ws:", "http:"),
        transports=["websocket"],
        namespaces=list(namespaces or ("/",)),
        auth=auth,
        wait=wait,
        wait_timeout=PATIENCE,
    )
    try:
        yield client
    finally:
        client.io.disconnect()


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    with serving_here(EXAMPLES / "socketio.yaml") as one:
        yield one


@pytest.fixture
def raw(server: InProcessServer) -> Iterator[ClientConnection]:
    """A bare WebSocket that has read the packet `open`."""
    with websocket(server.url(OPEN)) as connection:
        packet = connection.recv(PATIENCE)
        assert packet[0] == "0"
        assert json.loads(packet[1:]).keys() == {
            "sid",
            "upgrades",
            "pingInterval",
            "pingTimeout",
            "maxPayload",
        }
        yield connection


def close_reason(connection: ClientConnection) -> str:
    """Read to the end, without answering pings; return the reason of the close frame."""
    for _ in connection:
        pass
    return connection.close_reason or ""


def test_message_reaches_everybody_in_its_namespace(server: InProcessServer) -> None:
    with (
        connected(server) as ada,
        connected(server, "/", "/admin", auth=SECRET) as bob,
    ):
        assert bob.io.get_sid("/") != bob.io.get_sid("/admin")
        ada.io.emit("message", {"text": "hello"})
        assert ada.event() == bob.event() == ("message", {"text": "hello"})
        bob.io.emit("message", "staff only", namespace="/admin")
        assert bob.event("/admin") == ("message", "staff only")
        assert ada.ask("add", 1) == 1
        assert ada.events["/"].empty()
        assert bob.events["/"].empty()


def test_room_hears_what_is_said_until_it_is_left(server: InProcessServer) -> None:
    with connected(server) as ada, connected(server) as bob, connected(server) as eve:
        for client in (ada, bob):
            client.join("kitchen")
        eve.join("attic")
        ada.io.emit("say", ("kitchen", "tea?"))
        assert ada.event() == bob.event() == ("said", "kitchen", "tea?")
        assert bob.ask("leave", "kitchen") == "left"
        ada.io.emit("say", ("kitchen", "alone?"))
        assert ada.event() == ("said", "kitchen", "alone?")
        ada.io.emit("say", ("attic", "anybody?"))
        assert eve.event() == ("said", "attic", "anybody?")
        assert bob.ask("add", 1) == 1
        assert bob.events["/"].empty()


def test_event_is_acknowledged_in_its_namespace(server: InProcessServer) -> None:
    with connected(server, "/", "/admin", auth=SECRET) as client:
        assert client.ask("add", 1, 2, 39) == 42
        assert client.ask("add", 0.5, 1, namespace="/admin") == 1.5


def test_server_sends_events_of_its_own(server: InProcessServer) -> None:
    with connected(server) as client:
        client.io.emit("countdown", 3)
        events = [client.event() for _ in range(4)]
        assert events == [("count", 3), ("count", 2), ("count", 1), ("liftoff",)]


def test_server_asks_for_an_acknowledgement(server: InProcessServer) -> None:
    with connected(server) as client:
        client.io.on("question", lambda text: f"{text}? yes")
        for number in (1, 2):
            client.io.emit("ask", "ready")
            assert client.event() == ("answered", number, ["ready? yes"])


def test_attachments_come_back_in_an_acknowledgement(server: InProcessServer) -> None:
    with connected(server, "/", "/admin", auth=SECRET) as client:
        assert client.ask("upload", {"name": "a", "data": b"\x00\xff"}, namespace="/admin") == {
            "name": "a",
            "data": b"\x00\xff",
        }
        assert client.ask("upload", b"one", "and", b"two") == (b"one", "and", b"two")
        assert client.ask("add", 20, 22) == 42


@pytest.mark.parametrize(
    ("namespace", "auth", "why"),
    [
        ("/admin", None, {"message": "not authorized", "data": {"hint": "try secret"}}),
        ("/admin", {"token": "x"}, {"message": "not authorized", "data": {"hint": "try secret"}}),
        ("/other", SECRET, {"message": "Invalid namespace"}),
    ],
)
def test_connection_to_a_namespace_is_refused_with_the_reason(
    raw: ClientConnection, namespace: str, auth: dict[str, str] | None, why: dict[str, Any]
) -> None:
    raw.send(f"40{namespace},{json.dumps(auth) if auth else ''}")
    assert raw.recv(PATIENCE) == f"44{namespace},{json.dumps(why, separators=(',', ':'))}"


def test_client_is_told_why_it_was_refused(server: InProcessServer) -> None:
    with connected(server, "/admin", auth={"token": "x"}, wait=False) as client:
        name, why = client.refused.get(timeout=PATIENCE)
        assert (name, why["message"]) == ("/admin", "not authorized")


def test_kicked_client_has_left_the_rooms_of_that_namespace_alone(server: InProcessServer) -> None:
    with (
        connected(server, "/", "/admin", auth=SECRET) as ada,
        connected(server, "/", "/admin", auth=SECRET) as bob,
    ):
        for client in (ada, bob):
            for name in ("/", "/admin"):
                client.join("kitchen", name)
        bob.io.emit("kick", namespace="/admin")
        assert bob.disconnected.get(timeout=PATIENCE) == "/admin"
        for name in ("/admin", "/"):
            ada.io.emit("say", ("kitchen", name), namespace=name)
            assert ada.event(name) == ("said", "kitchen", name)
        assert bob.event() == ("said", "kitchen", "/")
        assert bob.events["/admin"].empty()


def test_client_that_disconnects_is_closed(server: InProcessServer) -> None:
    eventually(lambda: not server.clients())
    with connected(server):
        assert len(server.clients()) == 1
    eventually(lambda: not server.clients())
