"""Typed ask and safe tell."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pykka
import pytest

from tests.helpers.fakes import ManualClock, RecordingRef
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.kernel.errors import ActorGone, AskTimeout
from websocket_mock.actors.kernel.refs import Query, Ref, ask, tell, wait
from websocket_mock.actors.messages import Ping


class Answering(pykka.ThreadingActor):
    """Answers every question with what it was given, and keeps what it is told."""

    use_daemon_thread = True

    def __init__(self, answer: Any = None) -> None:
        super().__init__()
        self._answer = answer

    def on_receive(self, message: Any) -> Any:
        return self._answer(message) if callable(self._answer) else self._answer


class SlowFuture(pykka.ThreadingFuture[Any]):
    """A future that takes its time, on a manual clock."""

    def __init__(self, value: Any, clock: ManualClock, taken: float) -> None:
        super().__init__()
        self._value = value
        self._clock = clock
        self._taken = taken
        self.patience: float | None = None

    def get(self, *, timeout: float | None = None) -> Any:
        self.patience = timeout
        self._clock.advance(self._taken)
        return self._value


class AnswersWith(RecordingRef):
    """A reference whose every ask returns the same future."""

    def __init__(self, future: "pykka.Future[Any]") -> None:
        super().__init__()
        self._future = future

    def ask(self, message: Any, **_: Any) -> Any:
        return self._future


@pytest.fixture
def stopped_later() -> Iterator[list[Ref]]:
    refs: list[Ref] = []
    yield refs
    for ref in refs:
        ref.stop(timeout=PATIENCE)


def answered_later(value: Any) -> "pykka.ThreadingFuture[Any]":
    future: pykka.ThreadingFuture[Any] = pykka.ThreadingFuture()
    future.set(value)
    return future


def soon() -> float:
    return time.monotonic() + PATIENCE


def test_ask_returns_the_answer(stopped_later: list[Ref]) -> None:
    ref = Answering.start("answer")
    stopped_later.append(ref)
    query: Query[None] = Ping()
    assert ask(ref, query, timeout=PATIENCE) == "answer"


def test_ask_waits_for_an_answer_that_is_a_future(stopped_later: list[Ref]) -> None:
    ref = Answering.start(answered_later("in the end"))
    stopped_later.append(ref)
    query: Query[str] = Query()
    assert ask(ref, query, timeout=PATIENCE) == "in the end"


def test_ask_gives_up_in_time(stopped_later: list[Ref]) -> None:
    release = threading.Event()
    ref = Answering.start(lambda _: release.wait(PATIENCE))
    stopped_later.append(ref)
    with pytest.raises(AskTimeout, match="no answer in time"):
        ask(ref, Ping(), timeout=0.01)
    release.set()


def test_one_timeout_covers_the_actor_and_the_future_it_answers_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = ManualClock()
    monkeypatch.setattr("websocket_mock.actors.kernel.refs.time", clock)
    answer = SlowFuture("answer", clock, taken=1.0)
    reply = SlowFuture(answer, clock, taken=2.0)
    assert ask(AnswersWith(reply), Ping(), timeout=5.0) == "answer"
    assert (reply.patience, answer.patience) == (5.0, 3.0)


def test_asking_an_actor_that_has_stopped_raises_actor_gone() -> None:
    ref = Answering.start()
    ref.stop(timeout=PATIENCE)
    with pytest.raises(ActorGone, match="Answering"):
        ask(ref, Ping(), timeout=PATIENCE)


def test_asking_an_actor_that_stops_before_it_answers_raises_actor_gone() -> None:
    release = threading.Event()
    ref = Answering.start(lambda _: release.wait(PATIENCE))
    ref.tell("keep busy")
    ref.stop(block=False)
    late = ref.ask(Ping(), block=False)
    release.set()
    with pytest.raises(ActorGone):
        wait(late, deadline=soon())


def test_error_of_the_actor_reaches_the_asker_as_it_is(stopped_later: list[Ref]) -> None:
    ref = Answering.start({}.__getitem__)
    stopped_later.append(ref)
    with pytest.raises(KeyError):
        ask(ref, Ping(), timeout=PATIENCE)


@pytest.mark.parametrize("value", [None, 0, "text", (1, 2)])
def test_waiting_for_what_is_no_future_returns_it(value: Any) -> None:
    assert wait(value, deadline=0.0) == value


def test_waiting_takes_an_answer_that_is_there_even_after_the_deadline() -> None:
    assert wait(answered_later("there"), deadline=time.monotonic() - 1) == "there"


def test_waiting_after_the_deadline_does_not_block() -> None:
    with pytest.raises(AskTimeout):
        wait(pykka.ThreadingFuture(), deadline=time.monotonic() - 1)


def test_tell_says_whether_the_actor_took_it() -> None:
    ref = RecordingRef()
    assert tell(ref, "first")
    ref.is_stopped = True
    assert not tell(ref, "second")
    assert ref.mail == ["first"]
