"""The dialect of MQTT keeps to the protocol, with the clients paho-mqtt and MQTT.js."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.frames import BINARY, frame
from tests.helpers.node import node, require_package
from tests.helpers.raw_client import connected as connected_raw
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

mqtt: Any = pytest.importorskip("paho.mqtt.client", reason="needs paho-mqtt")

MQTT = [Subprotocol("mqtt")]
ACCEPTED = bytes.fromhex("20020000")
CLOSE_ON_DEMAND = {
    "extends": "mqtt",
    "rules": [
        {"match": {"fields": {"topic": "close"}}, "do": [{"close": {"code": 1012}}]},
        {
            "name": "a message of the broker",
            "match": {"fields": {"topic": "ask"}},
            "do": [
                {"use": "mqtt received"},
                {
                    "set": {
                        "publish": {"topic": "answer", "qos": 1},
                        "payload": "{{ 'yes' | encode }}",
                    }
                },
                {"use": "mqtt publish"},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def broker() -> Iterator[Example]:
    """What the tests share. Each uses topics of its own."""
    with dialect(
        "mqtt",
        CLOSE_ON_DEMAND,
        refused=["secret/#"],
        retained=[{"topic": "at/start", "payload": {"on": True}, "qos": 1}],
        publish=[{"topic": "ticks", "payload": {"n": "{{ repeat.index }}"}, "interval": "5ms"}],
    ) as served:
        yield served


class Client:
    """A client of paho-mqtt that keeps what it is told."""

    def __init__(self, client_id: str, *, clean: bool = True) -> None:
        self.mqtt = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=clean,
            transport="websockets",
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        self.connected: Queue[tuple[str, bool]] = Queue()
        self.granted: Queue[list[int]] = Queue()
        self.unsubscribed: Queue[int] = Queue()
        self.messages: Queue[tuple[str, bytes, int, bool]] = Queue()
        self.mqtt.on_connect = lambda *args: self.connected.put(
            (str(args[3]), args[2].session_present)
        )
        self.mqtt.on_subscribe = lambda *args: self.granted.put([one.value for one in args[3]])
        self.mqtt.on_unsubscribe = lambda *args: self.unsubscribed.put(args[2])
        self.mqtt.on_message = lambda _, __, message: self.messages.put(
            (message.topic, message.payload, message.qos, message.retain)
        )

    def subscribe(self, *filters: tuple[str, int]) -> list[int]:
        self.mqtt.subscribe(list(filters))
        return self.granted.get(timeout=PATIENCE)

    def unsubscribe(self, *filters: str) -> None:
        self.mqtt.unsubscribe(list(filters))
        self.unsubscribed.get(timeout=PATIENCE)

    def publish(
        self, topic: str, payload: bytes | str, qos: int = 1, *, retain: bool = False
    ) -> None:
        """Publish, and wait until the server has acknowledged it."""
        self.mqtt.publish(topic, payload, qos, retain).wait_for_publish(PATIENCE)

    def message(self) -> tuple[str, bytes, int]:
        topic, payload, qos, is_retained = self.messages.get(timeout=PATIENCE)
        assert not is_retained
        return topic, payload, qos

    def retained(self) -> tuple[str, bytes, int]:
        topic, payload, qos, is_retained = self.messages.get(timeout=PATIENCE)
        assert is_retained
        return topic, payload, qos


@contextmanager
def running(broker: Example, client: Client, keep_alive: int = 60) -> Iterator[tuple[str, bool]]:
    """Connect, and yield what the server has answered to CONNECT."""
    client.mqtt.ws_set_options("/mqtt")
    client.mqtt.connect("127.0.0.1", broker.server.port, keep_alive)
    client.mqtt.loop_start()
    try:
        yield client.connected.get(timeout=PATIENCE)
    finally:
        client.mqtt.disconnect()
        client.mqtt.loop_stop()


@contextmanager
def connected(broker: Example, client_id: str, *, clean: bool = True) -> Iterator[Client]:
    client = Client(client_id, clean=clean)
    with running(broker, client) as answer:
        assert answer == ("Success", False)
        yield client


@pytest.fixture
def raw(broker: Example) -> Iterator[ClientConnection]:
    """A bare WebSocket that has sent nothing."""
    with broker.connect("/mqtt", subprotocols=MQTT) as peer:
        yield peer.connection


# --- packets --------------------------------------------------------------------------------------


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
    return len(content.encode()).to_bytes(2, "big") + content.encode()


def publish_packet(topic: str, payload: bytes, kind: int, packet_id: int | None = None) -> bytes:
    number = b"" if packet_id is None else packet_id.to_bytes(2, "big")
    body = text(topic) + number + payload
    return bytes([kind, len(body)]) + body


CONNECT = connect_packet()

# --- messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_message_reaches_the_subscribers_of_its_topic(broker: Example, qos: int) -> None:
    with (
        connected(broker, "ada") as ada,
        connected(broker, "bob") as bob,
        connected(broker, "eve") as eve,
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


@pytest.mark.parametrize("size", [113, 114, 20_000])
def test_long_messages_have_a_length_of_several_bytes(broker: Example, size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    with connected(broker, "ada") as ada:
        ada.subscribe(("a/äöü", 1))
        for qos in (0, 1):
            ada.publish("a/äöü", payload, qos)
            assert ada.message() == ("a/äöü", payload, qos)


@pytest.mark.parametrize(
    ("topic_filter", "topics", "others"),
    [
        ("w/+", ["w/a", "w/"], ["w", "w/a/b"]),
        ("w/#", ["w", "w/a", "w/a/b"], ["wa"]),
        ("w/+/c", ["w/b/c", "w//c"], ["w/b/d", "w/c", "w/b/c/d"]),
        ("+/+/x/#", ["w/b/x", "w/b/x/d"], ["w/x", "w/b"]),
        ("/#", ["/", "/w"], ["w"]),
        ("+/w", ["/w"], ["$w/w"]),
    ],
)
def test_wildcards_stand_for_levels(
    broker: Example, topic_filter: str, topics: list[str], others: list[str]
) -> None:
    with connected(broker, "ada") as ada:
        ada.subscribe((topic_filter, 1), ("end", 1))
        for topic in [*others, *topics, "end"]:
            ada.publish(topic, topic)
        found = [ada.message()[0] for _ in topics]
        assert found == topics
        assert ada.message()[0] == "end"


def test_any_number_of_filters_is_granted_or_refused_each(broker: Example) -> None:
    filters = ["f/0", "f/1", "f/2", "f/3", "f/+", "f/#", "secret/#", "f/#/0", "f+", "f/0"]
    granted = [0, 1, 1, 0, 1, 1, 128, 128, 128, 1]
    with connected(broker, "ada") as ada:
        wanted = list(zip(filters, [0, 1, 2, 0, 1, 1, 1, 1, 1, 1], strict=True))
        # paho checks filters before it sends them.
        ada.mqtt._filter_wildcard_len_check = lambda _: mqtt.MQTT_ERR_SUCCESS
        assert ada.subscribe(*wanted) == granted
        ada.publish("f/0", "x")
        assert [ada.message() for _ in range(3)] == [("f/0", b"x", 1)] * 3
        ada.unsubscribe("f/+", "f/#", "f/0", "f/unknown")
        for topic in ("f/0", "f/3"):
            ada.publish(topic, "y")
        assert ada.message() == ("f/3", b"y", 0)


def test_new_subscription_replaces_that_of_the_same_filter(broker: Example) -> None:
    with connected(broker, "ada") as ada:
        for qos in (1, 0, 1):
            assert ada.subscribe(("r/#", qos)) == [qos]
            ada.publish("r/a", "x")
            assert ada.message() == ("r/a", b"x", qos)
        assert ada.messages.empty()


def test_retained_message_comes_with_each_subscription_until_it_is_removed(
    broker: Example,
) -> None:
    with connected(broker, "ada") as ada:
        for payload in ("first", "second"):
            ada.publish("kept/a", payload, retain=True)
        ada.publish("kept/b", b"\xff\x00", 0, retain=True)
        ada.subscribe(("kept/+", 1))
        assert {ada.retained(), ada.retained()} == {
            ("kept/a", b"second", 1),
            ("kept/b", b"\xff\x00", 0),
        }
        ada.publish("kept/a", b"", retain=True)
        assert ada.message() == ("kept/a", b"", 1)
        ada.subscribe(("kept/#", 0))
        assert ada.retained() == ("kept/b", b"\xff\x00", 0)
        assert ada.messages.empty()


def test_messages_of_the_parameters_are_published(broker: Example) -> None:
    with connected(broker, "ada") as ada:
        ada.subscribe(("at/start", 1), ("ticks", 0))
        assert ada.retained() == ("at/start", b'{"on": true}', 1)
        first, second = json.loads(ada.message()[1]), json.loads(ada.message()[1])
        assert second == {"n": first["n"] + 1}


def test_rule_of_ones_own_is_in_front(broker: Example) -> None:
    with connected(broker, "ada") as ada:
        ada.subscribe(("ask", 1), ("answer", 1))
        ada.publish("ask", "?")
        assert ada.message() == ("answer", b"yes", 1)
        assert ada.messages.empty()


# --- connections ----------------------------------------------------------------------------------


@pytest.mark.parametrize("has_will", [False, True])
def test_credentials_are_checked(has_will: bool) -> None:
    with dialect("mqtt", users={"ada": "secret"}, banned=["banned"]) as broker:
        answers = []
        for client_id, user, password in [
            ("1", "ada", "secret"),
            ("1", "ada", "wrong"),
            ("1", "ada", None),
            ("1", "bob", "secret"),
            ("1", None, None),
            ("banned", "ada", "secret"),
        ]:
            client = Client(client_id)
            if user:
                client.mqtt.username_pw_set(user, password)
            if has_will:
                client.mqtt.will_set("wills", "secret")
            with running(broker, client) as (answer, _):
                answers.append(answer)
    assert answers == [
        "Success",
        "Bad user name or password",
        "Bad user name or password",
        "Bad user name or password",
        "Not authorized",
        "Not authorized",
    ]


def test_session_outlives_its_connection_unless_it_is_clean(broker: Example) -> None:
    with connected(broker, "keeps", clean=False) as first:
        first.subscribe(("session", 1))
    again = Client("keeps", clean=False)
    with running(broker, again) as answer:
        assert answer == ("Success", True)
        again.publish("session", "still there")
        assert again.message() == ("session", b"still there", 1)
    for _ in range(2):
        with connected(broker, "keeps") as clean:
            clean.publish("session", "x")
            assert clean.messages.empty()


def test_will_is_published_for_who_ends_without_disconnect(broker: Example) -> None:
    will = text("wills/1") + text("gone")
    with connected(broker, "heir") as heir:
        heir.subscribe(("wills/1", 1))
        for farewell in (bytes.fromhex("e000"), b""):
            with broker.connect("/mqtt", subprotocols=MQTT) as peer:
                connection = peer.connection
                connection.send(connect_packet(flags=0x0E, more=will))
                assert connection.recv(PATIENCE) == ACCEPTED
                if farewell:
                    connection.send(farewell)
                    with pytest.raises(ConnectionClosed):
                        connection.recv(PATIENCE)
        assert heir.message() == ("wills/1", b"gone", 1)
        heir.publish("wills/1", "last")
        assert heir.message() == ("wills/1", b"last", 1)


def test_will_of_who_is_lost_may_be_retained(broker: Example) -> None:
    will = text("wills/2") + text("lost")
    with connected(broker, "heir") as heir:
        heir.subscribe(("wills/2", 0))
        with connected_raw(broker.server.port) as lost:
            lost.open("/mqtt", Sec_WebSocket_Protocol="mqtt")
            lost.send(frame(BINARY, connect_packet(flags=0x26, more=will)))
            assert lost.read_frame().payload == ACCEPTED
            lost.vanish()
        assert heir.message() == ("wills/2", b"lost", 0)
        heir.subscribe(("wills/+", 0))
        assert heir.retained() == ("wills/2", b"lost", 0)


def test_silent_client_is_closed_and_its_will_published(broker: Example) -> None:
    with (
        connected(broker, "heir") as heir,
        broker.connect("/mqtt", subprotocols=MQTT) as peer,
    ):
        heir.subscribe(("wills/3", 0))
        will = text("wills/3") + text("silent")
        peer.connection.send(connect_packet(flags=6, keep_alive=1, more=will))
        assert peer.connection.recv(PATIENCE) == ACCEPTED
        assert peer.end() == (1000, "keep alive timeout")
        assert heir.message() == ("wills/3", b"silent", 0)


def test_client_without_connect_is_closed() -> None:
    with (
        dialect("mqtt", connect_timeout="10ms") as broker,
        broker.connect("/mqtt", subprotocols=MQTT) as peer,
    ):
        assert peer.end() == (1002, "no CONNECT")


def test_ping_is_answered(raw: ClientConnection) -> None:
    raw.send(CONNECT)
    raw.send(bytes.fromhex("c000"))
    assert [raw.recv(PATIENCE), raw.recv(PATIENCE)] == [ACCEPTED, bytes.fromhex("d000")]


# --- packets that clients do not send -------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_packets_are_a_stream_in_messages_of_any_size(raw: ClientConnection, size: int) -> None:
    stream = CONNECT + bytes.fromhex("82060001") + text("s") + b"\0" + bytes.fromhex("c000")
    stream += publish_packet("s", b"x", 0x32, 9)
    for at in range(0, len(stream), size):
        raw.send(stream[at : at + size])
    assert [raw.recv(PATIENCE) for _ in range(5)] == [
        ACCEPTED,
        bytes.fromhex("9003000100"),
        bytes.fromhex("d000"),
        bytes.fromhex("40020009"),
        publish_packet("s", b"x", 0x30),
    ]


def test_message_of_qos_2_that_is_sent_again_is_delivered_once(
    broker: Example, raw: ClientConnection
) -> None:
    with connected(broker, "ada") as ada:
        ada.subscribe(("twice", 0))
        raw.send(CONNECT)
        assert raw.recv(PATIENCE) == ACCEPTED
        for kind in (0x34, 0x3C):
            raw.send(publish_packet("twice", b"once", kind, 7))
            assert raw.recv(PATIENCE) == bytes.fromhex("50020007")
        raw.send(bytes.fromhex("62020007"))
        assert raw.recv(PATIENCE) == bytes.fromhex("70020007")
        raw.send(publish_packet("twice", b"again", 0x34, 7))
        assert ada.message() == ("twice", b"once", 0)
        assert ada.message() == ("twice", b"again", 0)


def test_deliveries_have_packet_ids_of_their_own(raw: ClientConnection) -> None:
    raw.send(CONNECT)
    raw.send(bytes.fromhex("82060001") + text("i") + b"\x01")
    assert [raw.recv(PATIENCE), raw.recv(PATIENCE)] == [ACCEPTED, bytes.fromhex("9003000101")]
    ids = set()
    for number in (1, 2, 3):
        raw.send(publish_packet("i", b"x", 0x32, number))
        assert raw.recv(PATIENCE) == b"\x40\x02" + number.to_bytes(2, "big")
        delivered = raw.recv(PATIENCE)
        assert isinstance(delivered, bytes)
        ids.add(delivered[5:7])
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("packets", "code"),
    [
        pytest.param(["hello"], 1003, id="text"),
        pytest.param([bytes.fromhex("c000")], 1002, id="no CONNECT"),
        pytest.param([CONNECT, CONNECT], 1002, id="second CONNECT"),
        pytest.param([connect_packet(flags=3)], 1002, id="reserved flag"),
        pytest.param([connect_packet(flags=0x1E)], 1002, id="QoS 3 of the will"),
        pytest.param([connect_packet(flags=6)], 1002, id="no will"),
        pytest.param([CONNECT, publish_packet("a/#", b"", 0x30)], 1002, id="wildcard in a topic"),
        pytest.param([CONNECT, publish_packet("a", b"", 0x36, 1)], 1002, id="QoS 3"),
        pytest.param([CONNECT, publish_packet("a", b"", 0x32, 0)], 1002, id="no packet id"),
        pytest.param([CONNECT, bytes.fromhex("82020001")], 1002, id="no filter"),
        pytest.param([CONNECT, bytes.fromhex("82050001") + text("a")], 1002, id="no QoS"),
        pytest.param([CONNECT, bytes.fromhex("0000")], 1002, id="reserved type"),
        pytest.param([CONNECT, bytes.fromhex("e000")], 1000, id="DISCONNECT"),
    ],
)
def test_connection_is_closed(raw: ClientConnection, packets: list[bytes | str], code: int) -> None:
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


def test_client_without_the_subprotocol_is_refused(broker: Example) -> None:
    assert broker.refusal("/mqtt").status_code == 400


# --- MQTT.js --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What one run of MQTT.js saw."""
    require_package("mqtt")
    with (
        dialect("mqtt", CLOSE_ON_DEMAND, banned=["banned"], refused=["secret"]) as broker,
        node("dialect_mqtt.js", broker.url("/mqtt")) as process,
    ):
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    seen = json.loads(out)
    assert isinstance(seen, dict)
    return seen


def test_mqtt_js_has_a_conversation(report: dict[str, Any]) -> None:
    assert report["conversation"] == {
        "granted": [1, 0, 128],
        "messages": [["rooms/1/lamp", "on", 1], ["rooms/2/lamp", "off", 0], ["all", "", 0]],
    }


def test_mqtt_js_is_told_that_it_is_not_authorized(report: dict[str, Any]) -> None:
    assert report["refused"] == {"code": 5, "message": "Connection refused: Not authorized"}


def test_mqtt_js_finds_its_session_again_after_a_reconnect(report: dict[str, Any]) -> None:
    assert report["reconnected"] == {
        "before": False,
        "after": True,
        "message": ["session", "again", 1],
    }
