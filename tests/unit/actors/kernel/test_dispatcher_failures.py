"""Actors that crash or stop, and a dispatcher that closes."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pykka
import pytest

from tests.helpers.fakes import ManualClock
from tests.helpers.worker import Workplace, boom
from websocket_mock.actors.kernel.dispatcher import Dispatcher, Mailbox
from websocket_mock.actors.kernel.errors import ActorGone, AskTimeout
from websocket_mock.actors.kernel.refs import Query, Ref, ask, tell
from websocket_mock.actors.messages import Ping


@pytest.fixture
def place() -> Iterator[Workplace]:
    dispatcher = Dispatcher("test-reader", ManualClock())
    dispatcher.adopt()
    workplace = Workplace(dispatcher)
    yield workplace
    workplace.close()


def assert_others_go_on(place: Workplace) -> None:
    kept: list[Any] = []
    place.hire(kept).tell("mail")
    place.run()
    assert kept == ["mail"]


class Intruder(pykka.ThreadingFuture[Any]):
    """A future that stands for another thread: it acts while the actor is being torn down."""

    def __init__(self, act: Any) -> None:
        super().__init__()
        self._act = act

    def set_exception(self, exc_info: Any = None) -> None:
        super().set_exception(exc_info)
        self._act()


# --- crashes --------------------------------------------------------------------------------------


def test_crash_under_tell_stops_the_actor_and_calls_on_failure(place: Workplace) -> None:
    hooks: list[str] = []
    ref = place.hire(
        on_failure=partial(hooks.append, "failure"), on_stop=partial(hooks.append, "stop")
    )
    ref.tell(boom)
    place.run()
    assert hooks == ["failure"]
    assert not ref.is_alive()
    assert_others_go_on(place)


def test_crash_under_ask_goes_to_the_asker(place: Workplace) -> None:
    ref = place.hire()
    future = ref.ask(boom, block=False)
    place.run()
    with pytest.raises(RuntimeError, match="boom"):
        future.get(timeout=0)
    assert_others_go_on(place)


def test_crash_in_on_start_stops_the_actor_before_its_mail(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept, on_start=boom)
    ref.tell("mail")
    question = ref.ask("question", block=False)
    place.run()
    assert not ref.is_alive()
    assert kept == []
    with pytest.raises(pykka.ActorDeadError):
        question.get(timeout=0)
    assert_others_go_on(place)


def test_crash_in_on_stop_stops_the_actor_all_the_same(place: Workplace) -> None:
    ref = place.hire(on_stop=boom)
    stopped = ref.stop(block=False)
    place.run()
    assert stopped.get(timeout=0)
    assert not ref.is_alive()
    assert_others_go_on(place)


def test_crash_in_on_failure_takes_nobody_along(place: Workplace) -> None:
    ref = place.hire(on_failure=boom)
    ref.tell(boom)
    place.run()
    assert not ref.is_alive()
    assert_others_go_on(place)


# --- stopping -------------------------------------------------------------------------------------


def test_stopped_actor_handles_what_came_before_and_nothing_after(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    ref.tell("before")
    ref.stop(block=False)
    ref.tell("after")
    place.run()
    assert kept == ["before"]
    assert not tell(ref, "too late")
    assert place.dispatcher.is_idle


def test_question_after_a_stop_is_answered_with_actor_gone(place: Workplace) -> None:
    ref = place.hire()
    ref.stop(block=False)
    futures = [ref.ask(number, block=False) for number in range(200)]
    place.run()
    for future in futures:
        with pytest.raises(pykka.ActorDeadError, match="stopped before handling"):
            future.get(timeout=0)


def test_mail_from_another_thread_during_teardown_does_not_break_the_dispatcher(
    place: Workplace,
) -> None:
    # `tell` looks whether the actor is alive before it puts the mail, without a lock: mail can
    # come at any moment of the teardown.
    ref = place.hire()
    inbox = ref.actor_inbox
    assert isinstance(inbox, Mailbox)
    late: pykka.Future[Any] = pykka.ThreadingFuture()
    put = partial(inbox.put, pykka._envelope.Envelope("late", reply_to=late))
    ref.stop(block=False)
    inbox.put(pykka._envelope.Envelope("question", reply_to=Intruder(put)))
    place.run()
    with pytest.raises(pykka.ActorDeadError):
        late.get(timeout=0)
    assert_others_go_on(place)


def test_mail_put_after_the_teardown_is_answered_in_a_later_pass(place: Workplace) -> None:
    ref = place.hire()
    ref.stop(block=False)
    place.run()
    late: pykka.Future[Any] = pykka.ThreadingFuture()
    ref.actor_inbox.put(pykka._envelope.Envelope("late", reply_to=late))
    place.run()
    with pytest.raises(pykka.ActorDeadError):
        late.get(timeout=0)


def test_asking_a_dead_actor_raises_actor_gone(place: Workplace) -> None:
    ref: Ref = place.hire()
    ref.stop(block=False)
    place.run()
    with pytest.raises(ActorGone):
        ask(ref, Ping(), timeout=0)


def test_asking_an_actor_whose_dispatcher_does_not_run_times_out(place: Workplace) -> None:
    query: Query[None] = Ping()
    with pytest.raises(AskTimeout):
        ask(place.hire(), query, timeout=0.01)


# --- closing --------------------------------------------------------------------------------------


def test_call_that_waits_at_the_close_is_still_answered(place: Workplace) -> None:
    future = place.dispatcher.submit(lambda: "answer")
    place.dispatcher.close()
    assert future.get(timeout=0) == "answer"


def test_call_after_the_close_is_refused(place: Workplace) -> None:
    place.dispatcher.close()
    future = place.dispatcher.submit(lambda: "answer")
    with pytest.raises(ActorGone, match="test-reader has stopped"):
        future.get(timeout=0)


def test_call_refused_during_the_close_does_not_break_it(place: Workplace) -> None:
    # Another thread may submit between the moment `close` refuses calls and its last pass; the
    # second `close` here is that last pass.
    place.dispatcher.close()
    future = place.dispatcher.submit(lambda: "answer")
    place.dispatcher.close()
    with pytest.raises(ActorGone):
        future.get(timeout=0)
    assert place.dispatcher.is_idle


def test_refusal_of_a_call_that_was_answered_in_time_changes_nothing(place: Workplace) -> None:
    dispatcher = place.dispatcher
    dispatcher.close()
    # The last pass of `close` runs the call before `submit` comes to refuse it.
    dispatcher.wake = dispatcher.run_ready
    dispatcher._owner = None
    future = dispatcher.submit(lambda: "answer")
    assert future.get(timeout=0) == "answer"
