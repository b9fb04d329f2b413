"""The example of STOMP keeps to the protocol, with the client of stomp.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from tests.helpers.examples import EXAMPLES, Peer
from tests.helpers.json_client import websocket
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

stomp: Any = pytest.importorskip("stomp", reason="needs stomp.py")

CONNECT = "CONNECT\naccept-version:1.2\nhost:localhost\n\n\0"
STOMP = [Subprotocol("v12.stomp")]


class Client:
    """A client of stomp.py that keeps the frames it gets; it is the listener of its connection."""

    def __init__(self, server: InProcessServer, heartbeats: tuple[int, int] = (0, 0)) -> None:
        self.stomp = stomp.WSStompConnection(
            [("127.0.0.1", server.port)], ws_path="/stomp", heartbeats=heartbeats
        )
        self.frames: Queue[tuple[str, dict[str, str], str]] = Queue()
        self.beats: Queue[None] = Queue()
        self.ended: Queue[str] = Queue()
        listener = stomp.ConnectionListener()
        for kind in ("connected", "message", "receipt", "error"):
            setattr(listener, f"on_{kind}", lambda frame: self.frames.put(plain(frame)))
        listener.on_heartbeat = lambda: self.beats.put(None)
        listener.on_heartbeat_timeout = lambda: self.ended.put("heartbeat timeout")
        listener.on_disconnected = lambda: self.ended.put("disconnected")
        self.stomp.set_listener("kept", listener)

    def frame(self) -> tuple[str, dict[str, str], str]:
        return self.frames.get(timeout=PATIENCE)

    def receipt(self, name: str) -> None:
        """Wait for the receipt of a frame."""
        command, headers, _ = self.frame()
        assert (command, headers) == ("RECEIPT", {"receipt-id": name})

    def subscribe(self, destination: str, name: str, ack: str = "auto") -> None:
        self.stomp.subscribe(destination, name, ack, receipt=f"subscribed {name}")
        self.receipt(f"subscribed {name}")


def plain(frame: Any) -> tuple[str, dict[str, str], str]:
    return frame.cmd, frame.headers, frame.body


@contextmanager
def connected(server: InProcessServer, heartbeats: tuple[int, int] = (0, 0)) -> Iterator[Client]:
    client = Client(server, heartbeats)
    client.stomp.connect("somebody", "secret", wait=True)
    assert client.frame()[0] == "CONNECTED"
    try:
        yield client
    finally:
        client.stomp.disconnect(receipt="bye")
        client.ended.get(timeout=PATIENCE)


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    with serving_here(EXAMPLES / "stomp.yaml") as one:
        yield one


@pytest.fixture
def raw(server: InProcessServer) -> Iterator[ClientConnection]:
    """A bare WebSocket that has sent nothing."""
    with websocket(server.url("/stomp"), subprotocols=STOMP) as connection:
        assert connection.subprotocol == "v12.stomp"
        yield connection


def receive(connection: ClientConnection) -> str:
    """Return the next frame; heart-beats are passed over."""
    while (text := connection.recv(PATIENCE)) == "\n":
        pass
    assert isinstance(text, str)
    return text


def test_message_reaches_each_subscription_under_its_id(server: InProcessServer) -> None:
    with connected(server) as ada, connected(server) as bob:
        ada.subscribe("/queue/a", "1")
        ada.subscribe("/queue/a", "2")
        bob.subscribe("/queue/a", "mine", ack="client")
        bob.subscribe("/queue/b", "other")
        ada.stomp.send("/queue/a", "hällo: 1\n2", content_type="text/css", receipt="sent")
        frames = [ada.frame(), ada.frame(), ada.frame()]
        messages = [frame for frame in frames if frame[0] == "MESSAGE"]
        assert [frame[0] for frame in frames].count("RECEIPT") == 1
        assert {headers["subscription"] for _, headers, _ in messages} == {"1", "2"}
        messages.append(bob.frame())
        for command, headers, body in messages:
            assert (command, body) == ("MESSAGE", "hällo: 1\n2")
            assert headers["destination"] == "/queue/a"
            assert headers["content-type"] == "text/css"
            assert headers["content-length"] == str(len(body.encode()))
            assert headers["message-id"]
        assert messages[2][1]["subscription"] == "mine"
        assert "ack" not in messages[0][1]
        bob.stomp.ack(messages[2][1]["ack"], receipt="taken")
        bob.receipt("taken")


def test_nothing_comes_after_the_end_of_a_subscription(server: InProcessServer) -> None:
    with connected(server) as client:
        client.subscribe("/a", "1")
        client.subscribe("/a", "2")
        client.stomp.unsubscribe("1", receipt="unsubscribed")
        client.receipt("unsubscribed")
        client.stomp.send("/a", "x")
        assert client.frame()[1]["subscription"] == "2"
        client.stomp.send("/nowhere", "x", receipt="sent")
        client.receipt("sent")


def test_who_has_gone_is_forgotten(server: InProcessServer) -> None:
    with connected(server) as client:
        client.subscribe("/a", "1")
    with websocket(server.url("/stomp")) as connection:
        connection.send(CONNECT)
        receive(connection)
        connection.send("SUBSCRIBE\nid:1\ndestination:/a\n\n\0")
    namespace = server.gateway.library.default
    assert namespace.memories.endpoint_vars("stomp")["subscriptions"] == []


def test_wrong_passcode_is_an_error(server: InProcessServer) -> None:
    client = Client(server)
    client.stomp.connect("somebody", "wrong")
    command, headers, _ = client.frame()
    assert (command, headers["message"]) == ("ERROR", "Bad login or passcode")
    assert client.ended.get(timeout=PATIENCE) == "disconnected"


def test_heart_beats_go_both_ways(server: InProcessServer) -> None:
    with connected(server, heartbeats=(200, 200)) as client:
        for _ in range(5):
            client.beats.get(timeout=PATIENCE)
        client.stomp.send("/a", "x", receipt="alive")
        client.receipt("alive")
        assert client.ended.empty()


def test_client_without_the_heart_beats_it_has_promised_is_closed(raw: ClientConnection) -> None:
    raw.send(CONNECT.replace("host:", "heart-beat:100,0\nhost:"))
    assert "heart-beat:200,200\n" in receive(raw)
    assert Peer(raw).close_code() == 1002
    assert raw.close_reason == "no heart-beat"


def test_frames_may_have_carriage_returns_and_empty_lines_behind(raw: ClientConnection) -> None:
    raw.send(CONNECT.replace("\n", "\r\n") + "\r\n")
    assert receive(raw).startswith("CONNECTED\n")
    raw.send("SEND\r\ndestination:/a\r\nreceipt:1\r\n\r\nbody\0\n")
    assert receive(raw) == "RECEIPT\nreceipt-id:1\n\n\0"


def test_disconnect_has_a_receipt_before_the_end(raw: ClientConnection) -> None:
    raw.send(CONNECT)
    raw.send("DISCONNECT\nreceipt:bye\n\n\0")
    assert receive(raw).startswith("CONNECTED\n")
    assert receive(raw) == "RECEIPT\nreceipt-id:bye\n\n\0"
    with pytest.raises(ConnectionClosed):
        receive(raw)


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        pytest.param(
            ["CONNECT\naccept-version:1.0,1.1\n\n\0"],
            "ERROR\nversion:1.2\nmessage:Supported protocol versions are 1.2\n\n\0",
            id="version",
        ),
        pytest.param(
            ["STOMP\nlogin:a\n\n\0"],
            "ERROR\nversion:1.2\nmessage:Supported protocol versions are 1.2\n\n\0",
            id="no version",
        ),
        pytest.param(
            ["SEND\ndestination:/a\n\n\0"],
            "ERROR\nmessage:CONNECT comes first\n\n\0",
            id="no CONNECT",
        ),
        pytest.param([CONNECT, "hello"], "ERROR\nmessage:this is no frame\n\n\0", id="no frame"),
        pytest.param(
            [CONNECT, "BEGIN\ntransaction:1\nreceipt:7\n\n\0"],
            "ERROR\nmessage:transactions are not supported\nreceipt-id:7\n\n\0",
            id="transaction",
        ),
        pytest.param(
            [CONNECT, "SUBSCRIBE\nid:1\n\n\0"],
            "ERROR\nmessage:SUBSCRIBE is not possible like this\n\n\0",
            id="no destination",
        ),
        pytest.param([CONNECT, CONNECT], "ERROR\nmessage:CONNECT is not", id="second CONNECT"),
    ],
)
def test_violation_is_an_error_and_ends_the_connection(
    raw: ClientConnection, frames: list[str], error: str
) -> None:
    for frame in frames:
        raw.send(frame)
    while (answer := receive(raw)).startswith("CONNECTED"):
        pass
    assert answer.startswith(error.removesuffix("\n\0"))
    with pytest.raises(ConnectionClosed):
        receive(raw)
