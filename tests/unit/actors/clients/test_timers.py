"""The timers of one actor."""

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.clients.timers import Timers
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.messages import TimerElapsed


class Desk:
    """Timers, and the actor that is told of them."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.scheduler = Scheduler(self.clock)
        self.mail: list[TimerElapsed] = []
        self.timers = Timers(self.scheduler, self.mail.append)
        self.ran: list[str] = []

    def start(self, delay: float, name: str) -> int:
        return self.timers.start(delay, lambda: self.ran.append(name))

    def advance(self, seconds: float) -> None:
        """Let time pass; the mail stays in the box."""
        self.clock.advance(seconds)
        self.scheduler.run_due()

    def deliver(self) -> None:
        mail, self.mail[:] = list(self.mail), []
        for message in mail:
            self.timers.elapse(message.timer_id)


def test_callback_runs_when_the_actor_gets_the_mail() -> None:
    desk = Desk()
    timer_id = desk.start(1.0, "a")
    desk.advance(0.5)
    assert desk.mail == []
    desk.advance(0.5)
    assert desk.mail == [TimerElapsed(timer_id)]
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


def beat(desk: Desk, interval: float) -> list[float]:
    """Start a timer that starts itself again; return the times of its turns."""
    times: list[float] = []

    def turn() -> None:
        times.append(round(desk.clock.monotonic() - start, 6))
        desk.timers.start(interval, turn, is_periodic=True)

    start = desk.clock.monotonic()
    desk.timers.start(interval, turn, is_periodic=True)
    return times


def test_periodic_timer_keeps_its_pace_when_turns_are_late() -> None:
    desk = Desk()
    times = beat(desk, 1.0)
    for seconds in (1.2, 0.8, 1.2, 0.8):
        desk.advance(seconds)
        desk.deliver()
    assert times == [1.2, 2.0, 3.2, 4.0]


def test_periodic_timer_that_is_late_by_turns_makes_up_for_one_at_most() -> None:
    desk = Desk()
    times = beat(desk, 1.0)
    for seconds in (5.5, 0.0, 0.0, 0.5, 0.5, 1.0):
        desk.advance(seconds)
        desk.deliver()
    assert times == [5.5, 5.5, 6.5, 7.5]


def test_other_timers_count_from_the_moment_when_they_start() -> None:
    desk = Desk()

    def start_another() -> None:
        desk.start(1.0, "b")

    desk.timers.start(1.0, start_another)
    desk.advance(1.5)
    desk.deliver()
    desk.advance(0.9)
    desk.deliver()
    assert desk.ran == []
    desk.advance(0.1)
    desk.deliver()
    assert desk.ran == ["b"]


def test_alarm_runs_once_at_the_time_that_was_set_last() -> None:
    desk = Desk()
    alarm = desk.timers.alarm(lambda: desk.ran.append("alarm"))
    for due in (desk.clock.monotonic() + 1, desk.clock.monotonic() + 2):
        alarm.set(due)
    assert (len(desk.timers), len(desk.scheduler)) == (1, 1)
    desk.advance(1)
    assert desk.mail == []
    desk.advance(1)
    desk.deliver()
    assert (desk.ran, len(desk.timers), len(desk.scheduler)) == (["alarm"], 0, 0)


def test_alarm_that_is_set_to_no_time_does_not_run() -> None:
    desk = Desk()
    alarm = desk.timers.alarm(lambda: desk.ran.append("alarm"))
    alarm.set(desk.clock.monotonic() + 1)
    alarm.set(None)
    desk.advance(1)
    desk.deliver()
    assert (desk.ran, len(desk.timers), len(desk.scheduler)) == ([], 0, 0)


def test_alarm_that_is_set_anew_before_its_mail_comes_leaves_no_second_timer() -> None:
    desk = Desk()
    alarm = desk.timers.alarm(lambda: desk.ran.append("alarm"))
    alarm.set(desk.clock.monotonic() + 1)
    desk.advance(1)
    alarm.set(desk.clock.monotonic() + 5)
    desk.deliver()
    assert (desk.ran, len(desk.timers), len(desk.scheduler)) == (["alarm"], 0, 0)


def test_all_timers_are_cancelled_with_the_alarm() -> None:
    desk = Desk()
    alarm = desk.timers.alarm(lambda: desk.ran.append("alarm"))
    alarm.set(desk.clock.monotonic() + 1)
    desk.timers.cancel_all()
    desk.advance(1)
    desk.deliver()
    assert (desk.ran, len(desk.timers), len(desk.scheduler)) == ([], 0, 0)
