"""The timers of one actor. The actor handles one that is due like a message."""

from collections.abc import Callable
from functools import partial
from itertools import count

from websocket_mock.actors.kernel.scheduler import Scheduler, Timer
from websocket_mock.actors.messages import TimerElapsed


class Timers:
    """Callbacks of one actor that wait for their time. The dispatcher's thread only.

    Args:
        scheduler: the timers of the dispatcher.
        hand_over: lets the actor handle `TimerElapsed`, for which it must call `elapse`.
    """

    def __init__(self, scheduler: Scheduler, hand_over: Callable[[TimerElapsed], object]) -> None:
        self._scheduler = scheduler
        self._hand_over = hand_over
        self._due: float | None = None
        """When the timer was due whose callback runs; None: none runs."""
        self._waiting: dict[int, tuple[Timer, Callable[[], None]]] = {}
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
