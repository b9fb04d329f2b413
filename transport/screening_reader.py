"""Shows the payload of a frame to a check while the frame is still arriving.

It extends the reader of `websockets`, which is not documented. When the library changes it,
`tests/unit/test_library_internals.py` fails.
"""

from collections.abc import Callable, Generator

from websockets.streams import StreamReader

_LENGTH = 0b0111_1111
_LONG_LENGTHS = (126, 127)


class ScreeningReader(StreamReader):
    """A stream reader that shows the payload of a frame before it is complete.

    Args:
        screen: called with the first byte of the frame, the length of its payload, its mask, and
            the part of its payload that has arrived.
    """

    def __init__(self, screen: Callable[[int, int, bytes, bytearray], None]) -> None:
        super().__init__()
        self._screen = screen
        self._pieces: list[bytearray] = []

    def at_eof(self) -> Generator[None, None, bool]:
        """Tell whether the stream has ended. The parser asks before each frame."""
        self._pieces = []
        return super().at_eof()

    @property
    def is_between_frames(self) -> bool:
        """Whether no part of the next frame has arrived."""
        return not self._pieces and not self.buffer

    def read_exact(self, n: int) -> Generator[None, None, bytearray]:
        """Read `n` bytes. The parser reads header, long length, mask and payload one by one."""
        buffer = self.buffer
        if len(buffer) < n:
            yield from self._wait_for(n)
        piece = buffer[:n]
        del buffer[:n]
        self._pieces.append(piece)
        return piece

    def _wait_for(self, n: int) -> Generator[None]:
        pieces = self._pieces
        has_long_length = pieces and pieces[0][1] & _LENGTH in _LONG_LENGTHS
        is_payload = len(pieces) == (3 if has_long_length else 2)
        while len(self.buffer) < n:
            if self.eof:
                raise EOFError(f"stream ends after {len(self.buffer)} bytes, expected {n} bytes")
            if is_payload:
                self._screen(pieces[0][0], n, bytes(pieces[-1]), self.buffer)
            yield
