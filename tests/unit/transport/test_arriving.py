"""A message that comes in many parts."""

import tracemalloc

import pytest

from tests.helpers.frames import BINARY, MASK, TEXT, frame, head_only, xor
from tests.helpers.pair import open_protocol
from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived
from websocket_mock.transport.arriving import ArrivingMessage

HEAD = head_only(0x81, 6)


def arriving(data: bytes, length: int, *, is_text: bool = True) -> ArrivingMessage:
    message = ArrivingMessage(HEAD, length, is_text=is_text, is_screened=True)
    message.add(xor(data, MASK))
    return message


def test_what_is_missing_gets_less_with_each_part() -> None:
    message = arriving(b"ab", 6)
    message.add(bytes(3))
    assert message.missing == 1


def test_position_of_a_bad_byte_counts_from_the_beginning_of_a_whole_message() -> None:
    wire = xor(b"ab\xe2\x82c", MASK)
    message = arriving(b"ab\xe2\x82", 5)
    with pytest.raises(UnicodeDecodeError) as raised:
        message.add(wire[4:])
    assert (raised.value.start, raised.value.end) == (2, 4)


@pytest.mark.parametrize("is_text", [True, False])
def test_unfinished_frame_is_returned_as_it_came(is_text: bool) -> None:
    data = "ab€".encode()[:4]
    assert arriving(data, 6, is_text=is_text).as_it_came() == HEAD + xor(data, MASK)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_message_that_comes_byte_by_byte_takes_no_object_for_each(opcode: int) -> None:
    size = 20_000
    wire = frame(opcode, b"a" * size)
    protocol = open_protocol()
    tracemalloc.start()
    for position in range(len(wire)):
        protocol.receive_data(wire[position : position + 1])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    whole = TextReceived("a" * size, size) if opcode == TEXT else BinaryReceived(b"a" * size)
    assert protocol.take_inbound() == (whole,)
    assert most < 10 * size
