"""Bytes for one socket: sent at once if the socket takes them, and kept if it does not.

What is kept is long when many clients do not read a broadcast. So a frame that many clients get is
one object that waits in all their buffers, and only short pieces of a single client are joined.
"""

import socket
from collections.abc import Sequence

LONG_BYTES = 16 * 1024
"""From this length on, a piece is not copied to join it to others before it is sent."""

KEPT_BYTES = 1024
"""From this length on, a piece is not copied to keep it.

A shorter one is joined to its neighbours, because an object for it takes 50 bytes more."""

JOINED_BYTES = 64 * 1024
"""How long joined pieces become. All of them stay in memory until the last one has left."""

MAX_PIECES = 64
"""How many pieces are sent in one system call, which takes at most 1,024."""


class SharedFrame(bytes):
    """A whole frame that waits in the buffers of several clients, so that no buffer copies it."""

    __slots__ = ()


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
        if len(piece) >= KEPT_BYTES or isinstance(piece, SharedFrame):
            self._unsent.append(piece)
            return
        last = self._unsent[-1] if self._unsent else None
        if isinstance(last, bytearray) and len(last) < JOINED_BYTES:
            last += piece
        else:
            self._unsent.append(bytearray(piece))

    def discard_frames(self) -> None:
        """Discard the frames that have not begun to leave, as far as it is known where they begin.

        What follows is at the beginning of a frame, unless something else than frames was sent.
        """
        unsent = self._unsent
        for number in range(1, len(unsent)):
            if _begins_a_frame(unsent[number]):
                self.size -= sum(map(len, unsent[number:]))
                del unsent[number:]
                return

    def clear(self) -> None:
        """Discard everything."""
        self._unsent.clear()
        self.size = 0

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


def _begins_a_frame(piece: bytes | bytearray | memoryview) -> bool:
    # Any other may be a long payload, and its head the end of the piece before it.
    return isinstance(piece, (bytearray, SharedFrame)) or len(piece) < LONG_BYTES
