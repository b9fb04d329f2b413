"""What a protocol core leaves behind without the help of the garbage collector."""

import gc
import weakref
import zlib
from collections.abc import Iterator

import pytest

from tests.helpers.frames import BINARY, CONT, PING, TEXT, close, frame, head_only, text
from tests.helpers.pair import open_protocol

LIMIT = 100_000


def bomb(size: int = 10 * LIMIT) -> bytes:
    """A compressed message of zeros that is larger than the limit."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = deflate.compress(bytes(size)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return frame(BINARY, data[:-4] + bytes(3000), reserved=4)


@pytest.fixture(autouse=True)
def _without_collections() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(text("hello"), id="message"),
        pytest.param(text("a", fin=False) + frame(PING, b"b") + frame(CONT, b"c"), id="fragments"),
        pytest.param(close(1000), id="close"),
        pytest.param(bomb(), id="bomb"),
        pytest.param(frame(TEXT, b"\xff" * 5000), id="no UTF-8"),
        pytest.param(head_only(0x82, LIMIT + 1), id="too large"),
        pytest.param(frame(7, b"x"), id="no frame"),
        pytest.param(frame(TEXT, b"not compressed", reserved=4), id="no deflate"),
        pytest.param(head_only(0x82, 50_000) + bytes(40_000), id="half a message"),
    ],
)
@pytest.mark.parametrize("is_compressed", [True, False])
def test_nothing_of_a_protocol_is_left_when_its_connection_ends(
    data: bytes, is_compressed: bool
) -> None:
    protocol = open_protocol(max_message_bytes=LIMIT, deflate=is_compressed)
    protocol.receive_data(data)
    protocol.complete_failure()
    protocol.receive_eof()
    protocol.let_go()
    left = weakref.ref(protocol)
    del protocol
    assert left() is None


def test_data_of_a_violation_is_not_kept_while_the_connection_closes() -> None:
    protocol = open_protocol(max_message_bytes=LIMIT)
    protocol.receive_data(frame(TEXT, b"\xff" * 5000))
    assert protocol.violation is not None
    assert protocol.parser_exc is None
