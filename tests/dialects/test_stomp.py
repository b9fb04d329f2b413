"""The dialect of STOMP keeps to the protocol, with the clients stomp.py and @stomp/stompjs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.frames import TEXT, frame
from tests.helpers.node import node, require_package
from tests.helpers.raw_client import connected as connected_raw
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.integration

stomp: Any = pytest.importorskip("stomp", reason="needs stomp.py")

LOGIN = "login:ada\npasscode:secret\n"
CONNECT = f"CONNECT\naccept-version:1.0,1.1,1.2\nhost:localhost\n{LOGIN}\n\0"
CLOSE_ON_DEMAND = {
    "extends": "stomp",
    "rules": [
        {
            "match": {"use": "stomp frame"},
            "when": "{{ (match.head | header_lines).destination == '/close' }}",
            "do": [{"close": {"code": 1012}}],
        },
        {
            "match": {"use": "stomp frame"},
            "when": "{{ (match.head | header_lines).destination == '/ask' }}",
            "do": [
                {"use": "stomp read"},
                {"set": {"message": {"destination": "/answer", "body": "yes"}}},
                {"use": "stomp publish"},
                {"use": "stomp receipt"},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def broker() -> Iterator[Example]:
    """What the tests share. Each uses destinations of its own."""
    ticks = {"destination": "/topic/ticks", "body": {"n": "{{ repeat.index }}"}, "interval": "5ms"}
    with dialect(
        "stomp",
        CLOSE_ON_DEMAND,
        users={"ada": "secret"},
        refused=["/secret"],
        heart_beat=[20, 30],
        publish=[ticks],
    ) as served:
        yield served


class Client:
    """A client of stomp.py that keeps the frames it gets; it is the listener of its connection."""

    def __init__(self, broker: Example, heartbeats: tuple[int, int] = (0, 0)) -> None:
        self.stomp = stomp.WSStompConnection(
            [("127.0.0.1", broker.server.port)], ws_path="/stomp", heartbeats=heartbeats
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
def connected(broker: Example, heartbeats: tuple[int, int] = (0, 0)) -> Iterator[Client]:
    client = Client(broker, heartbeats)
    client.stomp.connect("ada", "secret", wait=True)
    assert client.frame()[0] == "CONNECTED"
    try:
        yield client
    finally:
        client.stomp.disconnect(receipt="bye")
        client.ended.get(timeout=PATIENCE)


@pytest.fixture
def raw(broker: Example) -> Iterator[ClientConnection]:
    """A bare WebSocket that has sent nothing."""
    with broker.connect("/stomp") as peer:
        yield peer.connection


def receive(connection: ClientConnection) -> str:
    """Return the next frame; heart-beats are passed over."""
    while (text := connection.recv(PATIENCE)) == "\n":
        pass
    assert isinstance(text, str)
    return text


def subscriptions(broker: Example) -> list[Any]:
    namespace = broker.server.gateway.library.default
    found = namespace.memories.endpoint_vars("stomp").get("subscriptions", [])
    assert isinstance(found, list)
    return found


# --- messages -------------------------------------------------------------------------------------


def test_message_reaches_each_subscription_under_its_id(broker: Example) -> None:
    with connected(broker) as ada, connected(broker) as bob:
        ada.subscribe("/queue/a", "1")
        ada.subscribe("/queue/a", "2")
        bob.subscribe("/queue/a", "mine", ack="client")
        bob.subscribe("/queue/b", "other")
        headers = {"priority": "4"}
        ada.stomp.send("/queue/a", "hällo: 1\n2", "text/css", headers, receipt="sent")
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
            assert headers["priority"] == "4"
            assert headers["message-id"]
            assert "receipt" not in headers
        assert messages[2][1]["subscription"] == "mine"
        assert "ack" not in messages[0][1]
        bob.stomp.ack(messages[2][1]["ack"], receipt="taken")
        bob.receipt("taken")
        bob.stomp.nack(messages[2][1]["ack"], receipt="not taken")
        bob.receipt("not taken")


def test_nothing_comes_after_the_end_of_a_subscription(broker: Example) -> None:
    with connected(broker) as client:
        client.subscribe("/a", "1")
        client.subscribe("/a", "2")
        client.stomp.unsubscribe("1", receipt="unsubscribed")
        client.receipt("unsubscribed")
        client.stomp.send("/a", "x")
        assert client.frame()[1]["subscription"] == "2"
        client.stomp.send("/nowhere", "x", receipt="sent")
        client.receipt("sent")


def test_transaction_is_sent_when_it_is_committed(broker: Example) -> None:
    with connected(broker) as client:
        client.subscribe("/t", "1")
        for name, end in (("first", client.stomp.abort), ("second", client.stomp.commit)):
            client.stomp.begin(name)
            client.stomp.send("/t", f"{name} a", transaction=name)
            client.stomp.send("/t", f"{name} b", transaction=name)
            client.stomp.send("/t", f"before the end of {name}")
            end(name)
        bodies = [client.frame()[2] for _ in range(4)]
        assert bodies == [
            "before the end of first",
            "before the end of second",
            "second a",
            "second b",
        ]


def test_messages_of_the_parameters_come_until_the_subscription_ends(broker: Example) -> None:
    with connected(broker) as client:
        client.subscribe("/topic/ticks", "t")
        for number in range(3):
            assert json.loads(client.frame()[2]) == {"n": number}
        client.stomp.unsubscribe("t", receipt="unsubscribed")
        while client.frame()[0] != "RECEIPT":
            pass
        client.stomp.send("/nowhere", "x", receipt="sent")
        client.receipt("sent")


def test_rule_of_ones_own_is_in_front(broker: Example) -> None:
    with connected(broker) as client:
        client.subscribe("/answer", "1")
        client.stomp.send("/ask", "?", receipt="asked")
        assert client.frame()[2] == "yes"
        client.receipt("asked")


# --- connections ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "version"),
    [("accept-version:1.0,1.1,1.2,2.0\n", "1.2"), ("accept-version:1.1,1.0\n", "1.1"), ("", "1.0")],
)
def test_best_version_of_both_is_spoken(raw: ClientConnection, accepted: str, version: str) -> None:
    raw.send(f"STOMP\n{accepted}{LOGIN}\n\0")
    assert receive(raw).startswith(f"CONNECTED\nversion:{version}\n")


def test_subscription_of_stomp_1_0_needs_no_id(raw: ClientConnection) -> None:
    raw.send(f"CONNECT\n{LOGIN}\n\0")
    raw.send("SUBSCRIBE\ndestination:/old\n\n\0")
    raw.send("SEND\ndestination:/old\n\nx\0")
    raw.send("UNSUBSCRIBE\ndestination:/old\n\n\0")
    raw.send("SEND\ndestination:/old\nreceipt:7\n\ny\0")
    assert receive(raw).startswith("CONNECTED\n")
    message = receive(raw)
    assert message.startswith("MESSAGE\nmessage-id:")
    assert "subscription:" not in message
    assert receive(raw) == "RECEIPT\nreceipt-id:7\n\n\0"


@pytest.mark.parametrize("version", ["v10.stomp", "v11.stomp", "v12.stomp"])
def test_subprotocols_of_all_versions_are_known(broker: Example, version: str) -> None:
    with broker.connect("/stomp", subprotocols=[Subprotocol(version)]) as peer:
        assert peer.connection.subprotocol == version


def test_wrong_passcode_is_an_error(broker: Example) -> None:
    client = Client(broker)
    client.stomp.connect("ada", "wrong")
    command, headers, _ = client.frame()
    assert (command, headers["message"]) == ("ERROR", "Bad login or passcode")
    assert client.ended.get(timeout=PATIENCE) == "disconnected"


def test_heart_beats_go_both_ways(broker: Example) -> None:
    with connected(broker, heartbeats=(30, 20)) as client:
        for _ in range(5):
            client.beats.get(timeout=PATIENCE)
        client.stomp.send("/a", "x", receipt="alive")
        client.receipt("alive")
        assert client.ended.empty()


def test_client_without_the_heart_beats_it_has_promised_is_closed(raw: ClientConnection) -> None:
    raw.send(CONNECT.replace("host:", "heart-beat:10,0\nhost:"))
    assert "heart-beat:20,30\n" in receive(raw)
    assert Peer(raw).end() == (1002, "no heart-beat")


def test_client_without_connect_is_closed() -> None:
    with dialect("stomp", connect_timeout="10ms") as broker, broker.connect("/stomp") as peer:
        assert "CONNECT did not come in time" in receive(peer.connection)
        assert peer.close_code() == 1002


def test_who_has_gone_is_forgotten(broker: Example) -> None:
    with connected(broker) as client, connected_raw(broker.server.port) as lost:
        client.subscribe("/a", "1")
        lost.open("/stomp")
        lost.send(frame(TEXT, CONNECT.encode()))
        lost.send(frame(TEXT, b"SUBSCRIBE\nid:1\ndestination:/lost\n\n\0"))
        eventually(lambda: len(subscriptions(broker)) == 2)
        lost.vanish()
    with broker.connect("/stomp") as peer:
        peer.connection.send(CONNECT)
        peer.connection.send("SUBSCRIBE\nid:1\ndestination:/a\n\n\0")
    eventually(lambda: subscriptions(broker) == [])


# --- frames ---------------------------------------------------------------------------------------


def test_frames_may_have_carriage_returns_and_empty_lines_around(raw: ClientConnection) -> None:
    raw.send(CONNECT.replace("\n", "\r\n") + "\r\n")
    assert receive(raw).startswith("CONNECTED\n")
    raw.send("\nSEND\r\ndestination:/a\r\nreceipt:1\r\n\r\nbody\0\n")
    assert receive(raw) == "RECEIPT\nreceipt-id:1\n\n\0"


def test_disconnect_has_a_receipt_before_the_end(raw: ClientConnection) -> None:
    raw.send(CONNECT)
    raw.send("DISCONNECT\nreceipt:bye\n\n\0")
    assert receive(raw).startswith("CONNECTED\n")
    assert receive(raw) == "RECEIPT\nreceipt-id:bye\n\n\0"
    assert Peer(raw).close_code() == 1000


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        pytest.param(["CONNECT\naccept-version:3.0\n\n\0"], "version not supported", id="version"),
        pytest.param(["SEND\ndestination:/a\n\n\0"], "CONNECT comes first", id="no CONNECT"),
        pytest.param(["CONNECT\n\n\0"], "Bad login or passcode", id="no login"),
        pytest.param([CONNECT, "hello"], "this is no frame", id="no frame"),
        pytest.param([CONNECT, b"hello"], "this is no frame", id="binary"),
        pytest.param([CONNECT, "PING\n\n\0"], "unknown command PING", id="command"),
        pytest.param([CONNECT, "SUBSCRIBE\nid:1\n\n\0"], "destination is missing", id="nowhere"),
        pytest.param([CONNECT, "SUBSCRIBE\ndestination:/a\n\n\0"], "id is missing", id="no id"),
        pytest.param([CONNECT, "ACK\nreceipt:7\n\n\0"], "id is missing", id="ACK of nothing"),
        pytest.param(
            [CONNECT, "SEND\ndestination:/secret\n\n\0"],
            "access to /secret is refused",
            id="secret",
        ),
        pytest.param([CONNECT, "BEGIN\n\n\0"], "transaction is missing", id="no transaction"),
        pytest.param(
            [CONNECT, "COMMIT\ntransaction:1\n\n\0"],
            "unknown transaction",
            id="unknown transaction",
        ),
        pytest.param(
            [CONNECT, *["BEGIN\ntransaction:1\n\n\0"] * 2],
            "transaction has begun",
            id="begun twice",
        ),
        pytest.param([CONNECT, CONNECT], "already connected", id="second CONNECT"),
    ],
)
def test_violation_is_an_error_and_ends_the_connection(
    raw: ClientConnection, frames: list[str | bytes], error: str
) -> None:
    for one in frames:
        raw.send(one)
    while (answer := receive(raw)).startswith("CONNECTED"):
        pass
    assert answer.startswith("ERROR\n")
    assert f"message:{error}\n" in answer
    assert ("receipt-id:7\n" in answer) == ("receipt:7\n" in str(frames[-1]).replace("\\n", "\n"))
    assert Peer(raw).end() == (1002, error)


# --- stompjs --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(broker: Example) -> dict[str, Any]:
    """What one run of stompjs saw."""
    require_package("@stomp/stompjs")
    with node("dialect_stomp.js", broker.url("/stomp")) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    seen = json.loads(out)
    assert isinstance(seen, dict)
    return seen


@pytest.mark.parametrize(("name", "version"), [("conversation", "1.2"), ("old", "1.1")])
def test_stompjs_has_a_conversation(report: dict[str, Any], name: str, version: str) -> None:
    messages = [["hällo\n: 1", "first"], ["second", None], ["held", None]]
    assert report[name] == {"version": version, "messages": messages}


def test_stompjs_gets_what_the_parameters_publish(report: dict[str, Any]) -> None:
    assert report["pushed"] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_stompjs_is_told_errors(report: dict[str, Any]) -> None:
    assert report["wrongLogin"] == ["Bad login or passcode", 1002]
    assert report["refused"] == ["access to /secret is refused", 1002]


def test_stompjs_connects_again(report: dict[str, Any]) -> None:
    assert report["reconnected"] == {"connections": 2, "messages": ["back"]}


def test_stompjs_and_the_server_send_heart_beats(report: dict[str, Any]) -> None:
    assert report["heartbeats"] is True
