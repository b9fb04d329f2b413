"""One fault in one direction of one connection: when it is active, and what it hits."""

from websocket_mock.actors.faults.compiled import CompiledFault, Way
from websocket_mock.actors.faults.kind import ConnectionFault
from websocket_mock.actors.faults.parcels import Item, view_item
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.randomness import seeded


class ActiveFault:
    """The counts and the random numbers of a fault. One thread only; times are monotonic seconds.

    Args:
        fault: the fault.
        way: the direction.
        seed: names the logical client, so that it gets the same random numbers in each run.
        now: when the fault was set, or the connection opened.
    """

    def __init__(self, fault: CompiledFault, way: Way, seed: str, now: float) -> None:
        self.fault = fault
        self.way = way
        self.random = seeded(f"{fault.seed}/{seed}/{way}")
        duration = fault.source.duration
        self.begins_at = now + fault.source.after
        self.is_of_connection = isinstance(fault.behaviour, ConnectionFault)
        """Whether it acts on the connection, at once or with a certain message."""
        is_waiting = self.is_of_connection and not fault.is_state
        if duration is None or is_waiting:
            self.ends_at = FOR_EVER
        else:
            self.ends_at = self.begins_at + duration
        if fault.expires_at is not None:
            self.ends_at = min(self.ends_at, fault.expires_at)
        self.memory = fault.behaviour.memory()
        """What the fault keeps from one message to the next."""
        self.has_acted = False
        self._is_for_all = fault.behaviour.hits_everything and not fault.source.is_triggered
        self._caught_at: float | None = None
        self._seen = 0
        self._fired = 0

    def hits(self, item: Item, now: float) -> bool:
        """Return whether it acts on an item that is sent now, and count the item.

        Raises:
            Exception: one of its conditions, such as a JSON Schema, cannot be applied.
        """
        if not self.begins_at <= now < self.ends_at:
            return False
        if self._is_for_all:
            return True
        if not self._is_meant_for(item):
            return False
        condition = self.fault.condition
        if not condition.is_empty and condition.match(view_item(item)) is None:
            return False
        self._seen += 1
        if not self._is_turn() or not self._is_lucky():
            return False
        self._fired += 1
        return True

    def catch(self, now: float) -> None:
        """Begin, for its duration: the message that it waited for has come."""
        duration = self.fault.source.duration
        self._caught_at = now
        if duration is not None:
            self.ends_at = min(self.ends_at, now + duration)

    def holds(self, now: float) -> bool:
        """Return whether it acts on the connection now."""
        is_on = self.fault.is_state or self._caught_at is not None
        return is_on and self.begins_at <= now < self.ends_at

    def next_change(self, now: float) -> float:
        """Return when the result of `holds` changes; `FOR_EVER`: not with time."""
        if not self.fault.is_state and self._caught_at is None:
            return FOR_EVER
        return min(
            (time for time in (self.begins_at, self.ends_at) if now < time), default=FOR_EVER
        )

    def _is_meant_for(self, item: Item) -> bool:
        if self.is_of_connection and (self.fault.is_state or self._caught_at is not None):
            return False
        return self.fault.behaviour.hits(item)

    def _is_turn(self) -> bool:
        frames = self.fault.source.frames
        if frames is None:
            return True
        if frames.nth is not None:
            return self._seen == frames.nth
        if frames.times is not None and self._fired >= frames.times:
            return False
        past = self._seen - frames.after_times
        return past > 0 and past % frames.every_nth == 0

    def _is_lucky(self) -> bool:
        probability = self.fault.source.probability
        return probability >= 1 or self.random.random() < probability
