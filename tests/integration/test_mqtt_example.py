"""The example of MQTT keeps to the protocol, with the client of paho-mqtt."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from tests.helpers.examples import EXAMPLES, Example, Peer
from tests.helpers.frames import BINARY, frame
from tests.helpers.json_client import websocket
from tests.helpers.raw_client import connected as connected_raw
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

mqtt: Any = pytest.importorskip("paho.mqtt.client", reason="needs paho-mqtt")

MQTT = [Subprotocol("mqtt")]
ACCEPTED = bytes.fromhex("20020000")


class Client:
    """A client of paho-mqtt that keeps what it is told."""

    def __init__(self, client_id: str) -> None:
        self.mqtt = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id,
            transport="websockets",
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        self.connected: Queue[str] = Queue()
        self.disconnected: Queue[Any] = Queue()
        self.granted: Queue[list[int]] = Queue()
        self.unsubscribed: Queue[int] = Queue()
        self.messages: Queue[tuple[str, bytes, int]] = Queue()
        self.mqtt.on_connect = lambda *args: self.connected.put(str(args[3]))
        self.mqtt.on_disconnect = lambda *args: self.disconnected.put(args[3])
        self.mqtt.on_subscribe = lambda *args: self.granted.put([one.value for one in args[3]])
        self.mqtt.on_unsubscribe = lambda *args: self.unsubscribed.put(args[2])
        self.mqtt.on_message = lambda _, __, message: self.messages.put(
            (message.topic, message.payload, message.qos)
        )

    def subscribe(self, *filters: tuple[str, int]) -> list[int]:
        self.mqtt.subscribe(list(filters))
        return self.granted.get(timeout=PATIENCE)

    def unsubscribe(self, *filters: str) -> None:
        self.mqtt.unsubscribe(list(filters))
        self.unsubscribed.get(timeout=PATIENCE)

    def publish(self, topic: str, payload: bytes | str, qos: int = 0) -> None:
        """Publish, and wait until the server has acknowledged it."""
        self.mqtt.publish(topic, payload, qos).wait_for_publish(PATIENCE)

    def message(self) -> tuple[str, bytes, int]:
        return self.messages.get(timeout=PATIENCE)


@contextmanager
def running(server: InProcessServer, client: Client, keep_alive: int = 60) -> Iterator[str]:
    """Connect, and yield what the server has answered to CONNECT."""
    client.mqtt.ws_set_options("/mqtt")
    client.mqtt.connect("127.0.0.1", server.port, keep_alive)
    client.mqtt.loop_start()
    try:
        yield client.connected.get(timeout=PATIENCE)
    finally:
        client.mqtt.disconnect()
        client.mqtt.loop_stop()


@contextmanager
def connected(server: InProcessServer, client_id: str) -> Iterator[Client]:
    client = Client(client_id)
    with running(server, client) as answer:
        assert answer == "Success"
        yield client


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    with serving_here(EXAMPLES / "mqtt_connect.yaml") as one:
        yield one


@pytest.fixture
def raw(server: InProcessServer) -> Iterator[ClientConnection]:
    """A bare WebSocket that has sent nothing."""
    with websocket(server.url("/mqtt"), subprotocols=MQTT) as connection:
        yield connection


def connect_packet(
    client_id: str = "raw",
    *,
    level: int = 4,
    flags: int = 2,
    keep_alive: int = 0,
    more: bytes = b"",
) -> bytes:
    header = b"\0\x04MQTT" + bytes([level, flags]) + keep_alive.to_bytes(2, "big")
    body = header + text(client_id) + more
    return bytes([0x10, len(body)]) + body


def text(content: str) -> bytes:
    return len(content).to_bytes(2, "big") + content.encode()


def publish_packet(topic: str, payload: bytes, kind: int, packet_id: int | None = None) -> bytes:
    number = b"" if packet_id is None else packet_id.to_bytes(2, "big")
    body = text(topic) + number + payload
    return bytes([kind, len(body)]) + body


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_message_reaches_the_subscribers_of_its_topic(server: InProcessServer, qos: int) -> None:
    with (
        connected(server, "ada") as ada,
        connected(server, "bob") as bob,
        connected(server, "eve") as eve,
    ):
        assert ada.subscribe(("kitchen/tea", 0)) == [0]
        assert bob.subscribe(("kitchen/tea", 1)) == [1]
        assert eve.subscribe(("kitchen", 0)) == [0]
        ada.publish("kitchen/tea", "ready", qos)
        assert ada.message() == ("kitchen/tea", b"ready", 0)
        assert bob.message() == ("kitchen/tea", b"ready", min(qos, 1))
        ada.publish("kitchen", b"", qos)
        assert eve.message() == ("kitchen", b"", 0)
        assert ada.messages.empty()
        assert bob.messages.empty()


@pytest.mark.parametrize("size", [113, 114, 5_000, 20_000])
def test_long_messages_have_a_length_of_several_bytes(server: InProcessServer, size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    with connected(server, "ada") as ada:
        ada.subscribe(("a/äöü", 1))
        for qos in (0, 1):
            ada.publish("a/äöü", payload, qos)
            assert ada.message() == ("a/äöü", payload, qos)


def test_several_filters_are_granted_each(server: InProcessServer) -> None:
    with connected(server, "ada") as ada:
        assert ada.subscribe(("a", 2), ("b/#", 0), ("c", 0)) == [1, 128, 0]
        ada.publish("a", "1", 1)
        ada.publish("c", "2", 1)
        assert [ada.message(), ada.message()] == [("a", b"1", 1), ("c", b"2", 0)]


def test_new_subscription_replaces_that_of_the_same_topic(server: InProcessServer) -> None:
    with connected(server, "ada") as ada:
        for qos in (1, 0, 1):
            assert ada.subscribe(("a", qos)) == [qos]
            ada.publish("a", "x", 1)
            assert ada.message() == ("a", b"x", qos)
        assert ada.messages.empty()


def test_unsubscribed_topics_are_not_heard(server: InProcessServer) -> None:
    with connected(server, "ada") as ada:
        ada.subscribe(("a", 0), ("b", 1), ("c", 1))
        ada.unsubscribe("a", "b")
        for topic in "abc":
            ada.publish(topic, "x", 1)
        assert ada.message() == ("c", b"x", 1)


@pytest.mark.parametrize(
    ("client_id", "password", "answer"),
    [
        ("ada", "secret", "Success"),
        ("ada", "wrong", "Bad user name or password"),
        ("ada", None, "Bad user name or password"),
        ("banned", "secret", "Not authorized"),
    ],
)
@pytest.mark.parametrize("has_will", [False, True])
def test_credentials_are_checked(
    server: InProcessServer, client_id: str, password: str | None, answer: str, has_will: bool
) -> None:
    client = Client(client_id)
    client.mqtt.username_pw_set("somebody", password)
    if has_will:
        client.mqtt.will_set("wills", "secret")
    with running(server, client) as answered:
        assert answered == answer


def test_will_is_published_for_who_ends_without_disconnect(server: InProcessServer) -> None:
    will = text("wills") + text("gone")
    with connected(server, "heir") as heir:
        heir.subscribe(("wills", 1))
        for farewell in (bytes.fromhex("e000"), b""):
            with websocket(server.url("/mqtt"), subprotocols=MQTT) as connection:
                connection.send(connect_packet(flags=0x0E, more=will))
                assert connection.recv(PATIENCE) == ACCEPTED
                if farewell:
                    connection.send(farewell)
                    with pytest.raises(ConnectionClosed):
                        connection.recv(PATIENCE)
        assert heir.message() == ("wills", b"gone", 1)
        heir.publish("wills", "last", 1)
        assert heir.message() == ("wills", b"last", 1)


def test_will_is_published_for_who_is_lost(server: InProcessServer) -> None:
    will = text("wills") + text("lost")
    with connected(server, "heir") as heir:
        heir.subscribe(("wills", 0))
        with connected_raw(server.port) as lost:
            lost.open("/mqtt", Sec_WebSocket_Protocol="mqtt")
            lost.send(frame(BINARY, connect_packet(flags=6, more=will)))
            assert lost.read_frame().payload == ACCEPTED
            lost.vanish()
        assert heir.message() == ("wills", b"lost", 0)


def test_silent_client_is_closed_and_its_will_published(server: InProcessServer) -> None:
    with (
        connected(server, "heir") as heir,
        websocket(server.url("/mqtt"), subprotocols=MQTT) as connection,
    ):
        heir.subscribe(("wills", 0))
        connection.send(connect_packet(flags=6, keep_alive=1, more=text("wills") + text("silent")))
        assert connection.recv(PATIENCE) == ACCEPTED
        with pytest.raises(ConnectionClosed):
            connection.recv(PATIENCE)
        assert connection.close_reason == "keep alive timeout"
        assert heir.message() == ("wills", b"silent", 0)


def test_client_that_pings_stays(server: InProcessServer) -> None:
    client = Client("ada")
    with running(server, client, keep_alive=1):
        pings: Queue[str] = Queue()
        client.mqtt.on_log = lambda *args: pings.put(args[3])
        seen = 0
        while seen < 3:
            seen += pings.get(timeout=PATIENCE) == "Received PINGRESP"
        assert client.disconnected.empty()


def test_message_of_qos_2_that_is_sent_again_is_delivered_once(
    server: InProcessServer, raw: ClientConnection
) -> None:
    with connected(server, "ada") as ada:
        ada.subscribe(("a", 0))
        raw.send(connect_packet())
        assert raw.recv(PATIENCE) == ACCEPTED
        for kind in (0x34, 0x3C):
            raw.send(publish_packet("a", b"once", kind, 7))
            assert raw.recv(PATIENCE) == bytes.fromhex("50020007")
        raw.send(bytes.fromhex("62020007"))
        assert raw.recv(PATIENCE) == bytes.fromhex("70020007")
        raw.send(publish_packet("a", b"again", 0x34, 7))
        assert ada.message() == ("a", b"once", 0)
        assert ada.message() == ("a", b"again", 0)


def test_deliveries_have_packet_ids_of_their_own(raw: ClientConnection) -> None:
    raw.send(connect_packet())
    raw.send(bytes.fromhex("82060001") + text("a") + b"\x01")
    assert [raw.recv(PATIENCE), raw.recv(PATIENCE)] == [ACCEPTED, bytes.fromhex("9003000101")]
    ids = set()
    for number in (1, 2, 3):
        raw.send(publish_packet("a", b"x", 0x32, number))
        assert raw.recv(PATIENCE) == b"\x40\x02" + number.to_bytes(2, "big")
        delivered = raw.recv(PATIENCE)
        assert isinstance(delivered, bytes)
        ids.add(delivered[5:7])
    assert len(ids) == 3


CONNECT = connect_packet()
SUBSCRIBE_FOUR = bytes.fromhex("82120001") + (text("a") + b"\0") * 4


@pytest.mark.parametrize(
    ("packets", "code"),
    [
        pytest.param(["hello"], 1003, id="text"),
        pytest.param([bytes.fromhex("c000")], 1002, id="no CONNECT"),
        pytest.param([CONNECT, CONNECT], 1002, id="second CONNECT"),
        pytest.param([CONNECT, bytes.fromhex("c000c000")], 1002, id="two packets"),
        pytest.param(
            [CONNECT, publish_packet("a", b"cut off", 0x30)[:-1]], 1002, id="part of a packet"
        ),
        pytest.param([CONNECT, publish_packet("a/#", b"", 0x30)], 1002, id="wildcard in a topic"),
        pytest.param([CONNECT, publish_packet("a", b"", 0x36, 1)], 1002, id="QoS 3"),
        pytest.param([CONNECT, SUBSCRIBE_FOUR], 1008, id="four filters"),
        pytest.param([CONNECT, bytes.fromhex("e000")], 1000, id="DISCONNECT"),
    ],
)
def test_connection_is_closed(raw: ClientConnection, packets: list[bytes], code: int) -> None:
    for packet in packets:
        raw.send(packet)
    assert Peer(raw).close_code() == code


@pytest.mark.parametrize(
    ("connect", "code"),
    [
        pytest.param(connect_packet(level=5), 1, id="version"),
        pytest.param(connect_packet("", flags=0), 2, id="client id"),
    ],
)
def test_connect_is_refused(raw: ClientConnection, connect: bytes, code: int) -> None:
    raw.send(connect)
    assert raw.recv(PATIENCE) == bytes([0x20, 2, 0, code])
    with pytest.raises(ConnectionClosed):
        raw.recv(PATIENCE)


def test_client_without_the_subprotocol_is_refused(server: InProcessServer) -> None:
    assert Example(server).refusal("/mqtt").status_code == 400
