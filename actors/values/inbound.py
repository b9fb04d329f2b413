"""The events that can come from a client while its connection is open.

The transport makes them. Client actors pass them to a behaviour.
"""

from dataclasses import field

from websocket_mock.actors.values.immutable import immutable


@immutable
class TextReceived:
    """A whole text message came, its fragments joined and its UTF-8 checked."""

    text: str
    size: int
    """Payload bytes."""
    data: bytes | None = field(default=None, compare=False)
    """The payload, where it is at hand. So an echo and the journal need not encode the text."""


@immutable
class BinaryReceived:
    """A whole binary message came, its fragments joined."""

    data: bytes


@immutable
class PingReceived:
    """A ping came; nothing has answered it yet."""

    payload: bytes


@immutable
class PongReceived:
    """A pong came, asked for or not."""

    payload: bytes


@immutable
class CloseReceived:
    """The client's close frame came; nothing has answered it yet."""

    code: int
    """1005 if the frame had none (RFC 6455 section 7.1.5)."""
    reason: str


@immutable
class ProtocolViolated:
    """The client broke the protocol. The valid events before it have come first."""

    code: int
    """The close code that tells the client what was wrong."""
    reason: str


Inbound = (
    TextReceived | BinaryReceived | PingReceived | PongReceived | CloseReceived | ProtocolViolated
)
