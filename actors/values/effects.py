"""What is sent to one client: messages, control frames, and the end of its connection."""

from websocket_mock.actors.values.frames import RawFrame
from websocket_mock.actors.values.immutable import immutable


@immutable
class SendText:
    """Send a text message, given as UTF-8."""

    payload: bytes


@immutable
class SendBinary:
    """Send a binary message."""

    payload: bytes


@immutable
class SendFragments:
    """Send a message in several frames, or without compression."""

    payload: bytes
    is_text: bool
    fragments: int
    compress: bool


@immutable
class SendRaw:
    """Write frames or plain bytes without checks and without compression."""

    pieces: tuple[RawFrame | bytes, ...]


@immutable
class SendPing:
    """Send a ping."""

    payload: bytes


@immutable
class SendPong:
    """Send a pong."""

    payload: bytes


@immutable
class AnswerClose:
    """Answer the client's close frame and end the connection."""


@immutable
class FailConnection:
    """Close because the client broke the protocol, with the code that was reported."""


@immutable
class StartClose:
    """Start the closing handshake."""

    code: int
    reason: str


@immutable
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
