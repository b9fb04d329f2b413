"""What an HTTP exchange asks of the transport, one step after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from websocket_mock.actors.conversation.core import Effect


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on after this time, or earlier if the exchange is woken; `FOR_EVER`: only then."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Begin:
    """Send the head of the response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    rule: str | None = None
    """The label of the rule that answers; None: no rule matched."""
    why: str = ""
    """If no rule matched: which one came nearest, and why it does not match."""
    is_stream: bool = False
    """Whether what follows are events, whose number is not known."""


@dataclass(frozen=True, slots=True)
class Body:
    """Send the whole body, and end the response."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Send a server-sent event."""

    wire: bytes
    data: bytes
    """What it carries."""


@dataclass(frozen=True, slots=True)
class EndStream:
    """End a response that is a stream."""


@dataclass(frozen=True, slots=True)
class Leave:
    """End the connection without an answer."""

    is_reset: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Caused:
    """Carry out the effects of actions, and report what went wrong."""

    effects: Sequence[Effect]


Step = Wait | Begin | Body | SendEvent | EndStream | Leave | Caused
