"""All faults of one connection: items that are sent or have come go in, outcomes come out.

Pure: no thread, no clock, no I/O. Times are monotonic seconds. The same seed and the same messages
give the same outcomes: each fault has random numbers of its own, drawn for its own messages only.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from websocket_mock.actors.faults.active import ActiveFault
from websocket_mock.actors.faults.compiled import CompiledFault, Way
from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import HandshakeFault
from websocket_mock.actors.faults.lane import Lane
from websocket_mock.actors.faults.outcomes import (
    Arrive,
    Failed,
    Freeze,
    GiveUp,
    Hold,
    Outcome,
    Transmit,
    acted,
)
from websocket_mock.actors.faults.parcels import Item, Parcel, is_end, is_message
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.effects import WireEffect
from websocket_mock.actors.values.inbound import Inbound

MAX_RAISED = 1_000
"""The most faults that actions may raise on one connection. One more replaces the oldest."""


@dataclass(frozen=True, slots=True)
class ConnectionIdentity:
    """Identifies a connection for its faults."""

    client_id: str
    endpoint: str | None
    attempt: int
    seed: str
    """Names the logical client. It is the same in each run."""


class ConnectionFaults:
    """The faults of one connection. One thread only.

    Args:
        identity: identifies the connection.
        groups: the groups that it is in; read with each `refresh`.
    """

    def __init__(self, identity: ConnectionIdentity, groups: Collection[str] = ()) -> None:
        self._identity = identity
        self._groups = groups
        self._found: Sequence[CompiledFault] = ()
        self._raised: dict[str, CompiledFault] = {}
        self._raise_count = 0
        self._active: list[ActiveFault] = []
        self._on_way: dict[Way, list[ActiveFault]] = {"to_client": [], "from_client": []}
        """The active faults that messages in each direction pass."""
        self._on_line: list[ActiveFault] = []
        """The active faults of the connection itself."""
        self._lanes: dict[Way, Lane] = {"to_client": Lane(), "from_client": Lane()}
        self._is_full = False
        """Whether more from the client is waiting than the limit allows."""
        self._is_held = False
        self._keeps_received = False
        """Whether what has come from the client waits, because the client is not read now."""
        self._is_frozen = False
        self._has_given_up = False

    def is_idle(self, now: float) -> bool:
        """Return whether everything passes unchanged from now on, until faults are changed."""
        for one in self._active:
            if one.ends_at > now:
                return False
        if self._is_held or self._is_frozen:
            return False
        return not self._lanes["to_client"] and not self._lanes["from_client"]

    def next_wake(self, now: float) -> float | None:
        """Return when `wake` must be called; None: never."""
        due = self._lanes["to_client"].next_due
        if not self._keeps_received and self._lanes["from_client"].next_due < due:
            due = self._lanes["from_client"].next_due
        for active in self._on_line:
            due = min(due, active.next_change(now))
        return None if due == FOR_EVER else due

    # --- which faults -------------------------------------------------------------------------

    def refresh(
        self, found: Sequence[CompiledFault], now: float, *, forgets_raised: bool = False
    ) -> list[Outcome]:
        """Set the faults in force, in the order they act. Faults that stay keep their counts."""
        self._found = found
        if forgets_raised:
            self._raised.clear()
        return self._renew(now)

    def raise_fault(self, fault: CompiledFault, now: float) -> list[Outcome]:
        """Add a fault of this connection only. A fault that is raised again starts over."""
        self._raise_count += 1
        self._raised.pop(fault.key, None)
        # It has its own seed, so that the second time gets other random numbers.
        self._raised[fault.key] = replace(fault, seed=f"{fault.seed}/{self._raise_count}")
        if len(self._raised) > MAX_RAISED:
            self._raised.pop(next(iter(self._raised)))
        return self._renew(now)

    def _renew(self, now: float) -> list[Outcome]:
        before = {(one.fault.key, one.way): one for one in self._active}
        self._active = []
        for fault in (*self._found, *self._raised.values()):
            if not self._concerns(fault):
                continue
            for way in fault.ways:
                kept = before.get((fault.key, way))
                if kept is None or not _is_same(kept.fault, fault):
                    kept = ActiveFault(fault, way, self._identity.seed, now)
                self._active.append(kept)
        for way in self._on_way:
            self._on_way[way] = [one for one in self._active if one.way == way]
        self._on_line = [one for one in self._active if one.is_of_connection]
        return self.wake(now)

    def _concerns(self, fault: CompiledFault) -> bool:
        identity = self._identity
        is_for_this = concerns(fault, identity.endpoint, identity.attempt)
        return (
            is_for_this
            and not isinstance(fault.behaviour, HandshakeFault)
            and _is_member(fault, identity.client_id, self._groups)
        )

    # --- traffic ------------------------------------------------------------------------------

    def send(self, effect: WireEffect, now: float) -> list[Outcome]:
        """Return the outcomes of sending something to the client."""
        if self._has_given_up and not is_end(effect):
            return self.wake(now)
        return self._move("to_client", effect, now)

    def lets_in(self, now: float) -> bool:
        """Return whether what comes from the client arrives at once, and nothing else happens."""
        lanes = self._lanes
        if self._on_way["from_client"] or not lanes["from_client"].is_clear(now):
            return False
        is_late = lanes["to_client"].next_due <= now
        return not is_late and self._is_at_rest() and not self.is_idle(now)

    def receive(self, event: Inbound, now: float) -> list[Outcome]:
        """Return the outcomes of something that came from the client."""
        return self._move("from_client", event, now)

    def wake(self, now: float) -> list[Outcome]:
        """Return the outcomes of the time that has passed."""
        if not self._is_at_rest():
            return self._change_line(now)
        # Then the lanes are not too full, and there is nothing but what they hold.
        outcomes: list[Outcome] = []
        for way, lane in self._lanes.items():
            if lane.next_due <= now:
                outcomes += self._arrivals(way, lane.take(now))
        return outcomes

    def _is_at_rest(self) -> bool:
        """Return whether no fault acts on the connection itself, and it is read and written."""
        is_stopped = self._is_held or self._is_frozen or self._keeps_received
        return not is_stopped and not self._on_line

    def _change_line(self, now: float) -> list[Outcome]:
        """Return the outcomes of the time that has passed, with those of the connection."""
        holding = [one for one in self._on_line if one.holds(now)]
        outcomes = self._change_state(holding)
        arrived = self._take_due(holding, now)
        # These come first: what arrives may lead to the next change.
        outcomes += self._change_hold()
        for way, parcels in arrived.items():
            if parcels:
                outcomes += self._arrivals(way, parcels)
        return outcomes + self._give_up_if_full()

    def _take_due(self, holding: Sequence[ActiveFault], now: float) -> dict[Way, list[Parcel]]:
        kept_before = self._keeps_received
        self._keeps_received = any(one.fault.behaviour.line == "held" for one in holding)
        # The message that starts the fault still arrives. Those that were read in the same moment
        # wait, as if the client had not been read.
        return {
            way: lane.take(now)
            for way, lane in self._lanes.items()
            if way == "to_client" or not (kept_before and self._keeps_received)
        }

    def flush(self) -> list[Outcome]:
        """Let everything arrive that the client sent before it left."""
        return self._arrivals("from_client", self._lanes["from_client"].take_all())

    def _move(self, way: Way, item: Item, now: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        message, lane = InFlight(item, now), self._lanes[way]
        for active in self._on_way[way]:
            if active.fault.behaviour.is_blocked(lane):
                continue
            try:
                is_hit = active.hits(item, now)
            except Exception as error:  # noqa: BLE001 - a JSON Schema may lead anywhere
                outcomes.append(Failed(active.fault.label, f"{type(error).__name__}: {error}"))
                continue
            if is_hit:
                outcomes += _apply(active, message, now)
        message.put_into(lane)
        outcomes += self._change_line(now) if lane.is_too_full else self.wake(now)
        return outcomes

    def _arrivals(self, way: Way, parcels: Iterable[Parcel]) -> list[Outcome]:
        if self._is_frozen:
            return [outcome for parcel in parcels for outcome in self._lose(way, parcel.item)]
        if way == "from_client":
            return [Arrive(parcel.item) for parcel in parcels]  # type: ignore[arg-type] # its way tells
        return [Transmit(parcel.item, parcel.pacing) for parcel in parcels]  # type: ignore[arg-type]

    def _lose(self, way: Way, item: Item) -> list[Outcome]:
        dead = (
            one for one in self._active if one.fault.behaviour.line == "frozen" and one.has_acted
        )
        reason = next(dead, None)
        if reason is None or not is_message(item):
            return []
        return [acted(reason.fault, way, item)]

    # --- what happens to the connection -------------------------------------------------------

    def _change_state(self, holding: Sequence[ActiveFault]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for active in holding:
            if not active.has_acted:
                active.has_acted = True
                if active.fault.is_state:
                    # Otherwise the message that it waited for is already in the journal.
                    outcomes.append(acted(active.fault, active.way))
                ending = active.fault.behaviour.ending
                if ending is not None:
                    outcomes.append(Transmit(ending))
        is_frozen = any(one.fault.behaviour.line == "frozen" for one in holding)
        if is_frozen != self._is_frozen:
            self._is_frozen = is_frozen
            outcomes.append(Freeze(is_frozen))
        return outcomes

    def _change_hold(self) -> list[Outcome]:
        self._is_full = self._lanes["from_client"].load > (0.5 if self._is_full else 1.0)
        is_held = self._is_full or self._keeps_received
        if is_held == self._is_held:
            return []
        self._is_held = is_held
        return [Hold(is_held)]

    def _give_up_if_full(self) -> list[Outcome]:
        if not self._lanes["to_client"].is_too_full:
            return []
        self._has_given_up = True
        self._lanes["to_client"] = Lane()
        return [GiveUp()]


def _apply(active: ActiveFault, message: InFlight, now: float) -> list[Outcome]:
    """Let a fault act on a message; return what the journal must record."""
    behaviour, was_lost = active.fault.behaviour, message.is_lost
    behaviour.act(message, active.random, active.memory)
    if active.is_of_connection:
        active.catch(now)
    elif was_lost:
        return []
    if behaviour.is_noted_once and active.has_acted:
        return []
    active.has_acted = active.has_acted or behaviour.is_noted_once
    return [acted(active.fault, active.way, None if behaviour.is_noted_once else message.item)]


def concerns(fault: CompiledFault, endpoint: str | None, attempt: int) -> bool:
    """Return whether a fault is for a connection, as far as its handshake shows."""
    target = fault.target
    if target is not None and target.endpoint not in (None, endpoint):
        return False
    try:
        return fault.attempt is None or fault.attempt(attempt).matched
    except Exception:  # noqa: BLE001 - a JSON Schema may lead anywhere
        return False


def _is_member(fault: CompiledFault, client_id: str, groups: Collection[str]) -> bool:
    target = fault.target
    if target is None:
        return True
    return target.client in (None, client_id) and (target.group is None or target.group in groups)


def _is_same(before: CompiledFault, now: CompiledFault) -> bool:
    # Models are equal whether a default was written down or not, which `is_state` depends on.
    return (before.seed, before.source, before.expires_at, before.is_state) == (
        now.seed,
        now.source,
        now.expires_at,
        now.is_state,
    )
