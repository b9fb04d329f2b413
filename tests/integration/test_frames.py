"""Good frames of every kind, sent by a bare socket."""

from collections.abc import Iterator

import pytest

from tests.helpers.frames import BINARY, CONT, PING, PONG, TEXT, frame, request, text
from tests.helpers.raw_client import RawClient, Received, connected, opened
from tests.helpers.server import InProcessServer

pytestmark = pytest.mark.integration


@pytest.fixture
def client(server: InProcessServer) -> Iterator[RawClient]:
    with opened(server.port) as one:
        yield one


def test_text_comes_back_as_text(client: RawClient) -> None:
    client.send(text("5 €"))
    assert client.read_frame() == Received(TEXT, "5 €".encode())


def test_binary_comes_back_as_binary(client: RawClient) -> None:
    client.send(frame(BINARY, bytes(range(256))))
    assert client.read_frame() == Received(BINARY, bytes(range(256)))


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 0xFFFF, 0x1_0000, 1_000_000])
def test_every_size_comes_back_whole(client: RawClient, opcode: int, size: int) -> None:
    client.send(frame(opcode, b"x" * size))
    assert client.read_frame() == Received(opcode, b"x" * size)


def test_fragments_come_back_as_one_message(client: RawClient) -> None:
    client.send(text("a", fin=False))
    client.send(frame(CONT, b"", fin=False))
    client.send(frame(CONT, b"b"))
    assert client.read_frame() == Received(TEXT, b"ab")


def test_character_may_be_cut_by_frames_and_reads(client: RawClient) -> None:
    one, two = frame(TEXT, b"\xf0\x9f", fin=False), frame(CONT, b"\x98\x80")
    for byte in one + two:
        client.send(bytes((byte,)))
    assert client.read_frame() == Received(TEXT, "😀".encode())


def test_ping_between_fragments_is_answered_before_the_message(client: RawClient) -> None:
    client.send(text("a", fin=False), frame(PING, b"now"))
    assert client.read_frame() == Received(PONG, b"now")
    client.send(frame(PONG, b"unasked"), frame(CONT, b"b"))
    assert client.read_frame() == Received(TEXT, b"ab")


@pytest.mark.parametrize("payload", [b"", b"\x00\xff", bytes(125)])
def test_ping_is_answered_with_its_payload(client: RawClient, payload: bytes) -> None:
    client.send(frame(PING, payload))
    assert client.read_frame() == Received(PONG, payload)


def test_each_of_many_pings_is_answered(client: RawClient) -> None:
    client.send(*(frame(PING, b"%d" % number) for number in range(10)))
    assert [client.read_frame().payload for _ in range(10)] == [b"%d" % one for one in range(10)]


def test_pong_that_nobody_asked_for_is_ignored(client: RawClient) -> None:
    client.send(frame(PONG, b"unasked"), text("next"))
    assert client.read_frame() == Received(TEXT, b"next")


def test_many_messages_of_one_read_come_back_in_order(client: RawClient) -> None:
    client.send(*(text(str(number)) for number in range(1000)))
    assert [client.read_frame().payload for _ in range(1000)] == [
        b"%d" % number for number in range(1000)
    ]


def test_frame_that_comes_byte_by_byte_is_read(client: RawClient) -> None:
    for byte in text("slow"):
        client.send(bytes((byte,)))
    assert client.read_frame() == Received(TEXT, b"slow")


def test_mask_of_zeros_is_a_mask(client: RawClient) -> None:
    client.send(frame(TEXT, b"plain", mask=bytes(4)))
    assert client.read_frame() == Received(TEXT, b"plain")


def test_frame_sent_with_the_request_is_answered(server: InProcessServer) -> None:
    with connected(server.port) as early:
        assert early.ask(request() + text("early")).status == 101
        assert early.read_frame() == Received(TEXT, b"early")
