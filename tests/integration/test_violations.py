"""Frames that break the protocol, sent by a bare socket."""

from collections.abc import Iterator

import pytest

from tests.helpers.frames import (
    BINARY,
    CONT,
    MASK,
    PING,
    TEXT,
    close,
    frame,
    head_only,
    text,
    xor,
)
from tests.helpers.raw_client import RawClient, Received, opened
from tests.helpers.server import InProcessServer
from tests.helpers.wait import eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def client(server: InProcessServer) -> Iterator[RawClient]:
    with opened(server.port) as one:
        yield one


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(TEXT, b"a", mask=None), 1002, id="unmasked"),
        pytest.param(frame(TEXT, b"a", reserved=4), 1002, id="rsv1"),
        pytest.param(frame(TEXT, b"a", reserved=2), 1002, id="rsv2"),
        pytest.param(frame(TEXT, b"a", reserved=1), 1002, id="rsv3"),
        pytest.param(frame(3), 1002, id="reserved opcode"),
        pytest.param(frame(0xB), 1002, id="reserved control opcode"),
        pytest.param(frame(CONT, b"a"), 1002, id="continuation of nothing"),
        pytest.param(text("a", fin=False) + text("b"), 1002, id="message in a message"),
        pytest.param(frame(PING, b"", fin=False), 1002, id="fragmented ping"),
        pytest.param(frame(PING, bytes(126)), 1002, id="long ping"),
        pytest.param(frame(TEXT, b"\xff"), 1007, id="no utf-8"),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), 1007, id="surrogate"),
        pytest.param(frame(TEXT, b"\xe2\x82"), 1007, id="cut character"),
        pytest.param(
            frame(TEXT, b"\xe2", fin=False) + frame(CONT, b"!"), 1007, id="over fragments"
        ),
        pytest.param(frame(TEXT, b"a\xff", fin=False), 1007, id="in a first fragment"),
        pytest.param(head_only(0x81, 9) + xor(b"a\xff", MASK), 1007, id="in a frame not yet whole"),
        pytest.param(head_only(0x81, 70_000) + xor(b"\xc1", MASK), 1007, id="in a long frame"),
        pytest.param(
            frame(TEXT, b"\xe2\x82", fin=False) + head_only(0x80, 9) + xor(b" ", MASK),
            1007,
            id="in a fragment not yet whole",
        ),
        pytest.param(frame(8, b"\x03"), 1002, id="half a close code"),
        *(pytest.param(close(one), 1002, id=f"close {one}") for one in (0, 999, 1004, 1005, 1006)),
        *(pytest.param(close(one), 1002, id=f"close {one}") for one in (1015, 2999, 5000, 65535)),
        pytest.param(close(1000, b"\xff"), 1007, id="close reason is no utf-8"),
    ],
)
def test_bad_frame_is_closed_with_its_code(
    server: InProcessServer, client: RawClient, data: bytes, code: int
) -> None:
    client.send(data)
    assert client.read_close()[0] == code
    assert client.read_end() == b""
    eventually(lambda: server.stats().errors == 1)
    assert server.stats().current_clients == 0


def test_reason_says_what_was_wrong(client: RawClient) -> None:
    client.send(frame(TEXT, b"a", mask=None))
    assert client.read_close() == (1002, "incorrect masking")


def test_good_messages_are_answered_before_a_later_bad_frame(client: RawClient) -> None:
    client.send(text("one"), frame(PING, b"two"), frame(BINARY, b"three"), frame(3), text("four"))
    assert client.read_frame() == Received(TEXT, b"one")
    assert client.read_frame().payload == b"two"
    assert client.read_frame() == Received(BINARY, b"three")
    assert client.read_close()[0] == 1002
    assert client.read_end() == b""


def test_what_follows_a_bad_frame_is_neither_answered_nor_counted(
    server: InProcessServer, client: RawClient
) -> None:
    client.send(frame(3), text("late"))
    client.read_close()
    client.send(text("later"))
    assert client.read_end() == b""
    assert server.stats().total_messages == 0


def test_bad_frame_of_one_client_does_not_touch_another(
    server: InProcessServer, client: RawClient
) -> None:
    with opened(server.port) as other:
        client.send(frame(3))
        client.read_close()
        other.send(text("still here"))
        assert other.read_frame() == Received(TEXT, b"still here")
