"""Singleton actors: their thread, and how their crash reaches the supervisor."""

import threading
from typing import Any, ClassVar

import pytest

from tests.helpers.fakes import CrashLog
from tests.helpers.singletons import running, settle
from tests.helpers.wait import PATIENCE, eventually
from tests.helpers.worker import boom
from websocket_mock.actors.kernel.errors import ActorGone
from websocket_mock.actors.kernel.refs import Ref, ask, tell
from websocket_mock.actors.kernel.singleton import CrashHandler, SingletonActor
from websocket_mock.actors.messages import Ping


class Sample(SingletonActor):
    """Calls what it gets, and answers with the result."""

    name: ClassVar[str] = "sample"

    def handle(self, message: Any) -> Any:
        return message() if callable(message) else None


class BreaksAtStart(Sample):
    def set_up(self) -> None:
        boom()


class BreaksAtStop(Sample):
    def on_stop(self) -> None:
        boom()


class Unfinished(SingletonActor):
    name: ClassVar[str] = "unfinished"


@pytest.fixture
def crashes() -> CrashLog:
    return CrashLog()


def has_died(ref: Ref) -> bool:
    return not ref.is_alive()


def threads_named(name: str) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == name]


def test_thread_is_named_after_the_actor_and_ends_with_it(crashes: CrashLog) -> None:
    with running(Sample, crashes) as ref:
        settle(ref)
        (thread,) = threads_named("sample")
        assert thread.daemon
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert crashes.names == []


def test_query_is_answered_with_what_the_handler_returns(crashes: CrashLog) -> None:
    with running(Sample, crashes) as ref:
        assert ref.ask(lambda: "answer", timeout=PATIENCE) == "answer"


def test_crash_under_tell_reaches_on_crash_once(crashes: CrashLog) -> None:
    with running(Sample, crashes) as ref:
        ref.tell(boom)
        eventually(lambda: has_died(ref))
    assert crashes.names == ["sample"]
    assert str(crashes.crashes[0][1]) == "boom"


def test_crash_under_ask_reaches_on_crash_and_the_asker_and_ends_the_actor(
    crashes: CrashLog,
) -> None:
    with running(Sample, crashes) as ref:
        with pytest.raises(RuntimeError, match="boom"):
            ref.ask(boom, timeout=PATIENCE)
        eventually(lambda: has_died(ref))
    assert crashes.names == ["sample"]


def test_crash_in_set_up_reaches_on_crash(crashes: CrashLog) -> None:
    with running(BreaksAtStart, crashes) as ref:
        eventually(lambda: has_died(ref))
        with pytest.raises(ActorGone):
            ask(ref, Ping(), timeout=PATIENCE)
    assert crashes.names == ["sample"]


def test_crash_in_on_stop_ends_the_actor_and_its_thread(crashes: CrashLog) -> None:
    with running(BreaksAtStop, crashes) as ref:
        settle(ref)
        (thread,) = threads_named("sample")
        assert ref.stop(timeout=PATIENCE)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert has_died(ref)


def test_supervisor_is_told_on_the_thread_of_the_actor_that_broke() -> None:
    threads: list[str] = []

    def on_crash(name: str, error: BaseException) -> None:
        threads.append(threading.current_thread().name)

    handler: CrashHandler = on_crash
    with running(Sample, handler) as ref:
        ref.tell(boom)
        eventually(lambda: has_died(ref))
    assert threads == ["sample"]


def test_dead_actor_takes_no_more_mail(crashes: CrashLog) -> None:
    with running(Sample, crashes) as ref:
        ref.tell(boom)
        eventually(lambda: not tell(ref, "mail"))


def test_actor_without_a_handler_breaks_at_its_first_message(crashes: CrashLog) -> None:
    with running(Unfinished, crashes) as ref:
        ref.tell("mail")
        eventually(lambda: has_died(ref))
    assert isinstance(crashes.crashes[0][1], NotImplementedError)
