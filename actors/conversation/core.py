"""The events and effects between a behaviour and the client actor that carries out its effects.

A behaviour receives one event at a time and returns the effects in the order in which to carry
them out. It holds the state of one connection and knows no thread, no actor and no clock. It may
raise an exception, which the actor counts and logs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.values.effects import AnswerClose, FailConnection, SendPong, WireEffect
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.immutable import immutable
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
    """What a behaviour may know about its connection and the server."""

    client_id: ClientId
    path: str
    server_version: str
    server_status: Callable[[], TransportStatus]
    """Returns where the server listens. It does not block."""
    request: HandshakeRequest
    """The opening handshake of the client."""
    subprotocol: str | None = None
    """The negotiated subprotocol."""


# --- events other than those from the client ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The connection is open; nothing has been sent or received yet."""


@immutable
class TimerFired:
    """A timer that the behaviour started is due."""

    payload: object
    """The payload of the `StartTimer`."""


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
    """The conversation is to start again; the connection stays open."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has closed; nothing can be sent any more."""

    code: int
    """The close code; 1006 if there was no closing handshake."""
    reason: str


@dataclass(frozen=True, slots=True)
class HandlerFailed:
    """The behaviour raised an exception while it handled the previous event."""

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
    """Send a message to other clients, or to all clients."""

    target: Target
    payload: bytes
    is_text: bool


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Add the client to a group."""

    group: str


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """Remove the client from a group."""

    group: str | None
    """None: all groups that the client has joined."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Send what waits for another client, and close that one."""

    client_id: ClientId


@dataclass(frozen=True, slots=True)
class RaiseFault:
    """Raise a fault on this connection, from now on."""

    fault: CompiledFault


@immutable
class RuleFired:
    """Record in the journal that a rule fired."""

    rule: str
    state: str | None = None
    """The state of the connection before; None: its initial state."""


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """Log and count that a rule failed; the connection goes on."""

    rule: str
    reason: str


ContractSide = Literal["accepts", "sends"]
"""Which messages a part of a contract is for: those received, or those sent."""


@dataclass(frozen=True, slots=True)
class ReportVerdict:
    """Log how a script ended, that no rule of a strict endpoint matches, or a breach of contract.

    Only a verdict on a script can have passed.
    """

    passed: bool
    text: str
    """What was expected and what was received; empty if it passed."""
    is_strict: bool = False
    """Whether no rule of a strict endpoint matched."""
    contract: ContractSide | None = None
    """The part of the contract that a message breaks; None: it is not about the contract."""
    state: str | None = None
    """With `is_strict`: the state of the connection; None: its initial state."""


@dataclass(frozen=True, slots=True)
class BroadcastText:
    """Send a text message to all other clients that use the built-in JSON protocol.

    `BroadcastDone` follows.
    """

    payload: bytes


@immutable
class StartTimer:
    """Ask for `TimerFired` with the payload after `delay` seconds."""

    delay: float
    payload: object
    is_periodic: bool = False
    """Whether the delay began when the timer was due that is handled now, so that turns keep pace.

    If it is over already, the timer is due at once.
    """


@dataclass(frozen=True, slots=True)
class CancelTimers:
    """Cancel every timer that the behaviour has started."""


@dataclass(frozen=True, slots=True)
class AskClients:
    """Ask for `ClientsKnown`."""


@dataclass(frozen=True, slots=True)
class AskStats:
    """Ask for `StatsKnown`, which counts everything that the client has sent before."""


@dataclass(frozen=True, slots=True)
class CountError:
    """Count a refused message as an error in the statistics."""


@dataclass(frozen=True, slots=True)
class NotePing:
    """Record that the client sent a ping of its own protocol, not a ping frame."""


Effect = (
    WireEffect
    | Publish
    | JoinGroup
    | LeaveGroup
    | TakeOver
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
        """Return the effects of an event.

        Args:
            event: what happened.
            now: the time in Unix seconds.
        """


BehaviourFactory = Callable[[ConnectionContext], Behaviour]
"""Makes the behaviour of a new connection."""

_ANSWER_CLOSE = (AnswerClose(),)
_FAIL = (FailConnection(),)


def answer_control(event: Event) -> Effects:
    """Return what RFC 6455 requires: a pong for a ping, a close for a close, otherwise nothing."""
    match event:
        case PingReceived(payload):
            return (SendPong(payload),)
        case CloseReceived():
            return _ANSWER_CLOSE
        case ProtocolViolated():
            return _FAIL
        case _:
            return ()
