"""What is sent to one client: messages, control frames, and the end of its connection."""

from dataclasses import dataclass

from websocket_mock.actors.values.frames import RawFrame


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text message, given as UTF-8."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class SendBinary:
    """Send a binary message."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class SendFragments:
    """Send a message in several frames, or without compression."""

    payload: bytes
    is_text: bool
    fragments: int
    compress: bool


@dataclass(frozen=True, slots=True)
class SendRaw:
    """Write frames or plain bytes without checks and without compression."""

    pieces: tuple[RawFrame | bytes, ...]


@dataclass(frozen=True, slots=True)
class SendPing:
    """Send a ping."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class SendPong:
    """Send a pong."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class AnswerClose:
    """Answer the client's close frame and end the connection."""


@dataclass(frozen=True, slots=True)
class FailConnection:
    """Close because the client broke the protocol, with the code that was reported."""


@dataclass(frozen=True, slots=True)
class StartClose:
    """Start the closing handshake."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Abort:
    """End the connection without a close frame, after what was sent before."""

    is_reset: bool
    """RST instead of FIN."""


WireEffect = (
    SendText
    | SendBinary
    | SendFragments
    | SendRaw
    | SendPing
    | SendPong
    | StartClose
    | AnswerClose
    | FailConnection
    | Abort
)
"""Everything that can be sent to a client."""
