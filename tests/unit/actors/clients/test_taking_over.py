"""What is received while another client hands over is kept, in its order."""

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.clients.taking_over import MAX_EVENTS, PATIENCE, Events, TakingOver
from websocket_mock.actors.clients.timers import Timers
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.messages import TimerElapsed
from websocket_mock.actors.values.inbound import BinaryReceived

ONE, TWO, THREE = (BinaryReceived(bytes((number,))) for number in (1, 2, 3))


class Place:
    """A place that is taken over, and what was given up on of what was kept."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._scheduler = Scheduler(self._clock)
        self.timers = Timers(self._scheduler, self._elapse)
        self.late: list[Events] = []
        self.taking_over = TakingOver(self.timers, lambda: self.late.append(self.taking_over.end()))

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)
        self._scheduler.run_due()

    def _elapse(self, elapsed: TimerElapsed) -> None:
        self.timers.elapse(elapsed.timer_id)


def test_events_are_kept_in_their_order() -> None:
    place = Place()
    place.taking_over.keep((ONE, TWO))
    place.taking_over.keep((THREE,))
    assert place.taking_over.end() == (ONE, TWO, THREE)
    place.advance(PATIENCE)
    assert (place.late, len(place.timers)) == ([], 0)


def test_client_that_never_hands_over_is_waited_for_only_so_long() -> None:
    place = Place()
    place.taking_over.keep((ONE,))
    place.advance(PATIENCE / 2)
    assert place.late == []
    place.advance(PATIENCE / 2)
    assert place.late == [(ONE,)]


def test_only_so_many_events_are_kept() -> None:
    place = Place()
    place.taking_over.keep((ONE,) * MAX_EVENTS)
    assert place.late == []
    place.taking_over.keep((TWO,))
    assert place.late == [(*(ONE,) * MAX_EVENTS, TWO)]
