"""What a client actor sends with: its calls become frames, or change how the line behaves."""

from collections.abc import Sequence
from typing import Protocol

from websockets.frames import Opcode

from websocket_mock.actors.values.frames import Pacing, RawFrame
from websocket_mock.transport.ended import ENDED
from websocket_mock.transport.framing import serialize
from websocket_mock.transport.outgoing import FLUSH_BYTES, Outgoing
from websocket_mock.transport.protocol import ConnectionProtocol


class Line(Protocol):
    """The connection that the outbox belongs to."""

    def hold_reading(self, *, is_held: bool) -> None:
        """Stop reading from the client, or start again."""

    def freeze(self, *, is_frozen: bool) -> None:
        """Stop reading, writing and closing, or start again."""

    def abort(self, *, is_reset: bool) -> None:
        """End without a close frame, by FIN or by RST, after what was sent."""

    def expect_end(self) -> None:
        """Drop the connection if the peer does not hang up within `close_timeout`."""


class ConnectionOutbox:
    """The `Outbox` of one connection's actor. The reader's thread only; nothing blocks.

    See `actors.values.ports.Outbox` for what each method promises.

    Args:
        protocol: makes the frames.
        outgoing: sends the bytes.
        line: the connection, for what is neither frames nor bytes.
    """

    __slots__ = ("_line", "_outgoing", "_protocol", "has_started_close")

    def __init__(self, protocol: ConnectionProtocol, outgoing: Outgoing, line: Line) -> None:
        self._protocol = protocol
        self._outgoing = outgoing
        self._line: Line = line
        self.has_started_close = False

    # --- messages and frames ------------------------------------------------------------------

    def send_text(self, payload: bytes) -> bool:
        """Send one text message, encoded as UTF-8."""
        size = len(payload)
        may_send = self._outgoing.reserve(size)
        if may_send:
            self._protocol.send_text_message(payload)
            if size >= FLUSH_BYTES:
                self._outgoing.flush_long()
        return may_send

    def send_binary(self, payload: bytes) -> bool:
        """Send one binary message."""
        size = len(payload)
        may_send = self._outgoing.reserve(size)
        if may_send:
            self._protocol.send_message(Opcode.BINARY, payload)
            if size >= FLUSH_BYTES:
                self._outgoing.flush_long()
        return may_send

    def send_fragments(
        self, payload: bytes, *, is_text: bool, fragments: int, compress: bool
    ) -> bool:
        """Send a message in several frames, or without the compression that was agreed on."""
        may_send = self._outgoing.reserve(len(payload))
        if may_send:
            opcode = Opcode.TEXT if is_text else Opcode.BINARY
            self._protocol.send_fragments(opcode, payload, fragments, compress=compress)
        return may_send

    def ping(self, payload: bytes) -> bool:
        """Send a ping."""
        may_send = self._outgoing.reserve(len(payload))
        if may_send:
            self._protocol.send_ping(payload)
        return may_send

    def pong(self, payload: bytes) -> bool:
        """Send a pong."""
        may_send = self._outgoing.reserve(len(payload))
        if may_send:
            self._protocol.send_pong(payload)
        return may_send

    def send_raw(self, pieces: Sequence[RawFrame | bytes]) -> bool:
        """Send frames or plain bytes without any check."""
        data = b"".join(map(serialize, pieces))
        may_send = self._outgoing.reserve(len(data))
        if may_send:
            self._protocol.send_bytes(data)
        return may_send

    def hand_over(self) -> Sequence[tuple[bytes, bool]]:
        """Return nothing: what was sent is on its way."""
        return ()

    # --- closing ------------------------------------------------------------------------------

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake, or answer the peer if it has started one."""
        self._begin_end()
        if self._protocol.is_open and not self._outgoing.is_frozen:
            if self._protocol.peer_close is None:
                self._protocol.send_close(code, reason)
            else:
                self._protocol.answer_close()
            self._line.expect_end()

    def answer_close(self) -> None:
        """Answer the peer's close frame, then end the stream."""
        if not self._outgoing.is_frozen:
            self._protocol.answer_close()
            self._outgoing.flush_later()

    def fail(self) -> None:
        """Fail the connection for the violation that was reported."""
        self._begin_end()
        if not self._outgoing.is_frozen:
            self._protocol.complete_failure()
            self._outgoing.flush_later()

    def abort(self, *, is_reset: bool) -> None:
        """End without a close frame, by FIN or by RST, after what was sent."""
        self._begin_end()
        self._line.abort(is_reset=is_reset)

    def let_go(self) -> None:
        """Let the connection go, because it has ended."""
        self._line = ENDED

    def _begin_end(self) -> None:
        if self._protocol.peer_close is None:
            self.has_started_close = True

    # --- the line -----------------------------------------------------------------------------

    def pace(self, pacing: Pacing | None) -> None:
        """Cut what is sent from now on into pieces. None stops that again."""
        self._outgoing.pace(pacing)

    def hold_reading(self, *, is_held: bool) -> None:
        """Stop reading from the client, or start again."""
        self._line.hold_reading(is_held=is_held)

    def freeze(self, *, is_frozen: bool) -> None:
        """Stop reading, writing and closing, or start again."""
        self._line.freeze(is_frozen=is_frozen)
