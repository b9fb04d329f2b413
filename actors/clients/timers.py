"""The timers of one actor. The actor handles one that is due like a message."""

from collections.abc import Callable, MutableMapping
from functools import partial
from itertools import count

from websocket_mock.actors.kernel.scheduler import Scheduler, Timer
from websocket_mock.actors.messages import TimerElapsed

_Waiting = MutableMapping[int, tuple[Timer, Callable[[], None]]]
"""The timers that wait, by their numbers, each with its callback."""

HandOver = Callable[[TimerElapsed], object]
"""Lets the actor handle `TimerElapsed`."""


class Alarm:
    """A timer that is set again and again for one callback. The dispatcher's thread only.

    What tells the actor is made once, and not for each message.

    Args:
        timer_id: its number.
        callback: what to run. It may set the alarm again.
        scheduler: the timers of the dispatcher.
        waiting: the timers of the actor, of which it is one while it is set.
        hand_over: lets the actor handle `TimerElapsed`.
    """

    __slots__ = ("_callback", "_due", "_elapsed", "_id", "_scheduler", "_timer", "_waiting")

    def __init__(
        self,
        timer_id: int,
        callback: Callable[[], None],
        scheduler: Scheduler,
        waiting: _Waiting,
        hand_over: HandOver,
    ) -> None:
        self._id = timer_id
        self._callback = callback
        self._scheduler = scheduler
        self._waiting = waiting
        # The actor handles it like a message, so that pykka handles what the callback raises.
        self._elapsed = partial(hand_over, TimerElapsed(timer_id))
        self._due: float | None = None
        self._timer: Timer | None = None

    def set(self, due: float | None) -> None:
        """Run the callback at a time in monotonic seconds, or now if it is over; None: never.

        The time that was set before no longer counts.
        """
        if due == self._due:
            return
        self._disarm()
        self._due = due
        if due is not None:
            self._timer = timer = self._scheduler.call_at(due, self._elapsed)
            self._waiting[self._id] = (timer, self._ring)

    def _ring(self) -> None:
        # The mail may be from a time that was set before, and another timer may be waiting.
        self._disarm()
        self._callback()

    def _disarm(self) -> None:
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._waiting.pop(self._id, None)


class Timers:
    """Callbacks of one actor that wait for their time. The dispatcher's thread only.

    Args:
        scheduler: the timers of the dispatcher.
        hand_over: lets the actor handle `TimerElapsed`, for which it must call `elapse`.
    """

    def __init__(self, scheduler: Scheduler, hand_over: HandOver) -> None:
        self._scheduler = scheduler
        self._hand_over = hand_over
        self._due: float | None = None
        """When the timer was due whose callback runs; None: none runs."""
        self._waiting: _Waiting = {}
        self._of_behaviour: set[int] = set()
        self._ids = count(1)

    def __len__(self) -> int:
        """Return how many timers are waiting."""
        return len(self._waiting)

    def start(
        self,
        delay: float,
        callback: Callable[[], None],
        *,
        is_of_behaviour: bool = False,
        is_periodic: bool = False,
    ) -> int:
        """Run a callback after `delay` seconds; return the timer's number for `cancel`.

        Args:
            delay: seconds.
            callback: what to run.
            is_of_behaviour: whether `cancel_those_of_behaviour` cancels it.
            is_periodic: whether the delay began when the timer was due whose callback runs now. If
                it is over already, the callback is due at once.
        """
        timer_id = next(self._ids)
        # The actor handles it like a message, so that pykka handles what the callback raises.
        elapsed = partial(self._hand_over, TimerElapsed(timer_id))
        since = self._due if is_periodic else None
        self._waiting[timer_id] = (self._scheduler.call_later(delay, elapsed, since), callback)
        if is_of_behaviour:
            self._of_behaviour.add(timer_id)
        return timer_id

    def alarm(self, callback: Callable[[], None]) -> "Alarm":
        """Return a timer that is set again and again; it is not set yet."""
        return Alarm(next(self._ids), callback, self._scheduler, self._waiting, self._hand_over)

    def elapse(self, timer_id: int) -> None:
        """Run the callback of a timer that is due, unless it was cancelled meanwhile."""
        waiting = self._take(timer_id)
        if waiting is None:
            return
        timer, callback = waiting
        self._due = timer.due
        try:
            callback()
        finally:
            self._due = None

    def cancel(self, timer_id: int) -> None:
        """Make sure that a callback will not run. Does nothing if it has run already."""
        waiting = self._take(timer_id)
        if waiting is not None:
            waiting[0].cancel()

    def cancel_those_of_behaviour(self) -> None:
        """Cancel the timers of the behaviour, and no others."""
        for timer_id in list(self._of_behaviour):
            self.cancel(timer_id)

    def cancel_all(self) -> None:
        """Cancel all timers."""
        for timer_id in list(self._waiting):
            self.cancel(timer_id)

    def _take(self, timer_id: int) -> tuple[Timer, Callable[[], None]] | None:
        self._of_behaviour.discard(timer_id)
        return self._waiting.pop(timer_id, None)
