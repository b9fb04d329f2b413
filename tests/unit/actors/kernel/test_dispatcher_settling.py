"""When everything that had been sent is handled: the dispatcher settles, run by the test itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.fakes import ManualClock
from tests.helpers.worker import Workplace
from websocket_mock.actors.kernel.dispatcher import (
    MESSAGES_PER_TURN,
    SETTLE_PASSES,
    SETTLE_PAUSE,
    SETTLE_SECONDS,
    Dispatcher,
)
from websocket_mock.actors.kernel.errors import ActorGone


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def place(clock: ManualClock) -> Iterator[Workplace]:
    dispatcher = Dispatcher("test-reader", clock)
    dispatcher.adopt()
    workplace = Workplace(dispatcher)
    yield workplace
    workplace.close()


def test_settled_function_runs_after_what_the_next_pass_reads(place: Workplace) -> None:
    dispatcher, seen = place.dispatcher, []
    kept: list[Any] = []
    worker = place.hire(kept)
    future = dispatcher.submit_settled(lambda: seen.extend(kept))
    dispatcher.run_ready()  # this pass may have looked for something to read before the call
    for message in ("first", "second"):
        dispatcher.has_input = True
        worker.tell(message)
        dispatcher.run_ready()
        assert len(dispatcher._calls) == 1
    dispatcher.has_input = False
    dispatcher.run_ready()
    assert future.get(timeout=0) is None
    assert seen == ["first", "second"]


def test_settled_function_waits_for_mail_that_takes_several_turns(place: Workplace) -> None:
    kept: list[Any] = []
    worker = place.hire(kept)
    for number in range(2 * MESSAGES_PER_TURN):
        worker.tell(number)
    future = place.dispatcher.submit_settled(lambda: len(kept))
    place.run()
    assert future.get(timeout=0) == 2 * MESSAGES_PER_TURN


def test_settled_function_runs_late_if_there_is_always_something_to_read(
    place: Workplace, clock: ManualClock
) -> None:
    place.dispatcher.has_input = True
    future = place.dispatcher.submit_settled(lambda: "late")
    for _ in range(2 * SETTLE_PASSES):
        place.dispatcher.run_ready()
    was_idle = place.dispatcher.is_idle
    clock.advance(SETTLE_SECONDS)
    place.dispatcher.run_ready()
    assert (was_idle, place.dispatcher.is_idle) == (False, True)
    assert future.get(timeout=0) == "late"


def test_settled_function_waits_for_the_rest_of_a_message(
    place: Workplace, clock: ManualClock
) -> None:
    parts = [True, True, False]
    place.dispatcher.is_mid_message = lambda: parts.pop(0)
    future = place.dispatcher.submit_settled(lambda: list(parts))
    for _ in range(5):
        place.dispatcher.run_ready()
        clock.advance(SETTLE_PAUSE)
    assert future.get(timeout=0) == []


def test_settled_function_does_not_wait_for_ever_for_the_rest_of_a_message(
    place: Workplace, clock: ManualClock
) -> None:
    place.dispatcher.is_mid_message = lambda: True
    future = place.dispatcher.submit_settled(lambda: "late")
    looks = 0
    while place.dispatcher.scheduler or not place.dispatcher.is_idle:
        place.dispatcher.run_ready()
        clock.advance(SETTLE_PAUSE)
        looks += 1
    assert looks == pytest.approx(SETTLE_SECONDS / SETTLE_PAUSE, abs=3)
    assert future.get(timeout=0) == "late"


def test_settled_function_runs_at_the_close(place: Workplace) -> None:
    future = place.dispatcher.submit_settled(lambda: "done")
    place.dispatcher.close()
    assert future.get(timeout=0) == "done"
    with pytest.raises(ActorGone):
        place.dispatcher.submit_settled(lambda: "never").get(timeout=0)
