"""Bytes for one socket: sent at once if the socket takes them, and kept if it does not."""

import socket
from collections.abc import Sequence


class WriteBuffer:
    """The unsent bytes of one non-blocking socket. The reader's thread only."""

    __slots__ = ("_socket", "_unsent")

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._unsent = bytearray()

    def __len__(self) -> int:
        """Return how many bytes the socket has not taken yet."""
        return len(self._unsent)

    def write(self, pieces: Sequence[bytes]) -> bool:
        """Send the unsent bytes, then the pieces; return whether the socket took anything.

        Raises:
            OSError: the connection is lost.
        """
        if self._unsent:
            for piece in pieces:
                self._unsent += piece
            sent = self._send(self._unsent)
            del self._unsent[:sent]
            return sent > 0
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        sent = self._send(data)
        if sent < len(data):
            self._unsent += memoryview(data)[sent:]
        return sent > 0

    def keep(self, piece: bytes) -> None:
        """Keep a piece and send it with the next write."""
        self._unsent += piece

    def _send(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data) if data else 0
        except BlockingIOError:
            return 0
