"""Timers on a clock that the test advances."""

import threading
from collections.abc import Callable
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.kernel.scheduler import Scheduler, Timer


class Run:
    """A scheduler whose timers write down their names."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.scheduler = Scheduler(self.clock)
        self.fired: list[object] = []

    def add(self, delay: float, name: object) -> Timer:
        return self.scheduler.call_later(delay, partial(self.fired.append, name))

    def advance(self, seconds: float) -> list[object]:
        """Let time pass and return what fired."""
        self.clock.advance(seconds)
        self.fired.clear()
        self.scheduler.run_due()
        return list(self.fired)


def test_timers_fire_in_order_of_their_times() -> None:
    run = Run()
    for delay in (3.0, 1.0, 2.0):
        run.add(delay, delay)
    assert run.advance(3.0) == [1.0, 2.0, 3.0]
    assert len(run.scheduler) == 0


def test_timers_of_the_same_time_fire_in_order_of_their_start() -> None:
    run = Run()
    for name in "abc":
        run.add(1.0, name)
    assert run.advance(1.0) == ["a", "b", "c"]


def test_timer_does_not_fire_before_its_time() -> None:
    run = Run()
    run.add(1.0, "a")
    assert run.advance(0.75) == []
    assert run.advance(0.25) == ["a"]


def test_timer_fires_once() -> None:
    run = Run()
    run.add(1.0, "a")
    assert run.advance(1.0) == ["a"]
    assert run.advance(1.0) == []


def test_running_without_timers_does_nothing() -> None:
    assert Run().advance(1.0) == []


def test_seconds_until_due_counts_down_to_zero() -> None:
    run = Run()
    assert run.scheduler.seconds_until_due() is None
    run.add(2.0, "a")
    assert run.scheduler.seconds_until_due() == 2.0
    run.clock.advance(1.5)
    assert run.scheduler.seconds_until_due() == 0.5
    run.clock.advance(1.5)
    assert run.scheduler.seconds_until_due() == 0.0


def test_seconds_until_due_skips_cancelled_timers() -> None:
    run = Run()
    first = run.add(1.0, "a")
    run.add(2.0, "b")
    first.cancel()
    assert run.scheduler.seconds_until_due() == 2.0
    assert len(run.scheduler) == 1


def test_seconds_until_due_is_none_when_all_are_cancelled() -> None:
    run = Run()
    run.add(1.0, "a").cancel()
    assert run.scheduler.seconds_until_due() is None
    assert len(run.scheduler) == 0


def test_cancelled_timer_does_not_fire() -> None:
    run = Run()
    run.add(1.0, "a").cancel()
    run.add(1.0, "b")
    assert run.advance(1.0) == ["b"]


def test_cancelling_twice_or_too_late_does_nothing() -> None:
    run = Run()
    early, late = run.add(1.0, "early"), run.add(2.0, "late")
    run.advance(1.0)
    early.cancel()
    assert len(run.scheduler) == 1
    late.cancel()
    late.cancel()
    assert len(run.scheduler) == 0


def test_callback_cancels_another_that_is_due_in_the_same_batch() -> None:
    run = Run()

    def cancel_victim() -> None:
        victim.cancel()

    run.scheduler.call_later(1.0, cancel_victim)
    victim = run.add(1.0, "victim")
    run.add(1.0, "bystander")
    assert run.advance(1.0) == ["bystander"]
    assert len(run.scheduler) == 0


def test_callback_that_cancels_itself_does_nothing() -> None:
    run = Run()

    def cancel_itself() -> None:
        own.cancel()

    own = run.scheduler.call_later(1.0, cancel_itself)
    run.add(2.0, "other")
    run.advance(1.0)
    assert len(run.scheduler) == 1


def test_callback_added_while_running_waits_for_the_next_call() -> None:
    run = Run()

    def again() -> None:
        run.fired.append("again")
        run.scheduler.call_later(0.0, again)

    run.scheduler.call_later(1.0, again)
    run.add(1.0, "other")
    assert run.advance(1.0) == ["again", "other"]
    assert run.scheduler.seconds_until_due() == 0.0
    assert run.advance(0.0) == ["again"]


def test_many_cancelled_timers_leave_the_heap_and_the_rest_keep_their_order() -> None:
    run = Run()
    timers = [run.add(float(3000 - number), number) for number in range(3000)]
    for timer in timers[:2500]:
        timer.cancel()
    assert len(run.scheduler) == 500
    assert len(run.scheduler._heap) < 2000
    assert run.advance(3000.0) == list(range(2999, 2499, -1))


def test_few_cancelled_timers_stay_until_their_time() -> None:
    run = Run()
    timers = [run.add(1.0, number) for number in range(100)]
    for timer in timers:
        timer.cancel()
    assert len(run.scheduler) == 0
    assert len(run.scheduler._heap) == 100
    assert run.advance(1.0) == []
    assert len(run.scheduler._heap) == 0


def test_heap_is_cleaned_while_callbacks_run() -> None:
    run = Run()
    victims: list[Timer] = []

    def cancel_all() -> None:
        for victim in victims:
            victim.cancel()

    run.scheduler.call_later(1.0, cancel_all)
    victims += [run.add(1.0, "victim") for _ in range(3000)]
    run.add(1.0, "bystander")
    assert run.advance(1.0) == ["bystander"]
    assert len(run.scheduler) == 0


def test_ten_thousand_pending_timers_cost_no_thread_and_fire_in_order() -> None:
    run = Run()
    before = threading.active_count()
    for number in range(10_000):
        run.add((number * 7919 % 10_000) / 1000, number * 7919 % 10_000)
    assert threading.active_count() == before
    assert len(run.scheduler) == 10_000
    assert run.advance(5.0) == list(range(5001))
    assert run.advance(5.0) == list(range(5001, 10_000))


class Model:
    """What a scheduler promises, written down without a heap."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[tuple[float, int]] = []

    def take_due(self) -> list[int]:
        due = sorted(one for one in self.waiting if one[0] <= self.now)
        self.waiting = [one for one in self.waiting if one[0] > self.now]
        return [number for _, number in due]

    def seconds_until_due(self) -> float | None:
        return max(0.0, min(self.waiting)[0] - self.now) if self.waiting else None


QUARTERS = st.integers(0, 40).map(lambda quarters: quarters / 4)
ADD = st.tuples(st.just("add"), QUARTERS)
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 60))
ADVANCE = st.tuples(st.just("advance"), QUARTERS)


@given(st.lists(ADD | CANCEL | ADVANCE, max_size=120))
def test_any_sequence_fires_in_order_of_time(steps: list[tuple[str, float]]) -> None:
    run, model = Run(), Model()
    timers: list[Timer] = []

    def add(delay: float) -> None:
        model.waiting.append((model.now + delay, len(timers)))
        timers.append(run.add(delay, len(timers)))

    def cancel(number: float) -> None:
        for timer in timers[int(number) : int(number) + 1]:
            timer.cancel()
        model.waiting = [one for one in model.waiting if one[1] != number]

    def advance(seconds: float) -> None:
        model.now += seconds
        assert run.advance(seconds) == model.take_due()

    do: dict[str, Callable[[float], None]] = {"add": add, "cancel": cancel, "advance": advance}
    for name, argument in steps:
        do[name](argument)
        assert len(run.scheduler) == len(model.waiting)
        assert run.scheduler.seconds_until_due() == model.seconds_until_due()


def test_callback_runs_at_a_time_or_now_if_it_is_over() -> None:
    clock = ManualClock()
    scheduler, ran = Scheduler(clock), []
    scheduler.call_at(clock.monotonic() + 2, lambda: ran.append("later"))
    scheduler.call_later(0, lambda: ran.append("now"))
    scheduler.call_at(clock.monotonic() - 1, lambda: ran.append("over"))
    scheduler.run_due()
    assert ran == ["now", "over"]
    clock.advance(2)
    scheduler.run_due()
    assert ran == ["now", "over", "later"]
