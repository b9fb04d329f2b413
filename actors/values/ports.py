"""What actors need from outside, as protocols; the composition root passes implementations in."""

import time
from collections.abc import Sequence
from typing import Protocol

from websocket_mock.actors.values.frames import Pacing, RawFrame
from websocket_mock.actors.values.models import TransportStatus


class Clock(Protocol):
    """Source of time, so that a test can advance it."""

    def time(self) -> float:
        """Return Unix time in seconds."""

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Return Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""
        return time.monotonic()


class Outbox(Protocol):
    """The way out of one connection.

    Every method returns at once and runs on the thread of the dispatcher that owns the
    connection. On a connection that is closing or gone each of them does nothing: a peer may
    leave at any moment, and that is no error of the sender. What sends tells whether it did.
    """

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
        """Write frames, or plain bytes, that nothing checks."""

    def pace(self, pacing: Pacing | None) -> None:
        """Cut what is sent from here on into pieces, up to the next call; None: no longer."""

    def hold_reading(self, *, is_held: bool) -> None:
        """Read nothing from the client, whose bytes pile up on its side; or read again."""

    def freeze(self, *, is_frozen: bool) -> None:
        """Neither read nor write nor close, as if the line were dead; or come alive again.

        What is sent meanwhile is lost. `abort` still ends the connection.
        """

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake (RFC 6455 section 7.1.2)."""

    def answer_close(self) -> None:
        """Answer the peer's close frame with the same code, then hang up."""

    def abort(self, *, is_reset: bool) -> None:
        """End the connection without a close frame, by FIN or by RST, after what was sent."""

    def fail(self) -> None:
        """Fail the connection for the violation that was reported (RFC 6455 section 7.1.7)."""


class TransportProbe(Protocol):
    """What the bridge may ask about the transport. Blocks for at most the given seconds."""

    def status(self) -> TransportStatus:
        """Return where the server listens, or why it does not."""

    def check_readers(self, timeout: float) -> tuple[float | None, ...]:
        """Return for each reader the seconds its thread took to answer; None without answer."""
