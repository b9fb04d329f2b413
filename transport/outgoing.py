"""The outgoing bytes of one connection, from the protocol core to the socket.

While the actors run, what they send collects in the protocol core. It leaves in one write when the
reader calls `flush`, or in pieces while it is paced.
"""

import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from websocket_mock.actors.values.frames import Pacing
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.ended import ENDED
from websocket_mock.transport.pacer import Pacer
from websocket_mock.transport.protocol import ConnectionProtocol
from websocket_mock.transport.roles import Timers
from websocket_mock.transport.write_buffer import WriteBuffer

FLUSH_BYTES = 256 * 1024
"""How much is sent at most before it is written, even while the actors run. So the bytes that no
socket has taken are counted while a broadcast of long messages goes from client to client."""


class Sending(Protocol):
    """The connection that the bytes belong to."""

    is_paused: bool
    """Whether reading has stopped because too much is waiting."""

    def heard(self) -> None:
        """Count this moment as a sign of life from the client."""

    def pause(self) -> None:
        """Stop reading until less is waiting."""

    def update_watch(self) -> None:
        """Tell the reader which events of the socket it must wait for now."""

    def note_unsent(self, size: int) -> None:
        """Count the bytes that are waiting now towards the budget of all connections."""

    def on_overflow(self) -> None:
        """Close the connection, because the client reads too slowly."""

    def on_end_of_stream(self) -> None:
        """Report the end, because the protocol core will send nothing more."""

    def drop(self, reason: str) -> None:
        """Close the socket now."""


class Outgoing:
    """The unsent bytes of one connection, and the limits on them. The reader's thread only.

    Nothing here blocks. Errors of the socket drop the connection and are not raised.

    Args:
        unsent: writes to the connection's socket, and keeps what that has not taken.
        sock: that socket.
        protocol: collects what is sent.
        timers: the timers of the connection.
        config: the limits.
        request_flush: asks the reader to call `flush` once the actors have run.
        connection: is told what happens to the bytes.
    """

    __slots__ = (
        "_connection",
        "_flush_at",
        "_has_stopped",
        "_is_aborting",
        "_is_flush_due",
        "_is_sealed",
        "_is_watch_due",
        "_max_bytes",
        "_noted",
        "_pacer",
        "_pacing",
        "_pause_bytes",
        "_protocol",
        "_queued",
        "_request_flush",
        "_socket",
        "_timers",
        "_when_empty",
        "is_frozen",
        "unsent",
    )

    def __init__(
        self,
        unsent: WriteBuffer,
        sock: socket.socket,
        protocol: ConnectionProtocol,
        timers: Timers,
        config: TransportConfig,
        request_flush: Callable[[], object],
        connection: Sending,
    ) -> None:
        self.unsent = unsent
        """The bytes that the socket has not taken yet."""
        self.is_frozen = False
        """Whether the line is dead: nothing is written, and nothing more may be sent."""
        self._socket = sock
        self._protocol = protocol
        self._max_bytes = config.max_outbox_bytes
        self._pause_bytes = config.outbox_pause_bytes
        self._request_flush = request_flush
        self._connection: Sending = connection
        self._timers = timers
        self._queued = 0
        """Bytes that are waiting: the payloads since the last flush, and what that flush left."""
        self._noted = 0
        """How many bytes of them the budget counts: those that the last flush left."""
        self._flush_at = min(self._max_bytes, FLUSH_BYTES)
        """Beyond so many waiting bytes a message is written before the actors have run."""
        self._pacer: Pacer | None = None
        self._pacing: Pacing | None = None
        self._is_flush_due = False
        self._is_watch_due = False
        """Whether the next flush must update the watch even if it leaves nothing.

        It is set whenever the socket has not taken all bytes."""
        self._is_aborting = False
        self._is_sealed = unsent.is_sealed
        self._has_stopped = False
        self._when_empty: Callable[[], object] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is waiting."""
        return not self._queued

    @property
    def is_low(self) -> bool:
        """Whether at most half of `outbox_pause_bytes` is waiting."""
        return self._queued * 2 <= self._pause_bytes

    def reserve(self, size: int) -> bool:
        """Make room for a payload of `size` bytes; return whether it may be sent.

        Closes the connection if even a flush does not make enough room.
        """
        if not self._protocol.is_open or self.is_frozen or self._is_aborting:
            return False
        self._queued += size
        if self._queued > self._flush_at and not self._make_room(size):
            return False
        self.flush_later()
        return True

    def _make_room(self, size: int) -> bool:
        """Write what waits before a payload; return False if the payload may not be sent."""
        if self._pacing is None or self._queued > self._max_bytes:
            self.flush()
            if self._queued > self._max_bytes:
                self._connection.on_overflow()
                return False
            self._queued += size
        # The flush may have closed this connection because of the budget.
        return self._protocol.is_open

    def flush_long(self) -> None:
        """Write a long message now, unless it is to be paced."""
        if self._pacing is None:
            self.flush()

    def discard(self) -> bool:
        """Discard the messages that have not begun to leave; return whether a frame may follow."""
        # Encrypted records cannot be left out of a stream.
        if self.is_frozen or self._is_sealed or (self._pacer is not None and self._pacer.size):
            return False
        self._protocol.data_to_send()
        self.unsent.discard_frames()
        self._queued = self.unsent.size
        self._note()
        return True

    def pace(self, pacing: Pacing | None) -> None:
        """Cut what is sent from now on into pieces. None stops that again."""
        if self._socket.fileno() < 0:
            return
        if self._pacer is None:
            self._pacer = Pacer(self._timers, self._write_piece)
        if self._pacing is None:
            self.flush()
        else:
            data = b"".join(self._take_pieces())
            self._pacer.add(self._pacing.cut(data), self._pacing.interval)
        self._pacing = pacing

    def end(self, when_empty: Callable[[], object]) -> None:
        """Call `when_empty` once all bytes have left. An abort takes its place."""
        if not self._is_aborting:
            self._when_empty = when_empty

    def abort(self, when_empty: Callable[[], object]) -> None:
        """Refuse to send more, and call `when_empty` once all bytes have left."""
        self._is_aborting = True
        self._when_empty = when_empty

    def stop(self) -> None:
        """Discard the pieces that wait for their time, and let the connection go."""
        if self._pacer is not None:
            self._pacer.stop()
            self._pacer = None
        self._has_stopped = True
        self.unsent.clear()
        self._queued = 0
        self._note()
        self._connection = ENDED
        self._request_flush = ENDED.request_flush
        self._when_empty = None
        del self._timers

    def flush_later(self) -> None:
        """Ask for a `flush` once the actors have run. Asking again before it comes does nothing."""
        if not self._is_flush_due:
            self._is_flush_due = True
            self._request_flush()

    def flush(self) -> None:
        """Write what was sent, as much of it as the socket takes."""
        self._is_flush_due = False
        if self._has_stopped or self.is_frozen:
            return
        writes, connection = self._protocol.writes, self._connection
        is_busy = self._pacer or self._when_empty or self._is_watch_due or connection.is_paused
        is_busy = is_busy or self._is_sealed
        # Nearly always one piece is all there is; the longer way takes twice the time.
        if is_busy or len(writes) != 1 or not writes[0]:
            self._flush_all()
            return
        data = writes.pop()
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            connection.drop(error.strerror or "connection lost")
            return
        if sent < len(data):
            self.unsent.keep_rest(data, sent)
            self._flush_all()
        else:
            self._queued = 0

    def _flush_all(self) -> None:
        pieces, unsent, pacer = self._take_pieces(), self.unsent, self._pacer
        if pieces and pacer is not None and pacer.size:
            pacer.add((b"".join(pieces),), 0.0)
        elif (pieces or unsent.size) and not self._write(pieces):
            return
        self._queued = unsent.size if pacer is None else unsent.size + pacer.size
        self._note()
        if self._when_empty is not None and not self._queued:
            when_empty, self._when_empty = self._when_empty, None
            when_empty()
            return
        if self._queued > self._pause_bytes:
            self._connection.pause()
        if unsent.size or self._is_watch_due:
            self._is_watch_due = unsent.size > 0
            self._connection.update_watch()

    def _note(self) -> None:
        if self._queued != self._noted:
            self._noted = self._queued
            self._flush_at = min(self._max_bytes, self._queued + FLUSH_BYTES)
            self._connection.note_unsent(self._queued)

    def _take_pieces(self) -> list[bytes]:
        pieces = self._protocol.data_to_send()
        if pieces and not pieces[-1]:
            pieces.pop()
            self._connection.on_end_of_stream()
        return pieces

    def _write(self, pieces: Sequence[bytes]) -> bool:
        """Write; return False if the connection turns out to be lost."""
        try:
            if self.unsent.write(pieces) and self._connection.is_paused:
                self._connection.heard()
        except OSError as error:
            self._connection.drop(error.strerror or "connection lost")
            return False
        return True

    def _write_piece(self, piece: bytes) -> None:
        self._is_watch_due = True
        if self.is_frozen:
            self.unsent.keep(piece)
        elif self._write((piece,)):
            # This is slow on purpose: the client cannot answer before it has the last piece.
            self._connection.heard()
            self.flush_later()
