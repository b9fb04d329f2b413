"""Faults in frames: a message and a fault in, the frames on the wire out (RFC 6455 section 5)."""

from collections.abc import Mapping
from random import Random

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.parcels import Item, is_text, payload_of
from websocket_mock.actors.matching.units import parse_bytes
from websocket_mock.actors.values.effects import SendRaw
from websocket_mock.actors.values.frames import BINARY, CLOSE, PING, PONG, TEXT, RawFrame

NOT_UTF8 = b"\xff"
"""A byte that stands in no UTF-8 text (RFC 3629 section 3)."""

CLOSE_CODE = b"\x03\xe8"
"""1000, as a close frame begins with it."""

_CONTROL = {"ping": PING, "pong": PONG, "close": CLOSE}
_RESERVED: Mapping[int, int] = {1: 4, 2: 2, 3: 1}


def violate(fault: CompiledFault, item: Item, random: Random) -> SendRaw:
    """Return what goes out instead of a data message, as one whole and uncompressed.

    A control frame that is wrong comes before the message, which is then as it should be.
    """
    payload = payload_of(item) or b""
    opcode = TEXT if is_text(item) else BINARY
    wanted = fault.parameters
    match fault.kind:
        case "invalid_utf8":
            return SendRaw((RawFrame(TEXT, payload + NOT_UTF8),))
        case "reserved_bit":
            return SendRaw((RawFrame(opcode, payload, reserved=_RESERVED[wanted.bit]),))
        case "reserved_opcode":
            return SendRaw((RawFrame(wanted.opcode, payload),))
        case "masked":
            return SendRaw((RawFrame(opcode, payload, mask=random.randbytes(4)),))
        case "oversized_control":
            control = RawFrame(_CONTROL[wanted.opcode], _filled(wanted.opcode, wanted.size))
            return SendRaw((control, RawFrame(opcode, payload)))
        case "fragmented_control":
            control = RawFrame(_CONTROL[wanted.opcode], _filled(wanted.opcode, 2), fin=False)
            return SendRaw((control, RawFrame(opcode, payload)))
        case _:
            return SendRaw((parse_bytes(wanted),))


def _filled(opcode: str, size: int) -> bytes:
    head = CLOSE_CODE if opcode == "close" else b""
    return head + b"x" * (size - len(head))
