"""Turns, wake-ups and calls of a dispatcher, run by the test itself."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.helpers.fakes import ManualClock
from tests.helpers.wait import PATIENCE
from tests.helpers.worker import Workplace, boom
from websocket_mock.actors.kernel.dispatcher import (
    MESSAGES_PER_TURN,
    Dispatcher,
    Mailbox,
    tell_all,
)
from websocket_mock.actors.kernel.refs import Ref


class Bell:
    """Counts how often the owner was woken."""

    def __init__(self) -> None:
        self.rings = 0

    def __call__(self) -> None:
        self.rings += 1


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def place(clock: ManualClock, bell: Bell) -> Iterator[Workplace]:
    dispatcher = Dispatcher("test-reader", clock, bell)
    dispatcher.adopt()
    workplace = Workplace(dispatcher)
    yield workplace
    workplace.close()


def on_another_thread(action: Any) -> None:
    thread = threading.Thread(target=action, name="teller")
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


# --- turns ----------------------------------------------------------------------------------------


def test_actor_runs_on_the_owners_thread_and_only_when_the_dispatcher_runs(
    place: Workplace,
) -> None:
    threads: list[int] = []
    before = threading.active_count()
    ref = place.hire(on_start=lambda: threads.append(threading.get_ident()))
    ref.tell(lambda: threads.append(threading.get_ident()))
    assert threads == []
    place.dispatcher.run_ready()
    assert threads == [threading.get_ident()] * 2
    assert threading.active_count() == before


def test_actor_is_set_up_once(place: Workplace) -> None:
    starts: list[str] = []
    ref = place.hire(on_start=partial(starts.append, "started"))
    place.run()
    ref.tell("mail")
    place.run()
    assert starts == ["started"]


def test_mail_is_handled_in_the_order_it_came(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    for number in range(10):
        ref.tell(number)
    place.dispatcher.run_ready()
    assert kept == list(range(10))


def test_actor_handles_a_bounded_number_of_messages_per_turn(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    for number in range(2 * MESSAGES_PER_TURN + 1):
        ref.tell(number)
    sizes = []
    while not place.dispatcher.is_idle:
        place.dispatcher.run_ready()
        sizes.append(len(kept))
    assert sizes == [MESSAGES_PER_TURN, 2 * MESSAGES_PER_TURN, 2 * MESSAGES_PER_TURN + 1]


def test_busy_actor_does_not_keep_others_waiting(place: Workplace) -> None:
    much: list[Any] = []
    little: list[Any] = []
    busy, other = place.hire(much), place.hire(little)
    for number in range(1000):
        busy.tell(number)
    other.tell("short")
    place.dispatcher.run_ready()
    assert little == ["short"]
    assert len(much) == MESSAGES_PER_TURN


def test_actor_that_tells_itself_for_ever_does_not_keep_the_thread(place: Workplace) -> None:
    kept: list[Any] = []
    rounds = 0
    ref = place.hire()

    def again() -> None:
        nonlocal rounds
        rounds += 1
        ref.tell(again)

    ref.tell(again)
    place.hire(kept).tell("other")
    place.dispatcher.run_ready()
    assert rounds == MESSAGES_PER_TURN
    assert kept == ["other"]


def test_actor_is_queued_once_however_much_mail_it_gets(place: Workplace) -> None:
    ref = place.hire()
    for number in range(5):
        ref.tell(number)
    assert len(place.dispatcher._ready) == 1
    place.run()
    ref.tell("more")
    ref.tell("and more")
    assert len(place.dispatcher._ready) == 1


def test_mail_for_an_actor_that_had_its_turn_waits_for_the_next_pass(place: Workplace) -> None:
    kept: list[Any] = []
    first = place.hire(kept)
    place.hire().tell(partial(first.tell, "from the second"))
    place.dispatcher.run_ready()
    assert kept == []
    assert not place.dispatcher.is_idle
    place.dispatcher.run_ready()
    assert kept == ["from the second"]


def test_backlog_is_the_number_of_messages_that_wait(place: Workplace) -> None:
    ref = place.hire()
    for number in range(MESSAGES_PER_TURN + 3):
        ref.tell(number)
    inbox = mailbox_of(ref)
    assert len(inbox) == inbox.backlog() == MESSAGES_PER_TURN + 3
    place.dispatcher.run_ready()
    assert len(inbox) == inbox.backlog() == 3


def test_mail_put_before_the_actor_has_a_dispatcher_is_kept() -> None:
    mailbox = Mailbox()
    mailbox.put("early")
    assert len(mailbox) == 1
    assert not mailbox.empty()


# --- messages that are handed over ----------------------------------------------------------------


def mailbox_of(ref: Ref) -> Mailbox:
    inbox = ref.actor_inbox
    assert isinstance(inbox, Mailbox)
    return inbox


def test_message_is_handled_at_once_if_no_mail_waits(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    place.run()
    mailbox_of(ref).hand_over("now")
    assert kept == ["now"]
    assert place.dispatcher.is_idle


def test_message_is_handled_after_the_start_and_the_mail_that_waits(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept, on_start=partial(kept.append, "started"))
    mailbox_of(ref).hand_over("first")
    place.run()
    ref.tell("mail")
    mailbox_of(ref).hand_over("last")
    assert kept == ["started", "first"]
    place.run()
    assert kept == ["started", "first", "mail", "last"]


def test_what_is_told_while_a_message_is_handled_follows_it(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    place.run()
    mailbox_of(ref).hand_over(partial(ref.tell, "later"))
    mailbox_of(ref).hand_over("last")
    place.run()
    assert kept == ["later", "last"]


def test_failure_with_a_message_that_was_handed_over_is_as_any_other(place: Workplace) -> None:
    hooks: list[str] = []
    ref = place.hire(on_failure=partial(hooks.append, "failure"))
    place.run()
    mailbox_of(ref).hand_over(boom)
    assert hooks == ["failure"]
    assert not ref.is_alive()


def test_message_for_an_actor_that_has_stopped_is_dropped(place: Workplace) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    place.run()
    ref.stop(block=False)
    place.run()
    mailbox_of(ref).hand_over("too late")
    place.run()
    assert kept == []
    assert len(mailbox_of(ref)) == 0


# --- one message for many -------------------------------------------------------------------------


def test_message_for_many_reaches_each_of_them_once(place: Workplace) -> None:
    kept: list[list[Any]] = [[] for _ in range(5)]
    refs = [place.hire(one) for one in kept]
    place.run()
    assert tell_all(refs, "news") == 5
    place.run()
    assert kept == [["news"]] * 5


@pytest.mark.parametrize("before", [[], ["before"]])
def test_message_for_many_keeps_its_place_among_others(place: Workplace, before: list[str]) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    place.run()
    for message in before:
        ref.tell(message)
    tell_all([ref], "news")
    tell_all([ref], "more")
    ref.tell("after")
    tell_all([ref], "last")
    place.run()
    assert kept == [*before, "news", "more", "after", "last"]


def test_message_for_many_comes_after_the_start(place: Workplace) -> None:
    kept: list[Any] = []
    tell_all([place.hire(kept, on_start=partial(kept.append, "started"))], "news")
    place.run()
    assert kept == ["started", "news"]


def test_those_that_have_stopped_or_that_fail_do_not_keep_it_from_the_others(
    place: Workplace,
) -> None:
    kept: list[Any] = []
    gone, failing, last = place.hire(), place.hire(), place.hire(kept)
    place.run()
    gone.stop(block=False)
    place.run()
    failing.tell(boom)
    assert tell_all([gone, failing, last], partial(kept.append, "news")) == 2
    place.run()
    assert kept == ["news"]
    assert not failing.is_alive()


def test_actors_of_several_dispatchers_get_it_on_their_own_threads(place: Workplace) -> None:
    elsewhere = Dispatcher("other-reader", ManualClock())
    kept: list[Any] = []
    other = Workplace(elsewhere)
    refs = [place.hire(kept), other.hire(kept)]
    place.run()
    other.run()
    assert tell_all(refs, "news") == 2
    place.run()
    assert kept == ["news"]
    other.run()
    assert kept == ["news", "news"]
    other.close()


# --- waking the owner -----------------------------------------------------------------------------


def test_owner_is_not_woken_by_itself(place: Workplace, bell: Bell) -> None:
    ref = place.hire()
    ref.tell("mail")
    place.dispatcher.call_soon(lambda: None)
    assert bell.rings == 0


def test_owner_is_woken_once_per_pass_by_other_threads(place: Workplace, bell: Bell) -> None:
    refs = [place.hire() for _ in range(3)]
    place.run()

    def tell_all() -> None:
        for ref in refs:
            ref.tell("one")
            ref.tell("two")
        place.dispatcher.call_soon(lambda: None)

    on_another_thread(tell_all)
    assert bell.rings == 1
    place.run()
    on_another_thread(tell_all)
    assert bell.rings == 2


def test_owner_is_woken_by_mail_that_comes_while_it_works(place: Workplace, bell: Bell) -> None:
    ref, other = place.hire(), place.hire()
    place.run()
    on_another_thread(lambda: ref.tell(lambda: on_another_thread(lambda: other.tell("late"))))
    assert bell.rings == 1
    place.dispatcher.run_ready()
    assert bell.rings == 2


def test_every_thread_is_foreign_before_the_owner_adopts(bell: Bell, clock: ManualClock) -> None:
    dispatcher = Dispatcher("nobody's", clock, bell)
    dispatcher.call_soon(lambda: None)
    assert bell.rings == 1
    dispatcher.run_ready()


def test_tells_from_many_threads_lose_nothing_and_keep_each_threads_order(
    clock: ManualClock,
) -> None:
    tellers, messages, actors = 4, 2000, 5
    work = threading.Event()
    place = Workplace(Dispatcher("busy-reader", clock, work.set))
    place.dispatcher.adopt()
    kept: list[list[tuple[int, int]]] = [[] for _ in range(actors)]
    refs = [place.hire(one) for one in kept]

    def tell_all(teller: int) -> None:
        for number in range(messages):
            refs[number % actors].tell((teller, number))

    threads = [
        threading.Thread(target=tell_all, args=(one,), name="teller") for one in range(tellers)
    ]
    for thread in threads:
        thread.start()
    # The owner's loop: with nothing to do, only the wake-up makes it look again.
    place.dispatcher.run_ready()
    while sum(map(len, kept)) < tellers * messages:
        if place.dispatcher.is_idle:
            assert work.wait(PATIENCE)
            work.clear()
        place.dispatcher.run_ready()
    for thread in threads:
        thread.join(PATIENCE)
    for number, one in enumerate(kept):
        for teller in range(tellers):
            mine = [what for who, what in one if who == teller]
            assert mine == list(range(number, messages, actors))
    place.close()


# --- how long the owner may block -------------------------------------------------------------


def test_owner_may_block_for_ever_without_timers(place: Workplace) -> None:
    assert place.dispatcher.is_idle
    assert place.dispatcher.seconds_until_due() is None


def test_owner_may_block_until_the_next_timer(place: Workplace, clock: ManualClock) -> None:
    place.dispatcher.scheduler.call_later(3.0, lambda: None)
    clock.advance(1.0)
    assert place.dispatcher.seconds_until_due() == 2.0


def test_owner_may_not_block_with_work_to_do(place: Workplace) -> None:
    place.dispatcher.call_soon(lambda: None)
    assert place.dispatcher.seconds_until_due() == 0.0
    place.run()
    place.hire()
    assert place.dispatcher.seconds_until_due() == 0.0


def test_due_timer_runs_before_the_actors_it_tells(place: Workplace, clock: ManualClock) -> None:
    kept: list[Any] = []
    ref = place.hire(kept)
    place.dispatcher.scheduler.call_later(1.0, partial(ref.tell, "due"))
    place.run()
    clock.advance(1.0)
    place.dispatcher.run_ready()
    assert kept == ["due"]


# --- calls ----------------------------------------------------------------------------------------


def test_calls_run_in_the_order_they_came(place: Workplace) -> None:
    order: list[int] = []
    for number in range(3):
        place.dispatcher.call_soon(partial(order.append, number))
    place.dispatcher.run_ready()
    assert order == [0, 1, 2]


def test_call_made_while_calls_run_waits_for_the_next_pass(place: Workplace) -> None:
    order: list[str] = []
    call_soon = place.dispatcher.call_soon
    call_soon(lambda: call_soon(partial(order.append, "inner")))
    place.dispatcher.run_ready()
    assert order == []
    place.dispatcher.run_ready()
    assert order == ["inner"]


def test_submitted_function_runs_on_the_owners_thread(place: Workplace, bell: Bell) -> None:
    futures: list[Any] = []
    on_another_thread(lambda: futures.append(place.dispatcher.submit(threading.get_ident)))
    assert bell.rings == 1
    place.run()
    assert futures[0].get(timeout=0) == threading.get_ident()


def test_submitted_function_that_raises_hands_its_error_to_the_asker(place: Workplace) -> None:
    future = place.dispatcher.submit(lambda: 1 // 0)
    place.run()
    with pytest.raises(ZeroDivisionError):
        future.get(timeout=0)


def test_asked_actor_answers_the_other_thread(clock: ManualClock) -> None:
    work = threading.Event()
    place = Workplace(Dispatcher("asked", clock, work.set))
    place.dispatcher.adopt()
    ref: Ref = place.hire()
    place.run()
    answers: list[Any] = []
    asker = threading.Thread(
        target=lambda: answers.append(ref.ask("question", timeout=PATIENCE)), name="asker"
    )
    asker.start()
    assert work.wait(PATIENCE)
    place.dispatcher.run_ready()
    asker.join(PATIENCE)
    assert answers == ["question"]
    place.close()
