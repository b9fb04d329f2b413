"""The timers of one dispatcher: a heap of callbacks that the dispatcher's owner runs.

The scheduler is used on the thread of that owner only. It has no thread and needs no lock. The time
comes from its clock, so a test with a manual clock decides when a timer is due.
"""

import heapq
from collections.abc import Callable
from itertools import count

from websocket_mock.actors.values.ports import Clock

_COMPACT_ABOVE = 1024


class Timer:
    """A callback that waits for its time. `due` is in monotonic seconds."""

    __slots__ = ("_scheduler", "callback", "due")

    def __init__(self, due: float, callback: Callable[[], object], scheduler: "Scheduler") -> None:
        self.due = due
        self.callback: Callable[[], object] | None = callback
        self._scheduler = scheduler

    def cancel(self) -> None:
        """Make sure that the callback will not run. Too late, or a second time, does nothing."""
        if self.callback is not None:
            self.callback = None
            self._scheduler.forget_one()


class Scheduler:
    """Runs callbacks when they are due, in the order of their times.

    Args:
        clock: the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._cancelled = 0

    def __len__(self) -> int:
        """Return how many timers are waiting."""
        return len(self._heap) - self._cancelled

    def call_later(
        self, delay: float, callback: Callable[[], object], since: float | None = None
    ) -> Timer:
        """Run a callback after `delay` seconds, in `run_due`.

        Args:
            delay: seconds.
            callback: what to run.
            since: when the delay began, in monotonic seconds; default: now. If it is over already,
                the callback is due now, and not earlier.
        """
        now = self._clock.monotonic()
        return self._add(now + delay if since is None else max(now, since + delay), callback)

    def call_at(self, due: float, callback: Callable[[], object]) -> Timer:
        """Run a callback at a time in monotonic seconds, or now if it is over, in `run_due`."""
        return self._add(max(self._clock.monotonic(), due), callback)

    def _add(self, due: float, callback: Callable[[], object]) -> Timer:
        timer = Timer(due, callback, self)
        heapq.heappush(self._heap, (due, next(self._order), timer))
        return timer

    def seconds_until_due(self) -> float | None:
        """Return the seconds until the next timer is due: 0 if it is late, None without timers."""
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        if not self._heap:
            return None
        return max(0.0, self._heap[0][0] - self._clock.monotonic())

    def run_due(self) -> None:
        """Run every callback that is due now. Timers that they start wait for the next call."""
        if not self._heap:
            return
        now, newcomer = self._clock.monotonic(), next(self._order)
        while self._heap and self._heap[0][0] <= now and self._heap[0][1] < newcomer:
            timer = heapq.heappop(self._heap)[2]
            callback, timer.callback = timer.callback, None
            if callback is None:
                self._cancelled -= 1
            else:
                callback()

    def forget_one(self) -> None:
        """Count a cancelled timer. The timer itself calls this."""
        self._cancelled += 1
        if self._cancelled > _COMPACT_ABOVE and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].callback is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0
