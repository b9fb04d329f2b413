"""Frames written by hand, right and wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.helpers.frames import frame
from websocket_mock.actors.values.frames import BINARY, PING, TEXT, RawFrame
from websocket_mock.transport.framing import FIN, LatestFrame, head, serialize
from websocket_mock.transport.write_buffer import SharedFrame

LENGTHS = st.sampled_from([0, 1, 125, 126, 127, 0xFFFF, 0x1_0000]) | st.integers(0, 70_000)


@given(LENGTHS)
def test_head_is_that_of_the_library(length: int) -> None:
    whole = Frame(Opcode.BINARY, bytes(length)).serialize(mask=False)
    assert head(FIN | BINARY, length) == whole[: len(whole) - length]


def test_clients_with_the_same_payload_get_the_same_frame() -> None:
    latest, payload = LatestFrame(), bytes(200)
    first, second, third = (latest.make(FIN | TEXT, payload) for _ in range(3))
    assert first == second == head(FIN | TEXT, 200) + payload
    assert second is third
    assert isinstance(second, SharedFrame)


def test_frame_of_a_message_to_one_client_is_not_shared() -> None:
    latest = LatestFrame()
    frames = [latest.make(FIN | TEXT, bytes(200)) for _ in range(3)]
    assert [type(one) for one in frames] == [bytes] * 3


def test_payload_that_is_sent_as_text_and_as_binary_has_two_frames() -> None:
    latest, payload = LatestFrame(), bytes(200)
    made = [latest.make(FIN | kind, payload) for kind in (TEXT, TEXT, BINARY, TEXT)]
    assert [one[0] & 0xF for one in made] == [TEXT, TEXT, BINARY, TEXT]


@given(
    st.integers(0, 15),
    st.binary(max_size=300),
    st.booleans(),
    st.integers(0, 7),
    st.none() | st.binary(min_size=4, max_size=4),
)
def test_every_frame_is_written_as_it_is_said(
    opcode: int, payload: bytes, fin: bool, reserved: int, mask: bytes | None
) -> None:
    said = RawFrame(opcode, payload, fin, reserved, mask)
    assert serialize(said) == frame(opcode, payload, fin=fin, reserved=reserved, mask=mask)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (RawFrame(TEXT, b"a\xff"), b"\x81\x02a\xff"),
        (RawFrame(TEXT, b"a", reserved=4), b"\xc1\x01a"),
        (RawFrame(TEXT, b"a", reserved=2), b"\xa1\x01a"),
        (RawFrame(TEXT, b"a", reserved=1), b"\x91\x01a"),
        (RawFrame(11, b"a"), b"\x8b\x01a"),
        (RawFrame(PING, b"xx", fin=False), b"\x09\x02xx"),
        (RawFrame(PING, b"x" * 126), b"\x89\x7e\x00\x7e" + b"x" * 126),
        (RawFrame(TEXT, b"ab", mask=b"\x01\x02\x03\x04"), b"\x81\x82\x01\x02\x03\x04``"),
    ],
)
def test_violations_are_byte_exact(said: RawFrame, expected: bytes) -> None:
    assert serialize(said) == expected


def test_bytes_stay_as_they_are() -> None:
    assert serialize(b"\x00\xff") == b"\x00\xff"
