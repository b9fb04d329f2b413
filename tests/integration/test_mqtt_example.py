"""The example of MQTT does what it says beside the dialect, which `tests/dialects` tests."""

from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from tests.helpers.examples import example
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration


@pytest.fixture
def client() -> Iterator[ClientConnection]:
    """A bare WebSocket that has sent nothing."""
    with (
        example("mqtt_connect") as mqtt,
        mqtt.connect("/mqtt", subprotocols=[Subprotocol("mqtt")]) as peer,
    ):
        yield peer.connection


def text(content: str) -> bytes:
    return len(content).to_bytes(2, "big") + content.encode()


def packet(kind: int, body: bytes) -> bytes:
    return bytes([kind, len(body)]) + body


def connect(client_id: str, *more: str, flags: int = 2) -> bytes:
    header = text("MQTT") + bytes([4, flags, 0, 0])
    return packet(0x10, header + text(client_id) + b"".join(map(text, more)))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(connect("ada"), 0, id="nobody"),
        pytest.param(connect("ada", "u", "secret", flags=0xC2), 0, id="password"),
        pytest.param(connect("ada", "t", "w", "u", "secret", flags=0xC6), 0, id="with a will"),
        pytest.param(connect("ada", "u", "wrong", flags=0xC2), 4, id="wrong password"),
        pytest.param(connect("ada", "secret", "w", "u", "x", flags=0xC6), 4, id="wrong, a will"),
        pytest.param(connect("ada", "u", flags=0x82), 4, id="no password"),
        pytest.param(connect("banned"), 5, id="banned"),
    ],
)
def test_credentials_are_checked(client: ClientConnection, sent: bytes, code: int) -> None:
    client.send(sent)
    assert client.recv(PATIENCE) == bytes([0x20, 2, 0, code])


def test_lamp_answers_and_its_state_is_retained(client: ClientConnection) -> None:
    subscribe = packet(0x82, b"\0\x01" + text("lamp/#") + b"\x01")
    client.send(connect("ada"))
    client.send(subscribe)
    assert client.recv(PATIENCE) == bytes.fromhex("20020000")
    assert client.recv(PATIENCE) == bytes.fromhex("9003000101")
    assert client.recv(PATIENCE) == packet(0x31, text("lamp/state") + b"off")
    client.send(packet(0x32, text("lamp/set") + b"\0\x05on"))
    assert client.recv(PATIENCE) == bytes.fromhex("40020005")
    state = client.recv(PATIENCE)
    assert isinstance(state, bytes)
    assert (state[0], state[2:14], state[16:]) == (0x32, text("lamp/state"), b"on")
    client.send(subscribe)
    assert client.recv(PATIENCE) == bytes.fromhex("9003000101")
    retained = client.recv(PATIENCE)
    assert isinstance(retained, bytes)
    assert (retained[0], retained[16:]) == (0x33, b"on")
