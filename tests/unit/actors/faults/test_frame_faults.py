"""Frames that break the protocol, as they stand on the wire."""

from random import Random
from typing import Any

import pytest

from tests.helpers.faults import compile_faults
from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item
from websocket_mock.actors.values.effects import SendBinary, SendFragments, SendText
from websocket_mock.actors.values.frames import BINARY, CLOSE, PING, PONG, TEXT, RawFrame

HELLO = SendText(b"hello")
WHOLE = RawFrame(TEXT, b"hello")


def pieces(document: Any, item: Item = HELLO) -> tuple[RawFrame | bytes, ...]:
    (fault,) = compile_faults(document)
    assert isinstance(fault.behaviour, FrameFault)
    return fault.behaviour.frames(item, Random(1)).pieces


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("invalid_utf8", [RawFrame(TEXT, b"hello\xff")]),
        ({"reserved_bit": {"bit": 1}}, [RawFrame(TEXT, b"hello", reserved=4)]),
        ({"reserved_bit": {"bit": 2}}, [RawFrame(TEXT, b"hello", reserved=2)]),
        ({"reserved_bit": {"bit": 3}}, [RawFrame(TEXT, b"hello", reserved=1)]),
        ("reserved_opcode", [RawFrame(3, b"hello")]),
        ({"reserved_opcode": {"opcode": 15}}, [RawFrame(15, b"hello")]),
        ("oversized_control", [RawFrame(PING, b"x" * 126), WHOLE]),
        (
            {"oversized_control": {"opcode": "pong", "size": 200}},
            [RawFrame(PONG, b"x" * 200), WHOLE],
        ),
        (
            {"oversized_control": {"opcode": "close"}},
            [RawFrame(CLOSE, b"\x03\xe8" + b"x" * 124), WHOLE],
        ),
        ("fragmented_control", [RawFrame(PING, b"xx", fin=False), WHOLE]),
        (
            {"fragmented_control": {"opcode": "close"}},
            [RawFrame(CLOSE, b"\x03\xe8", fin=False), WHOLE],
        ),
        ({"raw": "hex:0102ff"}, [b"\x01\x02\xff"]),
        ({"raw": "base64:AAEC"}, [b"\x00\x01\x02"]),
    ],
)
def test_frames_are_those_of_the_kind(document: Any, expected: list[RawFrame | bytes]) -> None:
    assert list(pieces(document)) == expected


def test_masked_frame_has_a_mask_by_chance() -> None:
    (frame,) = pieces("masked")
    assert frame == RawFrame(TEXT, b"hello", mask=Random(1).randbytes(4))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (SendBinary(b"\x00"), RawFrame(BINARY, b"\x00", reserved=2)),
        (
            SendFragments(b"ab", is_text=True, fragments=2, compress=True),
            RawFrame(TEXT, b"ab", reserved=2),
        ),
        (
            SendFragments(b"ab", is_text=False, fragments=2, compress=True),
            RawFrame(BINARY, b"ab", reserved=2),
        ),
        (SendText(b""), RawFrame(TEXT, b"", reserved=2)),
    ],
)
def test_frame_has_the_opcode_and_all_of_its_message(item: Item, expected: RawFrame) -> None:
    assert pieces("reserved_bit", item) == (expected,)
