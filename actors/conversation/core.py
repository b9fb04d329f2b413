"""The language between a behaviour and the client actor that carries its effects out.

A behaviour is given one event at a time and returns effects, in the order they shall happen. It
holds the state of one connection, knows no thread, no actor and no clock, and may raise: the
actor counts, logs and contains that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.values.effects import AnswerClose, FailConnection, SendPong, WireEffect
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import (
    CloseReceived,
    Inbound,
    PingReceived,
    ProtocolViolated,
)
from websocket_mock.actors.values.models import (
    ClientId,
    ClientSnapshot,
    ServerStats,
    TransportStatus,
)
from websocket_mock.actors.values.targets import Target

# --- context ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConnectionContext:
    """What a behaviour may know of its connection and of the server."""

    client_id: ClientId
    path: str
    server_version: str
    server_status: Callable[[], TransportStatus]
    """Where the server listens; returns at once."""
    request: HandshakeRequest
    """What the client asked for when it connected."""
    subprotocol: str | None = None
    """The one that was chosen."""


# --- events beside what comes from the client --------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The connection is open; nothing was sent or received yet."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that the behaviour started is due."""

    payload: object
    """What was given to `StartTimer`."""


@dataclass(frozen=True, slots=True)
class BroadcastDone:
    """A broadcast has been handed to its recipients."""

    recipients: int


@dataclass(frozen=True, slots=True)
class ClientsKnown:
    """The answer to `AskClients`."""

    clients: tuple[ClientSnapshot, ...]


@dataclass(frozen=True, slots=True)
class StatsKnown:
    """The answer to `AskStats`."""

    stats: ServerStats


@dataclass(frozen=True, slots=True)
class StateReset:
    """Somebody wants the conversation to begin anew; the connection stays."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has closed; nothing that is sent will arrive."""

    code: int
    """1006 without a closing handshake."""
    reason: str


@dataclass(frozen=True, slots=True)
class HandlerFailed:
    """The behaviour raised while it handled the event before."""

    error: Exception


Event = (
    Opened
    | Inbound
    | TimerFired
    | BroadcastDone
    | ClientsKnown
    | StatsKnown
    | StateReset
    | Lost
    | HandlerFailed
)


# --- effects ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Publish:
    """Send a message to other clients, or to all."""

    target: Target
    payload: bytes
    is_text: bool


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Let the client be reached as one of a group."""

    group: str


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """The opposite of `JoinGroup`."""

    group: str | None
    """None: all that the client has joined."""


@dataclass(frozen=True, slots=True)
class RaiseFault:
    """Let something go wrong on this connection from now on."""

    fault: CompiledFault


@dataclass(frozen=True, slots=True)
class RuleFired:
    """Note in the journal that a rule acts."""

    rule: str


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """Log and count that a rule could not do its work; the connection goes on."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportVerdict:
    """Log how a script ended, or that no rule of a strict endpoint takes a message."""

    passed: bool
    text: str
    """What was expected and what came; empty when it passed."""
    is_strict: bool = False
    """Whether it is about a strict endpoint."""


@dataclass(frozen=True, slots=True)
class BroadcastText:
    """Send a text message to all others that speak the built-in JSON protocol.

    `BroadcastDone` follows.
    """

    payload: bytes


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Get `TimerFired` with the payload after some seconds."""

    delay: float
    payload: object


@dataclass(frozen=True, slots=True)
class CancelTimers:
    """Cancel every timer that the behaviour has started."""


@dataclass(frozen=True, slots=True)
class AskClients:
    """Get `ClientsKnown`."""


@dataclass(frozen=True, slots=True)
class AskStats:
    """Get `StatsKnown`; everything the client sent before is counted."""


@dataclass(frozen=True, slots=True)
class CountError:
    """Count a refused message in the statistics."""


@dataclass(frozen=True, slots=True)
class NotePing:
    """Note that the client pinged by the means of its own protocol."""


Effect = (
    WireEffect
    | Publish
    | JoinGroup
    | LeaveGroup
    | RaiseFault
    | RuleFired
    | ReportProblem
    | ReportVerdict
    | BroadcastText
    | StartTimer
    | CancelTimers
    | AskClients
    | AskStats
    | CountError
    | NotePing
)

Effects = Sequence[Effect]


class Behaviour(Protocol):
    """How one endpoint answers one connection."""

    def handle(self, event: Event, now: float) -> Effects:
        """Return what shall happen.

        Args:
            event: what came.
            now: Unix seconds.
        """


BehaviourFactory = Callable[[ConnectionContext], Behaviour]
"""Makes the behaviour of a new connection."""

_ANSWER_CLOSE = (AnswerClose(),)
_FAIL = (FailConnection(),)


def answer_control(event: Event) -> Effects:
    """Return what RFC 6455 asks for: a pong for a ping, a close for a close, else nothing."""
    match event:
        case PingReceived(payload):
            return (SendPong(payload),)
        case CloseReceived():
            return _ANSWER_CLOSE
        case ProtocolViolated():
            return _FAIL
        case _:
            return ()
