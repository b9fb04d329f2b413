"""Bytes for one socket: sent at once if the socket takes them, and kept if it does not."""

import socket
from collections.abc import Sequence

LONG_BYTES = 16 * 1024
"""From this length on, a piece is not copied: neither to join it to others, nor to keep it."""

MAX_PIECES = 64
"""How many pieces are sent in one system call, which takes at most 1,024."""


class WriteBuffer:
    """The unsent bytes of one non-blocking socket. The reader's thread only."""

    __slots__ = ("_socket", "_unsent", "size")

    is_sealed = False
    """Whether it changes the bytes, so that nobody else may write to the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._unsent: list[bytes | bytearray | memoryview] = []
        self.size = 0
        """How many bytes the socket has not taken yet."""

    def write(self, pieces: Sequence[bytes]) -> bool:
        """Send the unsent bytes, then the pieces; return whether the socket took anything.

        Raises:
            OSError: the connection is lost.
        """
        if self._unsent or (len(pieces) > 1 and max(map(len, pieces)) >= LONG_BYTES):
            for piece in pieces:
                self._keep(piece)
            return self._send_unsent()
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self.keep_rest(data, sent)
        return sent > 0

    def keep_rest(self, data: bytes, sent: int) -> None:
        """Keep what the socket has not taken of the first bytes that it was given."""
        self._unsent.append(memoryview(data)[sent:])
        self.size = len(data) - sent

    def keep(self, piece: bytes) -> None:
        """Keep a piece and send it with the next write."""
        self._keep(piece)

    def _keep(self, piece: bytes) -> None:
        self.size += len(piece)
        if len(piece) >= LONG_BYTES:
            self._unsent.append(piece)
        elif self._unsent and isinstance(self._unsent[-1], bytearray):
            self._unsent[-1] += piece
        else:
            self._unsent.append(bytearray(piece))

    def _send_unsent(self) -> bool:
        try:
            sent = self._socket.sendmsg(self._unsent[:MAX_PIECES])
        except BlockingIOError:
            return False
        self.size -= sent
        self._discard(sent)
        return sent > 0

    def _discard(self, sent: int) -> None:
        whole = 0
        for piece in self._unsent:
            if len(piece) > sent:
                break
            sent -= len(piece)
            whole += 1
        del self._unsent[:whole]
        if sent:
            self._unsent[0] = memoryview(self._unsent[0])[sent:]
