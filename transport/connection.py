"""One connection: its socket, its protocol core, its limits, and the outbox of its actor.

Confined to the thread of its reader. Nothing here blocks. What is sent is collected while the
actors run and leaves in one write when the reader calls `flush`.
"""

import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from loguru import logger
from websockets.frames import CloseCode, Opcode
from websockets.protocol import State

from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.frames import Pacing, RawFrame
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.framing import serialize
from websocket_mock.transport.handshake import ServerHandshake
from websocket_mock.transport.handshake_driver import HandshakeDriver
from websocket_mock.transport.keepalive import Keepalive
from websocket_mock.transport.pacer import Pacer
from websocket_mock.transport.roles import Events, Host
from websocket_mock.transport.write_buffer import WriteBuffer

SLOW_CONSUMER = "slow consumer"
CLOSE_TIMEOUT = "no answer to the close frame"
ABORTED = "aborted"


class Connection:
    """A client's connection from accept to the last byte; also the `Outbox` of its actor.

    Args:
        sock: accepted, non-blocking.
        address: as `accept` returned it.
        host: the reader that runs it.
        events: where it reports.
        config: limits.
        is_over_limit: refuse it with 503.
    """

    def __init__(
        self,
        sock: socket.socket,
        address: tuple[Any, ...],
        host: Host,
        events: Events,
        config: TransportConfig,
        *,
        is_over_limit: bool,
    ) -> None:
        self.socket = sock
        self.address = address
        self.dispatcher = host.dispatcher
        """What its actor has to run on."""
        self.watched = 0
        """The socket's events the reader waits for; the reader's own note."""
        self.backlog: Callable[[], int] = lambda: 0
        """How many messages wait for the actor; set by whoever starts it."""
        make_plan = partial(events.plan_handshake, self)
        handshake = ServerHandshake(config, events.answers_path, make_plan, is_full=is_over_limit)
        self.protocol = handshake.protocol
        self._host = host
        self._events = events
        self._config = config
        self._buffer = WriteBuffer(sock)
        self._queued = 0
        self._is_open = False
        self._is_lost = False
        self._is_paused = False
        self._is_flush_due = False
        self._is_half_closed = False
        self._is_held = False
        self._has_peer_ended = False
        self._is_frozen = False
        self._pacing: Pacing | None = None
        self._is_aborting = False
        """Whether the connection ends, without a close frame, once all has left."""
        self._ends_with_reset = False
        self._pacer = Pacer(self, self._write_piece)
        self._keepalive: Keepalive | None = None
        self._end_timer: Timer | None = None
        self._handshake = HandshakeDriver(handshake, self, config.handshake_timeout, self)

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was chosen, or None."""
        return self.protocol.subprotocol

    # --- Timers -------------------------------------------------------------------------------

    def now(self) -> float:
        """Return seconds on the monotonic clock."""
        return self.dispatcher.clock.monotonic()

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run a callback after some seconds; if it raises, this connection is dropped."""
        return self._host.call_later(self, delay, callback)

    # --- reading ------------------------------------------------------------------------------

    def on_ready(self, mask: int) -> None:
        """Read or write, as the selector says."""
        if mask & EVENT_WRITE:
            self.flush()
        if mask & EVENT_READ and self.socket.fileno() >= 0:
            self._read()

    def _read(self) -> None:
        try:
            size = self.socket.recv_into(self._host.read_buffer)
        except BlockingIOError:
            return
        except OSError as error:
            self.drop(error.strerror or "connection lost")
            return
        data = bytes(self._host.read_buffer[:size])
        if not data:
            self._on_eof()
        elif self._is_open:
            self._keepalive_heard()
            self.protocol.receive_data(data)
            self._hand_over()
        else:
            self._handshake.receive(data)
            self._flush_later()

    def _on_eof(self) -> None:
        self._has_peer_ended = True
        self.protocol.receive_eof()
        reason = "" if self._is_lost else "the client hung up without a close frame"
        self._report_loss(CloseCode.ABNORMAL_CLOSURE, reason, was_clean=False)
        # Replies to what came before are sent when the actor has run; see `flush`.
        self._is_half_closed = True
        self.expect_end()
        self._host.watch(self, 0)
        self._flush_later()

    def _hand_over(self) -> None:
        inbound = self.protocol.take_inbound()
        if inbound and not self._is_lost:
            self._events.inbound_received(self, inbound)
            if self.protocol.peer_close is not None or self.protocol.violation is not None:
                self.expect_end()
        if self.backlog() > self._config.max_mailbox_messages:
            self._pause()
        self._flush_later()

    def open(self, plan: HandshakePlan) -> None:
        """Go on as an open connection; what came behind the request counts already."""
        self._is_open = True
        self._keepalive = Keepalive(self, self._config, self._is_waiting_for_peer, self)
        self._events.connection_opened(self, plan)
        self._hand_over()

    # --- Outbox -------------------------------------------------------------------------------

    def send_text(self, payload: bytes) -> bool:
        """Send one text message, given as UTF-8."""
        may_send = self._may_send(len(payload))
        if may_send:
            self.protocol.send_message(Opcode.TEXT, payload)
        return may_send

    def send_binary(self, payload: bytes) -> bool:
        """Send one binary message."""
        may_send = self._may_send(len(payload))
        if may_send:
            self.protocol.send_message(Opcode.BINARY, payload)
        return may_send

    def send_fragments(
        self, payload: bytes, *, is_text: bool, fragments: int, compress: bool
    ) -> bool:
        """Send a message in several frames, or without the compression that was negotiated."""
        may_send = self._may_send(len(payload))
        if may_send:
            opcode = Opcode.TEXT if is_text else Opcode.BINARY
            self.protocol.send_fragments(opcode, payload, fragments, compress=compress)
        return may_send

    def ping(self, payload: bytes) -> bool:
        """Send a ping."""
        may_send = self._may_send(len(payload))
        if may_send:
            self.protocol.send_ping(payload)
        return may_send

    def pong(self, payload: bytes) -> bool:
        """Send a pong."""
        may_send = self._may_send(len(payload))
        if may_send:
            self.protocol.send_pong(payload)
        return may_send

    def send_raw(self, pieces: Sequence[RawFrame | bytes]) -> bool:
        """Write frames, or plain bytes, that nothing checks."""
        data = b"".join(map(serialize, pieces))
        may_send = self._may_send(len(data))
        if may_send:
            self.protocol.send_bytes(data)
        return may_send

    def pace(self, pacing: Pacing | None) -> None:
        """Cut what is sent from here on into pieces, up to the next call; None: no longer."""
        if self.socket.fileno() < 0:
            return
        if self._pacing is None:
            self.flush()
        else:
            data = b"".join(self._take_pieces())
            self._pacer.add(self._pacing.cut(data), self._pacing.interval)
        self._pacing = pacing

    def hold_reading(self, *, is_held: bool) -> None:
        """Read nothing from the client, or read again."""
        self._is_held = is_held
        self._change_line()

    def freeze(self, *, is_frozen: bool) -> None:
        """Neither read nor write nor close, or come alive again."""
        if is_frozen:
            self.flush()
        self._is_frozen = is_frozen
        self._change_line()

    def _change_line(self) -> None:
        if self.socket.fileno() < 0:
            return
        self._watch()
        if self._keepalive is not None:
            # What is not read cannot be heard.
            self._keepalive.suspend(is_suspended=self._is_held or self._is_frozen)
        self._flush_later()

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake, or answer the peer where it has begun it."""
        if self._is_open and self.protocol.state is State.OPEN and not self._is_frozen:
            if self.protocol.peer_close is None:
                self.protocol.send_close(code, reason)
            else:
                self.protocol.answer_close()
            self.expect_end()
            self._flush_later()

    def answer_close(self) -> None:
        """Answer the peer's close frame, then end the stream."""
        if not self._is_frozen:
            self.protocol.answer_close()
            self._flush_later()

    def abort(self, *, is_reset: bool) -> None:
        """End without a close frame, by FIN or by RST, behind what was sent.

        What the pacer or a full socket holds up leaves first, at its pace, for `close_timeout`
        seconds at most. TCP itself may lose what the peer has not received when RST comes.
        """
        self.flush()
        if self.socket.fileno() < 0:
            return
        self._is_aborting, self._ends_with_reset = True, is_reset
        if self._is_frozen or not self._queued:
            self._finish_abort()
            return
        self._report_loss(CloseCode.ABNORMAL_CLOSURE, ABORTED, was_clean=False)
        self._end_later(self._finish_abort)

    def _finish_abort(self) -> None:
        if self._ends_with_reset:
            linger = struct.pack("ii", 1, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.drop(ABORTED)

    def fail(self) -> None:
        """Fail the connection for the violation that was reported."""
        if not self._is_frozen:
            self.protocol.complete_failure()
            self._flush_later()

    def _may_send(self, size: int) -> bool:
        if self.protocol.state is not State.OPEN or self._is_frozen or self._is_aborting:
            return False
        self._queued += size
        if self._queued > self._config.max_outbox_bytes:
            self.flush()
            if self._queued > self._config.max_outbox_bytes:
                logger.warning("client at {} reads too slowly, closing", self.address)
                self.give_up(CloseCode.TRY_AGAIN_LATER, SLOW_CONSUMER)
                return False
        self._flush_later()
        return True

    # --- writing ------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what was collected, as far as the socket takes it."""
        self._is_flush_due = False
        if self.socket.fileno() < 0 or self._is_frozen:
            return
        pieces = self._take_pieces()
        if pieces and self._pacer:
            self._pacer.add((b"".join(pieces),), 0.0)
        elif (pieces or self._buffer) and not self._write(pieces):
            return
        self._queued = len(self._buffer) + len(self._pacer)
        if self._is_aborting and not self._queued:
            self._finish_abort()
            return
        if self._is_half_closed and not self._queued:
            self._finish()
            return
        if self._queued > self._config.outbox_pause_bytes:
            self._pause()
        self._watch()

    def _take_pieces(self) -> list[bytes]:
        pieces = self.protocol.data_to_send()
        if pieces and not pieces[-1]:
            pieces.pop()
            self._end_stream()
        return pieces

    def _write(self, pieces: Sequence[bytes]) -> bool:
        """Write; return False where that has shown that the connection is lost."""
        try:
            if self._buffer.write(pieces) and self._is_paused:
                self._keepalive_heard()
        except OSError as error:
            self.drop(error.strerror or "connection lost")
            return False
        return True

    def _write_piece(self, piece: bytes) -> None:
        if self._is_frozen:
            self._buffer.keep(piece)
        elif self._write((piece,)):
            # Slow on purpose: until the last piece has gone nothing can have been answered.
            self._keepalive_heard()
            self._flush_later()

    def _end_stream(self) -> None:
        violation, close = self.protocol.violation, self.protocol.peer_close
        if violation is not None:
            self._report_loss(violation.code, violation.reason, was_clean=False)
        elif close is not None:
            self._report_loss(close.code, close.reason, was_clean=True)
        self._is_half_closed = True

    def _finish(self) -> None:
        if self._has_peer_ended:
            self._close_socket()
            return
        # Our side is done; the peer hangs up, or the timer does (RFC 6455 section 7.1.1).
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        self._is_half_closed = False
        self._watch()

    def _flush_later(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            self._host.flush_later(self)

    def _watch(self) -> None:
        if self._is_frozen:
            self._host.watch(self, 0)
            return
        is_deaf = self._is_paused or self._is_held or self._has_peer_ended
        reading = 0 if is_deaf else EVENT_READ
        self._host.watch(self, reading | (EVENT_WRITE if self._buffer else 0))

    # --- backpressure -------------------------------------------------------------------------

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._watch()
            self._host.check_later(self)

    def resume(self) -> bool:
        """Read again once the backlogs are down to half; return whether it does."""
        is_low = (
            self._queued * 2 <= self._config.outbox_pause_bytes
            and self.backlog() * 2 <= self._config.max_mailbox_messages
        )
        if self.socket.fileno() < 0:
            return True
        if is_low:
            self._is_paused = False
            self._watch()
        return is_low

    def _is_waiting_for_peer(self) -> bool:
        return self._is_open and not self._is_lost and self.protocol.state is State.OPEN

    def _keepalive_heard(self) -> None:
        if self._keepalive is not None:
            self._keepalive.heard()

    # --- ending -------------------------------------------------------------------------------

    def go_away(self) -> None:
        """Close because the server stops: 1001, or at once where nobody waits for a close frame."""
        if self._is_open and not self._is_lost and not self._is_frozen:
            self.close(CloseCode.GOING_AWAY, "server shutting down")
        else:
            self.drop("server shutting down")

    def give_up(self, code: int, reason: str) -> None:
        """Close on a client that does not keep up, without waiting for its answer."""
        self.close(code, reason)
        self._report_loss(code, reason, was_clean=False)

    def drop(self, reason: str) -> None:
        """Close the socket now, whatever state it is in."""
        try:
            self._report_loss(CloseCode.ABNORMAL_CLOSURE, reason, was_clean=False)
        finally:
            self._close_socket()

    def expect_end(self) -> None:
        """Wait for the peer to hang up, for as long as the limits say."""
        self._end_later(partial(self.drop, CLOSE_TIMEOUT))
        self._flush_later()

    def _end_later(self, end: Callable[[], None]) -> None:
        self._cancel_end_timer()
        self._end_timer = self.call_later(self._config.close_timeout, end)

    def _cancel_end_timer(self) -> None:
        if self._end_timer is not None:
            self._end_timer.cancel()

    def _report_loss(self, code: int, reason: str, *, was_clean: bool) -> None:
        if self._is_open and not self._is_lost:
            self._is_lost = True
            self._events.connection_lost(self, code, reason, was_clean=was_clean)

    def _close_socket(self) -> None:
        if self.socket.fileno() < 0:
            return
        self._handshake.close()
        self._cancel_end_timer()
        self._pacer.stop()
        if self._keepalive is not None:
            self._keepalive.stop()
        self._host.forget(self)
        self.socket.close()
        self._events.connection_ended()
