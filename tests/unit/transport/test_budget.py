"""The budget of unsent bytes, with connections that only know how many they have."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.transport.budget import NEAR, OutboxBudget

MOST = 1000


class Owing:
    """A connection. It is closed with `remainder` bytes that cannot be discarded, then dropped."""

    def __init__(self, budget: OutboxBudget, dispatcher: Dispatcher, remainder: int = 0) -> None:
        self.budget = budget
        self.dispatcher = dispatcher
        self.remainder = remainder
        self.size = 0
        self.relieved = 0

    def note(self, size: int) -> None:
        self.size = size
        self.budget.note(self, size)

    def relieve(self) -> None:
        self.relieved += 1
        self.note(min(self.size, self.remainder) if self.relieved == 1 else 0)


def make(count: int, most: int = MOST, remainder: int = 0) -> tuple[OutboxBudget, list[Owing]]:
    budget, dispatcher = OutboxBudget(most), Dispatcher("one", ManualClock())
    return budget, [Owing(budget, dispatcher, remainder) for _ in range(count)]


def unsent(budget: OutboxBudget) -> int:
    return budget.totals().unsent


def test_bytes_are_those_of_all_connections() -> None:
    budget, (one, other) = make(2)
    one.note(300)
    other.note(400)
    one.note(100)
    assert unsent(budget) == 500
    one.note(0)
    other.note(0)
    assert unsent(budget) == 0


def test_nobody_is_closed_up_to_the_limit() -> None:
    _, (one, other) = make(2)
    one.note(600)
    other.note(400)
    assert (one.relieved, other.relieved) == (0, 0)


def test_one_with_the_most_bytes_is_closed_first_whoever_crosses_the_limit() -> None:
    budget, (small, large, last) = make(3)
    small.note(300)
    large.note(600)
    last.note(200)
    assert (small.relieved, large.relieved, last.relieved) == (0, 1, 0)
    assert unsent(budget) == 500


def test_of_equal_ones_the_one_that_has_waited_longest_is_closed() -> None:
    _, (first, second, third) = make(3)
    second.note(400)
    first.note(100)
    first.note(400)
    third.note(400)
    assert (first.relieved, second.relieved, third.relieved) == (0, 1, 0)


def test_one_that_has_sent_all_in_between_has_not_waited() -> None:
    _, (first, second, third) = make(3)
    first.note(400)
    second.note(400)
    first.note(0)
    first.note(400)
    third.note(400)
    assert (first.relieved, second.relieved) == (0, 1)


def test_so_many_are_closed_that_new_connections_are_taken_again() -> None:
    budget, some = make(12)
    for one in some:
        one.note(90)
    assert sum(one.relieved for one in some) == 2
    assert budget.excess() is None


def test_one_alone_beyond_the_limit_is_closed_itself() -> None:
    budget, (one,) = make(1)
    one.note(MOST + 1)
    assert one.relieved == 1
    assert unsent(budget) == 0


def test_one_that_keeps_too_much_when_it_is_closed_is_dropped() -> None:
    budget, (one, other) = make(2, remainder=950)
    one.note(950)
    other.note(100)
    assert (one.relieved, other.relieved) == (2, 0)
    assert unsent(budget) == 100


def test_new_connections_are_refused_near_the_limit_and_counted() -> None:
    budget, (one,) = make(1)
    one.note(int(MOST * NEAR))
    assert budget.excess() is None
    one.note(int(MOST * NEAR) + 1)
    assert budget.excess() == "unsent bytes"
    assert budget.totals().refused == 1


def test_closed_connections_are_counted() -> None:
    budget, _ = make(0)
    budget.count_closed()
    totals = budget.totals()
    assert (totals.closed, totals.refused, totals.most) == (1, 0, MOST)


class TestTwoThreads:
    """Each dispatcher stands for a thread; the calls of the other one wait until it runs."""

    def setup_method(self) -> None:
        clock = ManualClock()
        self.budget = OutboxBudget(MOST)
        self.here, self.there = Dispatcher("here", clock), Dispatcher("there", clock)
        self.near, self.far = Owing(self.budget, self.here), Owing(self.budget, self.there)

    def test_one_of_the_other_thread_is_closed_there(self) -> None:
        self.far.note(700)
        self.near.note(400)
        assert (self.near.relieved, self.far.relieved) == (0, 0)
        self.there.run_ready()
        assert (self.near.relieved, self.far.relieved) == (0, 1)

    def test_one_that_will_be_closed_is_not_counted_twice(self) -> None:
        self.far.note(700)
        self.near.note(400)
        self.near.note(500)
        self.there.run_ready()
        assert (self.near.relieved, self.far.relieved) == (0, 1)

    def test_one_that_has_caught_up_in_the_meantime_is_not_closed(self) -> None:
        self.far.note(700)
        self.near.note(400)
        self.far.note(0)
        self.there.run_ready()
        assert self.far.relieved == 0
        assert unsent(self.budget) == 400

    def test_one_of_this_thread_is_closed_while_the_other_thread_hangs(self) -> None:
        self.far.note(700)
        self.near.note(400)
        self.near.note(MOST + 1)
        assert self.near.relieved == 1


STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1200)), max_size=60)


@given(STEPS, st.lists(st.integers(0, 600), min_size=10, max_size=10))
def test_whatever_comes_the_limit_holds_and_no_smaller_one_is_closed_first(
    steps: Sequence[tuple[int, int]], remainders: Sequence[int]
) -> None:
    budget, dispatcher = OutboxBudget(MOST), Dispatcher("one", ManualClock())
    some = [Owing(budget, dispatcher, remainder) for remainder in remainders]
    for index, size in steps:
        before = {one: one.size for one in some} | {some[index]: size}
        closed_before = {one for one in some if one.relieved}
        some[index].note(size)
        assert unsent(budget) == sum(one.size for one in some) <= MOST
        newly = [one for one in some if one.relieved and one not in closed_before]
        spared = [one for one in some if not one.relieved]
        if newly:
            assert sum(before.values()) > MOST
            assert all(before[one] <= min(map(before.__getitem__, newly)) for one in spared)


def test_threads_do_not_miscount() -> None:
    budget = OutboxBudget(10**9)

    def come_and_go(number: int) -> None:
        one = Owing(budget, Dispatcher(str(number), ManualClock()))
        for size in (*range(2000), 0):
            one.note(size)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert unsent(budget) == 0


def test_threads_that_cross_the_limit_at_the_same_time_all_go_on() -> None:
    budget = OutboxBudget(MOST)
    dispatchers = [Dispatcher(str(number), ManualClock()) for number in range(4)]

    def press(dispatcher: Dispatcher) -> None:
        some = [Owing(budget, dispatcher) for _ in range(20)]
        for one in some * 50:
            one.relieved = 0
            one.note(one.size + 70)
            dispatcher.run_ready()
        end: Callable[[Owing], None] = partial(Owing.note, size=0)
        list(map(end, some))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, dispatchers))
    for dispatcher in dispatchers:
        dispatcher.run_ready()
    assert unsent(budget) == 0
