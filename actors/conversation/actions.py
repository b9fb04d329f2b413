"""Compiled actions: what a rule does, with every template compiled. Immutable; any thread."""

from collections.abc import Callable
from dataclasses import dataclass

from websocket_mock.actors.conversation.templates import Render, TemplateNames
from websocket_mock.actors.documents.mocks import AbortKind
from websocket_mock.actors.faults.compiled import CompiledFault


@dataclass(frozen=True, slots=True)
class ToSender:
    """The client whose event it was."""


@dataclass(frozen=True, slots=True)
class ToOthers:
    """All other clients of the namespace."""


@dataclass(frozen=True, slots=True)
class ToAll:
    """All clients of the namespace."""


@dataclass(frozen=True, slots=True)
class ToGroup:
    """The clients in a group."""

    group: Callable[[TemplateNames], str]


@dataclass(frozen=True, slots=True)
class ToClient:
    """One client."""

    client_id: Callable[[TemplateNames], str]


@dataclass(frozen=True, slots=True)
class ToEndpoint:
    """The clients of an endpoint."""

    endpoint: Callable[[TemplateNames], str]


CompiledTarget = ToSender | ToOthers | ToAll | ToGroup | ToClient | ToEndpoint


@dataclass(frozen=True, slots=True)
class DoSend:
    """Send a message."""

    target: CompiledTarget
    render: Callable[[TemplateNames], bytes]
    is_text: bool
    fragments: int
    compress: bool


@dataclass(frozen=True, slots=True)
class DoPing:
    """Send a ping."""

    payload: Callable[[TemplateNames], bytes]


@dataclass(frozen=True, slots=True)
class DoClose:
    """Start the closing handshake."""

    code: int
    reason: Callable[[TemplateNames], str]


@dataclass(frozen=True, slots=True)
class DoAbort:
    """End the connection without a close frame."""

    kind: AbortKind


@dataclass(frozen=True, slots=True)
class DoIgnore:
    """Do not answer a ping or a close frame."""


@dataclass(frozen=True, slots=True)
class DoAfter:
    """Run actions later; those behind this one do not wait."""

    delay: float
    actions: "tuple[CompiledAction, ...]"
    name: Callable[[TemplateNames], str] | None = None


@dataclass(frozen=True, slots=True)
class DoEvery:
    """Run actions again and again."""

    interval: float
    jitter: float
    count: int | None
    actions: "tuple[CompiledAction, ...]"
    name: Callable[[TemplateNames], str] | None = None


@dataclass(frozen=True, slots=True)
class DoStop:
    """End the `every` or `after` of a name."""

    name: Callable[[TemplateNames], str]


@dataclass(frozen=True, slots=True)
class DoWait:
    """Run the rest of the list later."""

    delay: float


@dataclass(frozen=True, slots=True)
class DoState:
    """Set the connection's state."""

    state: str


@dataclass(frozen=True, slots=True)
class DoSet:
    """Set variables of the connection."""

    values: tuple[tuple[str, Render], ...]


@dataclass(frozen=True, slots=True)
class DoJoin:
    """Join a group."""

    group: Callable[[TemplateNames], str]


@dataclass(frozen=True, slots=True)
class DoLeave:
    """Leave a group."""

    group: Callable[[TemplateNames], str]


@dataclass(frozen=True, slots=True)
class DoFault:
    """Let something go wrong on the connection."""

    fault: CompiledFault


CompiledAction = (
    DoSend
    | DoPing
    | DoClose
    | DoAbort
    | DoIgnore
    | DoAfter
    | DoEvery
    | DoStop
    | DoWait
    | DoState
    | DoSet
    | DoJoin
    | DoLeave
    | DoFault
)
