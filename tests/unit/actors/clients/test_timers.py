"""The timers of one actor."""

from tests.helpers.fakes import ManualClock, RecordingRef
from websocket_mock.actors.clients.timers import Timers
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.messages import TimerElapsed


class Desk:
    """Timers, and the actor that is told of them."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self.scheduler = Scheduler(self._clock)
        self.ref = RecordingRef()
        self.timers = Timers(self.scheduler, self.ref)
        self.ran: list[str] = []

    def start(self, delay: float, name: str) -> int:
        return self.timers.start(delay, lambda: self.ran.append(name))

    def advance(self, seconds: float) -> None:
        """Let time pass; the mail stays in the box."""
        self._clock.advance(seconds)
        self.scheduler.run_due()

    def deliver(self) -> None:
        for message in self.ref.take():
            self.timers.elapse(message.timer_id)


def test_callback_runs_when_the_actor_gets_the_mail() -> None:
    desk = Desk()
    timer_id = desk.start(1.0, "a")
    desk.advance(0.5)
    assert desk.ref.mail == []
    desk.advance(0.5)
    assert desk.ref.mail == [TimerElapsed(timer_id)]
    assert (desk.ran, len(desk.timers)) == ([], 1)
    desk.deliver()
    assert (desk.ran, len(desk.timers)) == (["a"], 0)


def test_timer_that_was_cancelled_does_not_run() -> None:
    desk = Desk()
    timer_id, _ = desk.start(1.0, "a"), desk.start(1.0, "b")
    desk.timers.cancel(timer_id)
    assert (len(desk.timers), len(desk.scheduler)) == (1, 1)
    desk.advance(1)
    desk.deliver()
    assert desk.ran == ["b"]


def test_timer_that_is_cancelled_while_its_mail_waits_does_not_run() -> None:
    desk = Desk()
    timer_id = desk.start(1.0, "a")
    desk.advance(1)
    desk.timers.cancel(timer_id)
    desk.deliver()
    assert desk.ran == []


def test_timer_that_has_run_may_be_cancelled() -> None:
    desk = Desk()
    timer_id = desk.start(0.0, "a")
    desk.advance(0)
    desk.deliver()
    desk.timers.cancel(timer_id)
    assert desk.ran == ["a"]


def test_all_timers_are_cancelled_at_once() -> None:
    desk = Desk()
    for name in "abc":
        desk.start(1.0, name)
    desk.timers.cancel_all()
    assert (len(desk.timers), len(desk.scheduler)) == (0, 0)
    desk.advance(1)
    desk.deliver()
    assert desk.ran == []
