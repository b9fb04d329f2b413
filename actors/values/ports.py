"""What actors need from outside, as protocols. The composition root gives implementations."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from websocket_mock.actors.values.frames import Pacing, RawFrame
from websocket_mock.actors.values.models import OutboxTotals, TransportStatus


class Clock(Protocol):
    """The source of time. A test can give one that it advances."""

    def time(self) -> float:
        """Return Unix time in seconds."""

    def monotonic(self) -> float:
        """Return the seconds since a fixed point in time. They never decrease."""


class SystemClock:
    """The machine's clock. Each message reads it twice, so it is the functions themselves."""

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)


class Outbox(Protocol):
    """Sends to one connection, and ends it.

    No method blocks. All run on the thread of the dispatcher that owns the connection. On a
    connection that is closing or closed they do nothing: a peer may leave at any moment, and that
    is not an error of the sender. A method that sends returns whether it did.
    """

    has_started_close: bool
    """Whether our side began to end the connection, with or without a close frame."""

    def send_text(self, payload: bytes) -> bool:
        """Send one text message, given as UTF-8."""

    def send_binary(self, payload: bytes) -> bool:
        """Send one binary message."""

    def send_fragments(
        self, payload: bytes, *, is_text: bool, fragments: int, compress: bool
    ) -> bool:
        """Send a message in several frames, or without the compression that was negotiated."""

    def ping(self, payload: bytes) -> bool:
        """Send a ping of at most 125 bytes (RFC 6455 section 5.5.2)."""

    def pong(self, payload: bytes) -> bool:
        """Send a pong of at most 125 bytes (RFC 6455 section 5.5.3)."""

    def send_raw(self, pieces: Sequence[RawFrame | bytes]) -> bool:
        """Write frames or plain bytes without checks."""

    def pace(self, pacing: Pacing | None) -> None:
        """Send in pieces from now on, until the next call; None: no longer in pieces."""

    def hold_reading(self, *, is_held: bool) -> None:
        """Stop reading from the client, so that its send buffer fills; or start again."""

    def freeze(self, *, is_frozen: bool) -> None:
        """Stop reading, writing and closing, as if the line were dead; or start again.

        What is sent while it is frozen is lost. `abort` still ends the connection.
        """

    def hand_over(self) -> Sequence[tuple[bytes, bool]]:
        """Return the messages that wait for a request of the client, which will not get them.

        Each comes with whether it is text. None wait where there is a socket to send to.
        """

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake (RFC 6455 section 7.1.2)."""

    def answer_close(self) -> None:
        """Answer the peer's close frame with the same code, then end the connection."""

    def abort(self, *, is_reset: bool) -> None:
        """End the connection without a close frame, by FIN or by RST, after what was sent."""

    def fail(self) -> None:
        """Fail the connection for the violation that was reported (RFC 6455 section 7.1.7)."""


class TransportProbe(Protocol):
    """What the bridge may ask the transport. Any thread except an actor's."""

    def status(self) -> TransportStatus:
        """Return where the server listens, or why it does not. Does not block."""

    def outbox_totals(self) -> OutboxTotals:
        """Return the unsent bytes of all clients together. Does not block."""

    def check_readers(
        self, timeout: float, meanwhile: Callable[[], object] = lambda: None
    ) -> tuple[float | None, ...]:
        """Return the seconds that each reader took to answer; None: no answer.

        Blocks for at most `timeout` seconds.

        Args:
            timeout: seconds for the answers.
            meanwhile: called when the readers have been asked. It may block for as long.
        """
