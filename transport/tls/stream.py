"""The encrypted bytes of one connection, whose handshake is done."""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from websocket_mock.actors.values.tls import TlsInfo
from websocket_mock.transport.tls.contexts import ServerSide
from websocket_mock.transport.write_buffer import WriteBuffer

RECORD_BYTES = 16 * 1024
"""The most bytes of one record (RFC 8446 section 5.1)."""

SHORT_BYTES = 4 * 1024
"""Up to this length, what was received is copied into bytes of its own."""

LEFT_BYTES = 2 * RECORD_BYTES
"""By how much what is decrypted may exceed what is read: a record that had arrived in part."""


class TlsStream:
    """Reads from a non-blocking socket and decrypts, and encrypts what is to be written.

    The reader's thread only; nothing blocks. OpenSSL gets the bytes in memory and never the socket,
    so that unsent bytes are counted like those of a plain connection.

    Args:
        sock: the connection's socket.
        side: the server's side, after its handshake.
        incoming: its encrypted bytes from the client.
        outgoing: its encrypted bytes for the client.
        info: what the handshake has agreed on.
        has_close_notify: whether to announce the end of the connection.
    """

    __slots__ = ("_has_close_notify", "_incoming", "_outgoing", "_side", "_socket", "info")

    def __init__(
        self,
        sock: socket.socket,
        side: ServerSide,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        info: TlsInfo,
        *,
        has_close_notify: bool,
    ) -> None:
        self.info = info
        self._socket = sock
        self._side = side
        self._incoming = incoming
        self._outgoing = outgoing
        self._has_close_notify = has_close_notify

    @property
    def has_input(self) -> bool:
        """Whether bytes of the client are here that came with its handshake."""
        return self._incoming.pending > 0 or self._side.pending() > 0

    def receive(self, wanted: int, buffer: memoryview) -> bytes | memoryview:
        """Return what the client has sent; empty if it has ended the stream.

        Args:
            wanted: how many encrypted bytes to read from the socket, as far as the buffer allows.
            buffer: the place for long results. The next read overwrites it.

        Raises:
            BlockingIOError: nothing has arrived, or only a part of a record.
            OSError: the connection is lost, or what arrived is no TLS.
        """
        if not self.has_input:
            room = len(buffer) - LEFT_BYTES
            data = self._socket.recv(min(max(wanted, RECORD_BYTES), room))
            if not data:
                return data
            self._incoming.write(data)
        size = 0
        try:
            while self.has_input:
                count = cast("int", self._side.read(len(buffer) - size, buffer[size:]))
                if not count:
                    # The client has announced the end. What comes after it is of no interest.
                    break
                size += count
        except ssl.SSLWantReadError:
            if not size:
                raise BlockingIOError from None
        return bytes(buffer[:size]) if size <= SHORT_BYTES else buffer[:size]

    def seal(self, pieces: Sequence[bytes]) -> bytes:
        """Return the encrypted form of bytes, with what TLS itself has to say before them.

        Raises:
            OSError: the client has ended the stream with an error.
        """
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if data:
            self._side.write(data)
        return self._outgoing.read()

    def shutdown(self) -> None:
        """Announce the end of the stream. Nothing may be sent after it."""
        if not self._has_close_notify:
            return
        with suppress(ssl.SSLError):
            # It does not wait for the client's own announcement, so it always raises.
            self._side.unwrap()
        with suppress(OSError):
            self._socket.send(self._outgoing.read())


class SealedWriteBuffer(WriteBuffer):
    """Bytes for one socket, which are encrypted first.

    Args:
        sock: the connection's socket.
        stream: encrypts.
    """

    __slots__ = ("_stream",)

    is_sealed = True

    def __init__(self, sock: socket.socket, stream: TlsStream) -> None:
        super().__init__(sock)
        self._stream = stream

    def write(self, pieces: Sequence[bytes]) -> bool:
        """Encrypt the pieces; send the unsent bytes, then those.

        Raises:
            OSError: the connection is lost.
        """
        return super().write((self._stream.seal(pieces),) if pieces else pieces)

    def keep(self, piece: bytes) -> None:
        """Encrypt a piece, and send it with the next write."""
        super().keep(self._stream.seal((piece,)))
