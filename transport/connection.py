"""One connection: when its socket is read, what happens when it opens, and how it ends.

A connection lives on the thread of its reader, and nothing here blocks. What it sends is in
`transport.outbox` (frames) and `transport.outgoing` (bytes).
"""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from websockets.frames import CloseCode

from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.tls import TlsInfo
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.handshake import ServerHandshake
from websocket_mock.transport.handshake_driver import HandshakeDriver
from websocket_mock.transport.http.line import make_side
from websocket_mock.transport.keepalive import Keepalive
from websocket_mock.transport.outbox import ConnectionOutbox
from websocket_mock.transport.outgoing import Outgoing
from websocket_mock.transport.roles import Events, Host
from websocket_mock.transport.tls.stream import SealedWriteBuffer, TlsStream
from websocket_mock.transport.write_buffer import WriteBuffer

READ_BYTES = 4 * 1024
"""How many bytes are read from a socket before the others have their turn.

It bounds what a client that floods costs the others: 4 KiB are two hundred short messages, which
take 1 ms. Where messages are longer it is more, see `READ_MESSAGES`."""

READ_MESSAGES = 16
"""How many messages of the latest length are read at once, if that is more."""

LONG_READ_BYTES = 256 * 1024
"""The most that is read at once. A message of 1 MiB takes 5 reads."""

SLOW_CONSUMER = "slow consumer"
OVER_BUDGET = "slow consumer: the server has too many unsent bytes in all"
CLOSE_TIMEOUT = "no answer to the close frame"
ABORTED = "aborted"


class Connection:
    """A client's connection, from accept to the last byte. The reader's thread only.

    It owns its socket and closes it. Errors of the socket drop the connection and are not raised.

    Args:
        sock: an accepted, non-blocking socket.
        address: the peer's address, as `accept` returned it.
        host: the reader that runs the connection.
        events: is told what happens to the connection.
        config: the limits.
        is_over_limit: whether to refuse the connection with 503.
        stream: decrypts and encrypts the bytes; None: the connection is plain.
    """

    __slots__ = (
        "_config",
        "_end_timer",
        "_events",
        "_handshake",
        "_has_peer_ended",
        "_host",
        "_is_held",
        "_is_lost",
        "_is_open",
        "_keepalive",
        "_outgoing",
        "_stream",
        "address",
        "backlog",
        "client",
        "dispatcher",
        "flush",
        "is_paused",
        "outbox",
        "protocol",
        "socket",
        "watched",
    )

    def __init__(
        self,
        sock: socket.socket,
        address: tuple[Any, ...],
        host: Host,
        events: Events,
        config: TransportConfig,
        *,
        is_over_limit: bool,
        stream: TlsStream | None = None,
    ) -> None:
        self.socket = sock
        self.address = address
        self.dispatcher = host.dispatcher
        """Runs the connection's actor."""
        self.watched = 0
        """The events of the socket that the reader waits for. Only the reader sets it."""
        self.is_paused = False
        """Whether reading has stopped because too much is waiting."""
        self.backlog: Callable[[], int] = _nothing_waits
        """Returns how many messages wait for the actor. Whoever starts the actor sets it."""
        self.client: dict[str, Any] | None = None
        """What the listener knows of the client, from its start to its end."""
        make_plan = partial(events.plan_handshake, self)
        excess = "connections" if is_over_limit else host.budget.excess()
        handshake = ServerHandshake(
            config, events.answers_path, make_plan, excess, events.answers_http
        )
        self.protocol = handshake.protocol
        self._host = host
        self._events = events
        self._config = config
        self._is_open = False
        self._is_lost = False
        self._is_held = False
        self._has_peer_ended = False
        self._stream = stream
        unsent = WriteBuffer(sock) if stream is None else SealedWriteBuffer(sock, stream)
        request_flush = partial(host.flush_later, self)
        self._outgoing = Outgoing(unsent, sock, self.protocol, self, config, request_flush, self)
        self.flush = self._outgoing.flush
        """Write what was sent, as much of it as the socket takes."""
        self.outbox = ConnectionOutbox(self.protocol, self._outgoing, self)
        """Sends for the connection's actor."""
        self._keepalive: Keepalive | None = None
        self._end_timer: Timer | None = None
        make_http = partial(make_side, self, self._outgoing, events, config, excess)
        self._handshake: HandshakeDriver | None = HandshakeDriver(
            handshake, self, config.handshake_timeout, self, make_http
        )
        """Answers the handshake; None once the connection is open."""

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was agreed on, or None."""
        return self.protocol.subprotocol

    @property
    def tls(self) -> TlsInfo | None:
        """What the TLS handshake has agreed on; None: the connection is plain."""
        return None if self._stream is None else self._stream.info

    @property
    def is_mid_message(self) -> bool:
        """Whether the client is sending a message of which a part has arrived."""
        return self._is_open and not self._is_lost and self.protocol.is_mid_message

    # --- Timers -------------------------------------------------------------------------------

    def now(self) -> float:
        """Return seconds on the monotonic clock."""
        return self.dispatcher.clock.monotonic()

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run a callback after `delay` seconds. If it raises, this connection is dropped."""
        return self._host.call_later(self, delay, callback)

    # --- reading ------------------------------------------------------------------------------

    def on_ready(self, mask: int) -> None:
        """Read and write what the selector's mask allows."""
        if mask & EVENT_WRITE:
            self.flush()
            if self.socket.fileno() < 0:
                return
        if not mask & EVENT_READ:
            return
        data: bytes | memoryview
        wanted = READ_MESSAGES * self.protocol.whole.latest_length
        try:
            # Whoever sends a long message often sends more of them.
            if self._stream is not None:
                data = self._stream.receive(wanted, self._host.read_buffer)
            elif wanted <= READ_BYTES:
                data = self.socket.recv(READ_BYTES)
            else:
                long = self._host.read_buffer[:wanted]
                data = long[: self.socket.recv_into(long)]
        except BlockingIOError:
            return
        except OSError as error:
            self.drop(error.strerror or "connection lost")
            return
        if not data:
            self._on_eof()
            return
        self._outgoing.flush_later()
        if self._keepalive is not None:
            self._keepalive.heard_at = self._host.woke_at
            self.protocol.receive_data(data)
            self._hand_over()
        elif self._handshake is not None:
            self._handshake.receive(bytes(data))

    def _on_eof(self) -> None:
        self._has_peer_ended = True
        self.protocol.receive_eof()
        reason = "" if self._is_lost else "the client hung up without a close frame"
        self._report_loss(CloseCode.ABNORMAL_CLOSURE, reason, was_clean=False)
        # The actor runs later; its replies to what came before the end are still sent.
        self._outgoing.end(self._end_stream)
        self.expect_end()
        self.update_watch()
        self._outgoing.flush_later()

    def _hand_over(self) -> None:
        protocol = self.protocol
        inbound = protocol.take_inbound()
        if inbound and not self._is_lost:
            self._events.inbound_received(self, inbound)
            if protocol.peer_close is not None or protocol.violation is not None:
                self.expect_end()
        if self.backlog() > self._config.max_mailbox_messages:
            self.pause()

    def open(self, plan: HandshakePlan) -> None:
        """Begin the conversation; what came right after the request is its first part."""
        self._is_open = True
        # The request and its response took 3 KiB of each connection.
        self._handshake = None
        self._keepalive = Keepalive(self, self._config, self._is_waiting_for_peer, self)
        self._events.connection_opened(self, plan)
        self._hand_over()
        self._outgoing.flush_later()

    # --- when the socket is read --------------------------------------------------------------

    def hold_reading(self, *, is_held: bool) -> None:
        """Stop reading from the client, or start again."""
        self._is_held = is_held
        self._change_line()

    def freeze(self, *, is_frozen: bool) -> None:
        """Stop reading, writing and closing, or start again."""
        if is_frozen:
            self.flush()
        self._outgoing.is_frozen = is_frozen
        self._change_line()

    def _change_line(self) -> None:
        if self.socket.fileno() < 0:
            return
        self.update_watch()
        if self._keepalive is not None:
            # A client that is not read cannot show a sign of life.
            self._keepalive.suspend(is_suspended=self._is_held or self._outgoing.is_frozen)
        self._outgoing.flush_later()

    def pause(self) -> None:
        """Stop reading until at most half of each limit is waiting."""
        if not self.is_paused:
            self.is_paused = True
            self.update_watch()
            self._host.check_later(self)

    def resume(self) -> bool:
        """Read again if at most half of each limit is waiting; return False if it is more."""
        is_low = self._outgoing.is_low and self.backlog() * 2 <= self._config.max_mailbox_messages
        if self.socket.fileno() < 0:
            return True
        if is_low:
            self.is_paused = False
            self.update_watch()
        return is_low

    def update_watch(self) -> None:
        """Tell the reader which events of the socket it must wait for now."""
        if self._outgoing.is_frozen:
            self._host.watch(self, 0)
            return
        is_deaf = self.is_paused or self._is_held or self._has_peer_ended
        reading = 0 if is_deaf else EVENT_READ
        self._host.watch(self, reading | (EVENT_WRITE if self._outgoing.unsent.size else 0))

    # --- keepalive ----------------------------------------------------------------------------

    def _is_waiting_for_peer(self) -> bool:
        return self._is_open and not self._is_lost and self.protocol.is_open

    def heard(self) -> None:
        """Count this moment as a sign of life from the client."""
        if self._keepalive is not None:
            self._keepalive.heard_at = self.now()

    def ping(self, payload: bytes) -> bool:
        """Send a ping for the keepalive; return whether it was sent."""
        return self.outbox.ping(payload)

    # --- ending -------------------------------------------------------------------------------

    def go_away(self) -> None:
        """Close because the server stops: with 1001, or at once if no close frame can be sent."""
        if self._is_open and not self._is_lost and not self._outgoing.is_frozen:
            self.outbox.close(CloseCode.GOING_AWAY, "server shutting down")
        else:
            self.drop("server shutting down")

    def on_overflow(self) -> None:
        """Close the connection, because the client reads too slowly."""
        self.warn("client at {} reads too slowly, closing")
        self.give_up(CloseCode.TRY_AGAIN_LATER, SLOW_CONSUMER)

    def warn(self, text: str) -> None:
        """Log what is wrong with the client; `{}` in the text is its address."""
        self._host.client_log.problem(text, self.address)

    def note_unsent(self, size: int) -> None:
        """Count the bytes that are waiting now towards the budget of all connections."""
        self._host.budget.note(self, size)

    def relieve(self) -> None:
        """Close the connection, because all clients together have too many unsent bytes.

        Messages that have not begun to leave are discarded. If it is closing already, or no close
        frame can follow, the connection is dropped.
        """
        self._host.run_for(self, self._relieve)

    def _relieve(self) -> None:
        if not self._is_open or self._is_lost:
            self.drop(OVER_BUDGET)
            return
        self.warn("too many unsent bytes in all, closing the client at {}")
        self._host.budget.count_closed()
        may_follow = self.protocol.is_open and self._outgoing.discard()
        self.give_up(CloseCode.TRY_AGAIN_LATER, OVER_BUDGET)
        if not may_follow:
            self.drop(OVER_BUDGET)

    def give_up(self, code: int, reason: str) -> None:
        """Close with a code, and report the loss without waiting for the client's answer."""
        self.outbox.close(code, reason)
        self._report_loss(code, reason, was_clean=False)

    def abort(self, *, is_reset: bool) -> None:
        """End without a close frame, by FIN or by RST, after what was sent.

        Bytes that are paced, or that a full socket has not taken, still leave first. They have
        `close_timeout` seconds for that. TCP itself may lose what the peer has not received yet
        when RST comes.
        """
        self.flush()
        if self.socket.fileno() < 0:
            return
        finish = partial(self._finish_abort, is_reset=is_reset)
        self._outgoing.abort(finish)
        if self._outgoing.is_frozen or self._outgoing.is_empty:
            finish()
            return
        self._report_loss(CloseCode.ABNORMAL_CLOSURE, ABORTED, was_clean=False)
        self._end_later(finish)

    def _finish_abort(self, *, is_reset: bool) -> None:
        if is_reset:
            linger = struct.pack("ii", 1, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.drop(ABORTED)

    def drop(self, reason: str) -> None:
        """Close the socket now, in any state. Does nothing if it is closed already."""
        try:
            self._report_loss(CloseCode.ABNORMAL_CLOSURE, reason, was_clean=False)
        finally:
            self._close_socket()

    def expect_end(self) -> None:
        """Drop the connection if the peer does not hang up within `close_timeout`."""
        self._end_later(partial(self.drop, CLOSE_TIMEOUT))
        self._outgoing.flush_later()

    def on_end_of_stream(self) -> None:
        """Report the end, because the protocol core will send nothing more."""
        violation, close = self.protocol.violation, self.protocol.peer_close
        if violation is not None:
            self._report_loss(violation.code, violation.reason, was_clean=False)
        elif close is not None:
            self._report_loss(close.code, close.reason, was_clean=True)
        self._outgoing.end(self._end_stream)

    def _end_stream(self) -> None:
        if self._stream is not None:
            self._stream.shutdown()
        if self._has_peer_ended:
            self._close_socket()
            return
        # Our side is done. Now the peer hangs up, or the end timer does (RFC 6455 section 7.1.1).
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        self.update_watch()

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
        if self._handshake is not None:
            self._handshake.close()
        self._cancel_end_timer()
        self._outgoing.stop()
        if self._keepalive is not None:
            self._keepalive.stop()
        self._host.forget(self)
        self.socket.close()
        self._events.connection_ended()
        self._let_go()

    def _let_go(self) -> None:
        # Objects that hold each other wait for a garbage collection, which took a tenth of the
        # time of short connections. `_outgoing` has let go when it was stopped.
        self.outbox.let_go()
        self.protocol.let_go()
        self._handshake = self._keepalive = self._end_timer = None
        self.backlog = _nothing_waits


def _nothing_waits() -> int:
    return 0
