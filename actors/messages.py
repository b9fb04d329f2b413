"""Every message of every actor: one closed union per actor.

A command is an imperative and is told. A query derives from ``Query[R]``, names its reply type and
is asked, by outsiders only. An event is in the past tense and is told. Every message is immutable,
so it may cross threads.
"""

from dataclasses import dataclass
from typing import Literal

from websocket_mock.actors.kernel.refs import Query, Ref
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.entries import Record
from websocket_mock.actors.values.explanations import Explanation
from websocket_mock.actors.values.immutable import immutable
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.models import (
    ClientId,
    ClientInfo,
    ClientPage,
    ClientSnapshot,
    DeliveryReport,
    JournalPage,
    JournalSize,
    ProbeResult,
    ServerStats,
    TrafficDelta,
)
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.targets import Target


@dataclass(frozen=True, slots=True)
class Ping(Query[None]):
    """Asked to see that an actor is alive and takes mail."""


# --- ClientActor ------------------------------------------------------------------------------


@immutable
class FramesReceived:
    """Told by the ingress: everything that one read of the socket returned."""

    events: tuple[Inbound, ...]


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """Told by the ingress once, when the WebSocket connection is closed. It is the last message."""

    code: int
    """1006 without a closing handshake (RFC 6455 section 7.1.5)."""
    reason: str
    was_clean: bool


@immutable
class DeliverText:
    """Told by the broadcaster: send this text message, given as UTF-8."""

    payload: bytes


@immutable
class DeliverBinary:
    """Told by the broadcaster: send this binary message."""

    payload: bytes


@immutable
class TimerElapsed:
    """Told by the scheduler when a timer of the client is due."""

    timer_id: int


@dataclass(frozen=True, slots=True)
class BroadcastDelivered:
    """Told by the broadcaster to the client that asked for a broadcast."""

    recipients: int


@dataclass(frozen=True, slots=True)
class ClientsListed:
    """Told by the registry to the client that asked who is connected."""

    clients: tuple[ClientSnapshot, ...]


@dataclass(frozen=True, slots=True)
class StatsReported:
    """Told by the stats collector to the client that asked for statistics."""

    stats: ServerStats


@dataclass(frozen=True, slots=True)
class ReportClient:
    """Told by the registry: answer with ``ClientReported`` and this roll call."""

    roll_call_id: int


@dataclass(frozen=True, slots=True)
class CloseClient:
    """Told by the bridge: close or abort the connection."""

    code: int
    reason: str
    abort: Literal["reset", "close"] | None


@dataclass(frozen=True, slots=True)
class HandOver:
    """Told by the broadcaster: give what waits to another client, which takes the place."""

    heir: Ref


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Told to the client that takes a place: nothing more comes from the one that had it."""


@dataclass(frozen=True, slots=True)
class RefreshFaults:
    """Told to the registry, which tells the clients of a namespace: their faults have changed."""

    namespace: str | None
    forgets_raised: bool = False
    """Whether the faults that actions have raised are cleared, too."""


@dataclass(frozen=True, slots=True)
class ResetState:
    """Told by the bridge: restart the conversation on the same connection."""


@dataclass(frozen=True, slots=True)
class ProbeClient(Query[ProbeResult]):
    """Asked to send text messages and a ping, and to report the replies.

    Answered with a future: when the pong has come, or after the window if replies are wanted.
    """

    texts: tuple[bytes, ...]
    window: float
    """Seconds after which the answer comes at the latest."""
    wants_replies: bool


@dataclass(frozen=True, slots=True)
class ExplainMessage(Query[Explanation | None]):
    """Asked what the connection would do with a message; None: its endpoint is not programmed."""

    message: MessageView


ClientMessage = (
    FramesReceived
    | ConnectionLost
    | DeliverText
    | DeliverBinary
    | TimerElapsed
    | BroadcastDelivered
    | ClientsListed
    | StatsReported
    | ReportClient
    | HandOver
    | HandedOver
    | CloseClient
    | RefreshFaults
    | ResetState
    | ProbeClient
    | ExplainMessage
)


# --- ClientRegistry ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterClient:
    """Told by a client actor before it sends its first byte."""

    info: ClientInfo
    ref: Ref


@dataclass(frozen=True, slots=True)
class UnregisterClient:
    """Told by a client actor as its last message, whatever ends it."""

    client_id: ClientId


@dataclass(frozen=True, slots=True)
class GroupJoined:
    """Told by a client actor: it has joined a group.

    It goes to the broadcaster, which passes it on to the registry, so that it keeps its order
    among the messages that the client sends to groups.
    """

    client_id: ClientId
    group: str


@dataclass(frozen=True, slots=True)
class GroupLeft:
    """Told by a client actor, in the same way: it has left a group."""

    client_id: ClientId
    group: str | None
    """None: all groups."""


@dataclass(frozen=True, slots=True)
class TakeOverClient:
    """Told by a client actor, in the same way: it takes the place of another client.

    From now on it is in the groups of that one instead.
    """

    client_id: ClientId
    namespace: str | None
    heir_id: ClientId
    heir: Ref


@dataclass(frozen=True, slots=True)
class ResolveTarget:
    """Told by the broadcaster: answer with ``TargetResolved`` and this request."""

    request_id: int
    target: Target
    scope: Scope
    reply_to: Ref


@dataclass(frozen=True, slots=True)
class CallRoll:
    """Told by a client actor: answer it with ``ClientsListed``."""

    scope: Scope
    reply_to: Ref


@dataclass(frozen=True, slots=True)
class ClientReported:
    """Told by a client actor in answer to ``ReportClient``."""

    roll_call_id: int
    snapshot: ClientSnapshot


@dataclass(frozen=True, slots=True)
class ListClients(Query[ClientPage]):
    """Asked for a page of clients with exact counters; answered with a future."""

    limit: int
    after: int = 0
    """The `next_cursor` of the previous page."""
    scope: Scope = None


@dataclass(frozen=True, slots=True)
class CountByEndpoint(Query[dict[str, int]]):
    """Asked for the number of clients at each endpoint of a namespace."""

    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class CountEverywhere(Query[dict[tuple[str | None, str | None], int]]):
    """Asked for the number of clients by namespace and endpoint; None: in or at none."""


@dataclass(frozen=True, slots=True)
class GetClientRefs(Query[tuple[tuple[ClientId, Ref], ...]]):
    """Asked for the clients of a target, in the order they connected."""

    target: Target
    scope: Scope = None


RegistryMessage = (
    Ping
    | RegisterClient
    | UnregisterClient
    | GroupJoined
    | GroupLeft
    | TakeOverClient
    | ResolveTarget
    | RefreshFaults
    | CallRoll
    | ClientReported
    | ListClients
    | GetClientRefs
    | CountByEndpoint
    | CountEverywhere
)


# --- Broadcaster ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Told by a client actor: send to all others that speak the built-in JSON protocol.

    The client is answered with ``BroadcastDelivered``.
    """

    payload: bytes
    sender: ClientId
    namespace: str | None
    reply_to: Ref


@dataclass(frozen=True, slots=True)
class PublishMessage:
    """Told by a client actor: send to others. There is no answer."""

    payload: bytes
    is_text: bool
    target: Target
    namespace: str | None


@dataclass(frozen=True, slots=True)
class PushMessage(Query[DeliveryReport]):
    """Asked to send a text or binary message to clients; answered with a future."""

    payload: bytes
    is_text: bool
    target: Target
    scope: Scope = None


@dataclass(frozen=True, slots=True)
class TargetResolved:
    """Told by the registry in answer to ``ResolveTarget``."""

    request_id: int
    refs: tuple[Ref, ...]
    total: int
    """The number of connected clients of the scope at that moment."""


BroadcasterMessage = (
    Ping
    | Broadcast
    | PublishMessage
    | TakeOverClient
    | GroupJoined
    | GroupLeft
    | PushMessage
    | TargetResolved
)


# --- StatsCollector ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrafficCounted:
    """Told by a dispatcher's recorder, at most some tens of times a second."""

    delta: TrafficDelta


@dataclass(frozen=True, slots=True)
class BroadcastCounted:
    """Told by a client actor for each broadcast, and by the broadcaster for each push to all."""


@dataclass(frozen=True, slots=True)
class ReportStats:
    """Told by a client actor: answer it with ``StatsReported``."""

    reply_to: Ref


@dataclass(frozen=True, slots=True)
class GetStats(Query[ServerStats]):
    """Asked for the totals."""


StatsMessage = Ping | TrafficCounted | BroadcastCounted | ReportStats | GetStats


# --- Journal ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordsTaken:
    """Told by a dispatcher's recorder, at most some tens of times a second under little load."""

    records: tuple[Record, ...]
    size: int
    """The bytes that they count for, see `weight_of`."""


@dataclass(frozen=True, slots=True)
class GetJournal(Query[JournalPage]):
    """Asked for everything after an entry."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class GetLastNumber(Query[int]):
    """Asked for the sequence number of the newest record; 0 if there was none yet."""


@dataclass(frozen=True, slots=True)
class WaitForRecords(Query[JournalPage | None]):
    """Asked for the records after an entry; answered with a future as soon as there are any.

    The answer is None if the wait is cancelled, or dropped because there are too many waits.
    """

    wait_id: int
    after: int
    limit: int | None = None
    """The most older records; None: all. Records that have just come are never cut."""
    is_urgent: bool = False
    """Whether somebody waits for the answer before they go on, as a test does."""


@dataclass(frozen=True, slots=True)
class GetJournalSize(Query[JournalSize]):
    """Asked how much the journal keeps, and how much it has dropped."""


@dataclass(frozen=True, slots=True)
class CancelWait:
    """Told by the bridge: the caller no longer waits."""

    wait_id: int


@dataclass(frozen=True, slots=True)
class ClearJournal(Query[None]):
    """Asked to delete the whole history, or to hide the history of one namespace."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class NamespaceExpired:
    """Told by the composition root: a namespace was removed, so its history must go, too."""

    namespace: str


JournalMessage = (
    Ping
    | RecordsTaken
    | GetJournal
    | GetLastNumber
    | WaitForRecords
    | GetJournalSize
    | CancelWait
    | ClearJournal
    | NamespaceExpired
)
