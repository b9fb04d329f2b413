"""The timers of one actor. A timer that is due comes through the actor's mailbox."""

from collections.abc import Callable
from functools import partial
from itertools import count

from websocket_mock.actors.kernel.refs import Ref, tell
from websocket_mock.actors.kernel.scheduler import Scheduler, Timer
from websocket_mock.actors.messages import TimerElapsed


class Timers:
    """Callbacks of one actor that wait for their time. The dispatcher's thread only.

    Args:
        scheduler: the timers of the dispatcher.
        ref: the actor, which must call `elapse` when it is told `TimerElapsed`.
    """

    def __init__(self, scheduler: Scheduler, ref: Ref) -> None:
        self._scheduler = scheduler
        self._ref = ref
        self._waiting: dict[int, tuple[Timer, Callable[[], None]]] = {}
        self._of_behaviour: set[int] = set()
        self._ids = count(1)

    def __len__(self) -> int:
        """Return how many timers are waiting."""
        return len(self._waiting)

    def start(
        self, delay: float, callback: Callable[[], None], *, is_of_behaviour: bool = False
    ) -> int:
        """Run a callback after `delay` seconds; return the timer's number for `cancel`."""
        timer_id = next(self._ids)
        # It goes through the mailbox, so that pykka handles what the callback raises.
        elapsed = partial(tell, self._ref, TimerElapsed(timer_id))
        self._waiting[timer_id] = (self._scheduler.call_later(delay, elapsed), callback)
        if is_of_behaviour:
            self._of_behaviour.add(timer_id)
        return timer_id

    def elapse(self, timer_id: int) -> None:
        """Run the callback of a timer that is due, unless it was cancelled meanwhile."""
        waiting = self._take(timer_id)
        if waiting is not None:
            waiting[1]()

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
