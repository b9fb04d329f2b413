"""What is received while another client hands over is kept, in its order."""

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.clients.taking_over import MAX_EVENTS, PATIENCE, Events, TakingOver
from websocket_mock.actors.clients.timers import Timers
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.messages import TimerElapsed
from websocket_mock.actors.values.inbound import BinaryReceived

ONE, TWO, THREE = (BinaryReceived(bytes((number,))) for number in (1, 2, 3))


class Place:
    """A place that is taken over, and what was handled of what was kept."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._scheduler = Scheduler(self._clock)
        self.timers = Timers(self._scheduler, self._elapse)
        self.handled: list[Events] = []
        self.taking_over = TakingOver(self.timers, self.handled.append)

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)
        self._scheduler.run_due()

    def _elapse(self, elapsed: TimerElapsed) -> None:
        self.timers.elapse(elapsed.timer_id)


def test_events_are_handled_in_their_order_when_the_other_client_has_handed_over() -> None:
    place = Place()
    place.taking_over.begin()
    place.taking_over.keep((ONE, TWO))
    place.taking_over.keep((THREE,))
    assert place.handled == []
    place.taking_over.end()
    place.taking_over.end()
    assert place.handled == [(ONE, TWO, THREE)]
    assert (place.taking_over.is_under_way, len(place.timers)) == (False, 0)


def test_client_that_never_hands_over_is_waited_for_only_so_long() -> None:
    place = Place()
    place.taking_over.begin()
    place.advance(PATIENCE / 2)
    place.taking_over.begin()
    place.taking_over.keep((ONE,))
    place.advance(PATIENCE / 2)
    assert place.handled == [(ONE,)]


def test_only_so_many_events_are_kept() -> None:
    place = Place()
    place.taking_over.begin()
    place.taking_over.keep((ONE,) * MAX_EVENTS)
    assert place.handled == []
    place.taking_over.keep((TWO,))
    assert place.handled == [(*(ONE,) * MAX_EVENTS, TWO)]
