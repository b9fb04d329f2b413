"""One direction of a connection: what is under way, in the order in which it will arrive."""

from collections import deque
from dataclasses import dataclass

from websocket_mock.actors.faults.parcels import Parcel, is_control, is_end, size_of
from websocket_mock.actors.matching.units import FOR_EVER

MAX_BYTES = 16 * 1024 * 1024
MAX_PARCELS = 20_000
"""The most that may be under way in one direction. Then the sender must wait, or is cut off."""


@dataclass(slots=True)
class _HeldBack:
    parcel: Parcel
    by: int
    """The number of messages that must pass first."""
    until: float


class Lane:
    """A queue in which each item has a time of arrival. One connection and thread only.

    As in TCP, no item overtakes another; only items that are held back let others pass. Times are
    in monotonic seconds.
    """

    def __init__(self) -> None:
        self._queue: deque[tuple[float, int, Parcel]] = deque()
        """When each item arrives, its payload bytes, and the item."""
        self._held: list[_HeldBack] = []
        self._last_due = 0.0
        self._bytes = 0
        # An attribute, because each message asks for it several times.
        self.next_due = FOR_EVER
        """When the next item arrives; `FOR_EVER`: nothing is under way."""

    def __len__(self) -> int:
        """Return the number of items under way."""
        return len(self._queue) + len(self._held)

    @property
    def is_holding_back(self) -> bool:
        """Whether an item waits for others to pass it."""
        return bool(self._held)

    @property
    def load(self) -> float:
        """How full it is; 1 is the limit."""
        return max(self._bytes / MAX_BYTES, len(self) / MAX_PARCELS)

    @property
    def is_too_full(self) -> bool:
        """Whether more is under way than the limit allows."""
        return self._bytes > MAX_BYTES or len(self._queue) + len(self._held) > MAX_PARCELS

    def is_clear(self, now: float) -> bool:
        """Return whether an item that is pushed now would arrive now, before all others."""
        return not self._queue and not self._held and self._last_due <= now

    def push(self, parcel: Parcel, due: float) -> None:
        """Let an item arrive at a time, or later if the item before it arrives later."""
        if not self._held:
            self._append(parcel, due)
            self.next_due = self._queue[0][0]
            return
        if is_end(parcel.item):
            # Items that are still held back must arrive before it.
            self._release(due)
        self._append(parcel, due)
        if self._held and not is_control(parcel.item):
            self._let_pass(due)
        self._find_next_due()

    def hold_back(self, parcel: Parcel, by: int, until: float) -> None:
        """Let an item arrive after the next messages, or at a time if too few come."""
        self._bytes += parcel.size
        self._held.append(_HeldBack(parcel, by, until))
        self.next_due = min(self.next_due, until)

    def take(self, now: float) -> list[Parcel]:
        """Remove and return the items that have arrived."""
        if self._held:
            self._release(now, only_overdue=True)
        arrived, queue = [], self._queue
        while queue and queue[0][0] <= now:
            _, size, parcel = queue.popleft()
            self._bytes -= size
            arrived.append(parcel)
        self._find_next_due()
        return arrived

    def take_all(self) -> list[Parcel]:
        """Remove and return all items under way, without any further delay."""
        self._release(0.0)
        return self.take(FOR_EVER)

    def _let_pass(self, due: float) -> None:
        passed = [one for one in self._held if one.by <= 1]
        self._held = [one for one in self._held if one.by > 1]
        for one in self._held:
            one.by -= 1
        for one in passed:
            self._bytes -= one.parcel.size
            self._append(one.parcel, due)

    def _find_next_due(self) -> None:
        self.next_due = self._queue[0][0] if self._queue else FOR_EVER
        if self._held:
            self.next_due = min(self.next_due, *(one.until for one in self._held))

    def _append(self, parcel: Parcel, due: float) -> None:
        self._last_due = max(self._last_due, due)
        size = size_of(parcel.item)
        self._bytes += size
        self._queue.append((self._last_due, size, parcel))

    def _release(self, now: float, *, only_overdue: bool = False) -> None:
        released: list[_HeldBack] = []
        kept: list[_HeldBack] = []
        for one in self._held:
            (released if not only_overdue or one.until <= now else kept).append(one)
        self._held = kept
        for one in released:
            self._bytes -= one.parcel.size
            self._append(one.parcel, now)
