"""Turns frames into bytes (RFC 6455 section 5.2): plain ones fast, and wrong ones as they are."""

import struct

from websocket_mock.actors.values.frames import RawFrame
from websocket_mock.transport.write_buffer import SharedFrame

try:
    # Not documented; tests/unit/test_library_internals.py fails when it changes.
    from websockets.speedups import apply_mask
except ImportError:  # where the library was installed without its C extension
    from websockets.utils import apply_mask

__all__ = ["FIN", "LATEST", "RSV1", "SHARED_BYTES", "apply_mask", "head", "serialize"]

FIN = 0b1000_0000
RSV1 = 0b0100_0000
_MASKED = 0b1000_0000
_MAX_TINY = 125
_MAX_SHORT = 0xFFFF


_TINY_HEADS = {
    first << 8 | length: bytes((first, length))
    for first in (0x81, 0x82)
    for length in range(_MAX_TINY + 1)
}
"""The heads of short text and binary messages: to look one up takes a third of making it."""


def head(first: int, length: int, *, masked: int = 0) -> bytes:
    """Return the head of a frame: its first byte, and the length of its payload in bytes.

    This takes a fifth of the time that the library needs to build a `Frame` and serialise it.
    """
    if length <= _MAX_TINY:
        length |= masked
        return _TINY_HEADS.get(first << 8 | length) or bytes((first, length))
    if length <= _MAX_SHORT:
        return struct.pack("!BBH", first, masked | 126, length)
    return struct.pack("!BBQ", first, masked | 127, length)


SHARED_BYTES = 512
"""From this length of the payload on, clients in a row that get one payload have one frame.

To look costs a message to a single client 0.1 to 0.5 µs, too much for a short one."""


class LatestFrame:
    """The frame that was made last. Any thread; without a lock.

    The next client of a broadcast has the same payload, and gets the same frame.
    """

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest: tuple[int, bytes, bytes] = (0, b"", b"")
        """The first byte of the frame, its payload, and the frame: replaced as a whole."""

    def make(self, first: int, payload: bytes) -> bytes:
        """Return a frame as bytes, whose payload is short enough to be copied into it.

        It is a `SharedFrame` from the second time on that one payload comes in a row.
        """
        latest_first, latest_payload, frame = self._latest
        if payload is not latest_payload or first != latest_first:
            frame = head(first, len(payload)) + payload
        elif isinstance(frame, SharedFrame):
            return frame
        else:
            frame = SharedFrame(frame)
        self._latest = (first, payload, frame)
        return frame


LATEST = LatestFrame()
"""For all connections: what several readers send at the same time is seldom one broadcast."""


def serialize(piece: RawFrame | bytes) -> bytes:
    """Return a frame as bytes, whether it is valid or not. Bytes are returned unchanged."""
    if isinstance(piece, bytes):
        return piece
    first = (FIN if piece.fin else 0) | piece.reserved << 4 | piece.opcode
    if piece.mask is None:
        return head(first, len(piece.payload)) + piece.payload
    masked = apply_mask(piece.payload, piece.mask)
    return head(first, len(piece.payload), masked=_MASKED) + piece.mask + masked
