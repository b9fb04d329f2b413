"""permessage-deflate between a real client and the server."""

import zlib

import pytest
from websockets.exceptions import ConnectionClosedError

from tests.helpers.frames import CONT, PING, TEXT, frame, request
from tests.helpers.json_client import websocket
from tests.helpers.raw_client import RawClient, Received, connected
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

DEFLATE = "permessage-deflate"
NO_MEMORY = "; client_no_context_takeover; server_no_context_takeover"


def deflated(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-15)
    return (encoder.compress(data) + encoder.flush(zlib.Z_SYNC_FLUSH)).removesuffix(
        b"\x00\x00\xff\xff"
    )


def inflated(data: bytes) -> bytes:
    return zlib.decompressobj(wbits=-15).decompress(data + b"\x00\x00\xff\xff")


def open_deflate(client: RawClient, offer: str = DEFLATE + NO_MEMORY) -> str:
    """Open a connection with an offer of extensions, and return what was agreed on."""
    answer = client.ask(request(Sec_WebSocket_Extensions=offer))
    assert answer.status == 101
    return answer.headers.get("sec-websocket-extensions", "")


@pytest.mark.parametrize("compression", ["deflate", None])
def test_client_may_have_compression_or_not(
    server: InProcessServer, compression: str | None
) -> None:
    with websocket(server.url("/echo"), compression=compression) as client:
        assert client.response is not None
        is_agreed = "Sec-WebSocket-Extensions" in client.response.headers
        assert is_agreed == (compression is not None)
        for message in ("a" * 100_000, b"\x00" * 100_000, "", b"", "€" * 1000):
            client.send(message)
            assert client.recv(timeout=PATIENCE) == message


def test_compression_can_be_switched_off() -> None:
    with serving_here(compression=False) as server, websocket(server.url("/echo")) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        client.send("plain")
        assert client.recv(timeout=PATIENCE) == "plain"


@pytest.mark.parametrize(
    "offer",
    [
        DEFLATE,
        DEFLATE + NO_MEMORY,
        DEFLATE + "; server_max_window_bits=10",
        DEFLATE + "; client_max_window_bits",
        "unknown, " + DEFLATE,
        DEFLATE + "; unknown=1, " + DEFLATE,
    ],
)
def test_offer_that_can_be_met_is_agreed_to(server: InProcessServer, offer: str) -> None:
    with connected(server.port) as client:
        assert open_deflate(client, offer).startswith(DEFLATE)
        client.send(frame(TEXT, deflated(b"hello " * 100), reserved=4))
        received = client.read_frame()
        assert (received.opcode, received.reserved) == (TEXT, 4)
        assert inflated(received.payload) == b"hello " * 100


@pytest.mark.parametrize("offer", ["unknown", DEFLATE + "; unknown=1"])
def test_offer_that_cannot_be_met_is_declined(server: InProcessServer, offer: str) -> None:
    with connected(server.port) as client:
        assert open_deflate(client, offer) == ""
        client.send(frame(TEXT, b"plain"))
        assert client.read_frame() == Received(TEXT, b"plain")


def test_message_that_is_not_compressed_is_taken_all_the_same(server: InProcessServer) -> None:
    with connected(server.port) as client:
        open_deflate(client)
        client.send(frame(TEXT, b"plain"))
        assert inflated(client.read_frame().payload) == b"plain"


def test_compressed_message_in_fragments_is_joined(server: InProcessServer) -> None:
    with connected(server.port) as client:
        open_deflate(client)
        data = deflated("in pieces €".encode() * 50)
        client.send(
            frame(TEXT, data[:10], fin=False, reserved=4),
            frame(PING, b"between"),
            frame(CONT, data[10:]),
        )
        assert client.read_frame().payload == b"between"
        assert inflated(client.read_frame().payload) == "in pieces €".encode() * 50


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(TEXT, b"\xff\xff\xff", reserved=4), 1002, id="no deflate stream"),
        pytest.param(frame(TEXT, b"plain", reserved=2), 1002, id="other reserved bit"),
        pytest.param(frame(PING, b"", reserved=4), 1002, id="compressed ping"),
        pytest.param(frame(TEXT, deflated(b"\xff"), reserved=4), 1007, id="no utf-8"),
        pytest.param(
            frame(TEXT, deflated(b"a"), fin=False, reserved=4) + frame(CONT, b"", reserved=4),
            1002,
            id="reserved bit on a continuation",
        ),
    ],
)
def test_bad_compressed_frame_is_closed_with_its_code(
    server: InProcessServer, data: bytes, code: int
) -> None:
    with connected(server.port) as client:
        open_deflate(client)
        client.send(data)
        assert client.read_close()[0] == code


def test_bomb_is_not_inflated() -> None:
    bomb = deflated(bytes(200_000_000))
    assert len(bomb) < 1_000_000
    with serving_here() as server, connected(server.port) as client:
        open_deflate(client)
        client.send(frame(TEXT, bomb, reserved=4))
        assert client.read_close() == (1009, "frame exceeds limit of 10485760 bytes")


def test_bomb_in_fragments_is_not_inflated() -> None:
    with serving_here(max_message_bytes=10_000) as server, connected(server.port) as client:
        open_deflate(client)
        data = deflated(bytes(1_000_000))
        client.send(
            *(
                frame(CONT if at else TEXT, data[at : at + 10], fin=False, reserved=0 if at else 4)
                for at in range(0, len(data), 10)
            )
        )
        assert client.read_close()[0] == 1009


def test_limit_is_that_of_the_message_and_not_of_its_compressed_form() -> None:
    with serving_here(max_message_bytes=1000) as server:
        with websocket(server.url("/echo")) as client:
            client.send("a" * 1000)
            assert client.recv(timeout=PATIENCE) == "a" * 1000
            client.send("a" * 1001)
            with pytest.raises(ConnectionClosedError) as caught:
                client.recv(timeout=PATIENCE)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009
