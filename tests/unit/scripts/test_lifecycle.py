"""How the process ends: once, after stopping everything, with the customary code."""

import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.scripts.lifecycle import Exit, exit_on

SIGNALS = (signal.SIGUSR1, signal.SIGUSR2)


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exit codes; instead of the process, only the thread ends."""
    seen: list[int] = []
    monkeypatch.setattr(os, "_exit", seen.append)
    return seen


class Stopping:
    """A stop that takes until the test lets it."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        self.has_begun.set()
        assert self.may_end.wait(PATIENCE)


def in_thread(function: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=function, name="caller", daemon=True)
    thread.start()
    return thread


MakeExit = Callable[[Callable[[], None]], Exit]


@pytest.fixture
def make_exit() -> Iterator[MakeExit]:
    """Make an `Exit`; its thread ends with the test."""
    made: list[Exit] = []

    def make(stop: Callable[[], None]) -> Exit:
        made.append(Exit(stop))
        return made[-1]

    yield make
    for one in made:
        one.close()


class TestExit:
    def test_process_ends_with_the_code_after_the_stop(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        stopping = Stopping()
        ending = make_exit(stopping)
        ending.begin(7)
        assert stopping.has_begun.wait(PATIENCE)
        assert codes == []
        stopping.may_end.set()
        ending.wait()

        assert codes == [7]

    def test_first_code_counts_and_everything_stops_once(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        stopping = Stopping()
        ending = make_exit(stopping)
        for code in (143, 130, 1):
            ending.begin(code)
        stopping.may_end.set()
        ending.wait()

        assert codes == [143]
        assert stopping.count == 1

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_process_ends_even_if_the_stop_fails(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        def fail() -> None:
            raise RuntimeError("a bug")

        ending = make_exit(fail)
        ending.begin(1)
        ending.wait()

        assert codes == [1]

    def test_stop_runs_on_a_thread_that_keeps_nobody_alive(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        threads: list[threading.Thread] = []
        ending = make_exit(lambda: threads.append(threading.current_thread()))
        ending.begin(0)
        ending.wait()

        (thread,) = threads
        assert thread.name == "shutdown"
        assert thread.daemon

    def test_nobody_waits_for_an_end_that_has_not_begun(self, make_exit: MakeExit) -> None:
        make_exit(lambda: None).wait()

    def test_thread_ends_with_a_process_that_ends_by_itself(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        before = set(threading.enumerate())
        ending = make_exit(lambda: None)
        (thread,) = set(threading.enumerate()) - before
        ending.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert codes == []

    def test_signal_that_interrupts_the_start_of_a_thread_is_not_lost(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        """The lock is that of `threading`, which the interrupted start of a thread holds."""
        ending = make_exit(lambda: None)
        with threading._active_limbo_lock:  # type: ignore[attr-defined]
            ending.begin(143)
            eventually(lambda: codes)
        assert codes == [143]

    def test_whoever_waits_does_so_until_the_end(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        stopping = Stopping()
        ending = make_exit(stopping)
        ending.begin(0)
        waiter = in_thread(ending.wait)
        assert stopping.has_begun.wait(PATIENCE)
        assert waiter.is_alive()
        stopping.may_end.set()
        waiter.join(PATIENCE)

        assert not waiter.is_alive()
        assert codes == [0]


class TestExitOn:
    @pytest.mark.parametrize("number", SIGNALS)
    def test_signal_ends_the_process_with_its_code(
        self, make_exit: MakeExit, codes: list[int], number: signal.Signals
    ) -> None:
        ending = make_exit(lambda: None)
        with exit_on(SIGNALS, ending):
            signal.raise_signal(number)
            eventually(lambda: codes)

        assert codes == [128 + number]

    def test_second_signal_changes_nothing(self, make_exit: MakeExit, codes: list[int]) -> None:
        stopping = Stopping()
        with exit_on(SIGNALS, make_exit(stopping)):
            signal.raise_signal(signal.SIGUSR2)
            signal.raise_signal(signal.SIGUSR1)
            stopping.may_end.set()

        assert codes == [128 + signal.SIGUSR2]

    def test_leaving_waits_for_an_end_that_has_begun(
        self, make_exit: MakeExit, codes: list[int]
    ) -> None:
        """Else the main thread might end first, with another code."""
        stopping = Stopping()
        with exit_on(SIGNALS, make_exit(stopping)):
            signal.raise_signal(signal.SIGUSR1)
            assert stopping.has_begun.wait(PATIENCE)
            in_thread(stopping.may_end.set)

        assert codes == [128 + signal.SIGUSR1]

    def test_handlers_from_before_come_back(self, make_exit: MakeExit) -> None:
        before = [signal.getsignal(one) for one in SIGNALS]
        with exit_on(SIGNALS, make_exit(lambda: None)):
            assert [signal.getsignal(one) for one in SIGNALS] != before

        assert [signal.getsignal(one) for one in SIGNALS] == before

    def test_handlers_come_back_after_an_error(self, make_exit: MakeExit) -> None:
        before = [signal.getsignal(one) for one in SIGNALS]
        with pytest.raises(KeyError), exit_on(SIGNALS, make_exit(lambda: None)):
            raise KeyError

        assert [signal.getsignal(one) for one in SIGNALS] == before

    def test_nothing_is_handled_off_the_main_thread(self, make_exit: MakeExit) -> None:
        before = [signal.getsignal(one) for one in SIGNALS]
        inside: list[object] = []

        def enter() -> None:
            with exit_on(SIGNALS, make_exit(lambda: None)):
                inside.extend(signal.getsignal(one) for one in SIGNALS)

        in_thread(enter).join(PATIENCE)
        assert inside == before
