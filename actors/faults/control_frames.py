"""Control frames of any size, for the faults that send them."""

from typing import Literal

from websocket_mock.actors.values.frames import CLOSE, PING, PONG, RawFrame

ControlOpcode = Literal["ping", "pong", "close"]

CLOSE_CODE = b"\x03\xe8"
"""The code 1000, as the beginning of a close frame."""

_OPCODES = {"ping": PING, "pong": PONG, "close": CLOSE}


def control_frame(opcode: ControlOpcode, size: int) -> RawFrame:
    """Return a control frame with `size` payload bytes; at least 2."""
    head = CLOSE_CODE if opcode == "close" else b""
    return RawFrame(_OPCODES[opcode], head + b"x" * (size - len(head)))
