"""How the process ends: once, after stopping everything, with the customary code."""

import os
import signal
import threading
from collections.abc import Callable

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


class TestExit:
    def test_process_ends_with_the_code_after_the_stop(self, codes: list[int]) -> None:
        stopping = Stopping()
        ending = Exit(stopping)
        ending.begin(7)
        assert stopping.has_begun.wait(PATIENCE)
        assert codes == []
        stopping.may_end.set()
        ending.wait()

        assert codes == [7]

    def test_first_code_counts_and_everything_stops_once(self, codes: list[int]) -> None:
        stopping = Stopping()
        ending = Exit(stopping)
        for code in (143, 130, 1):
            ending.begin(code)
        stopping.may_end.set()
        ending.wait()

        assert codes == [143]
        assert stopping.count == 1

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_process_ends_even_if_the_stop_fails(self, codes: list[int]) -> None:
        def fail() -> None:
            raise RuntimeError("a bug")

        ending = Exit(fail)
        ending.begin(1)
        ending.wait()

        assert codes == [1]

    def test_stop_runs_on_a_thread_that_keeps_nobody_alive(self, codes: list[int]) -> None:
        threads: list[threading.Thread] = []
        ending = Exit(lambda: threads.append(threading.current_thread()))
        ending.begin(0)
        ending.wait()

        (thread,) = threads
        assert thread.name == "shutdown"
        assert thread.daemon

    def test_nobody_waits_for_an_end_that_has_not_begun(self) -> None:
        Exit(lambda: None).wait()

    def test_whoever_waits_does_so_until_the_end(self, codes: list[int]) -> None:
        stopping = Stopping()
        ending = Exit(stopping)
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
        self, codes: list[int], number: signal.Signals
    ) -> None:
        ending = Exit(lambda: None)
        with exit_on(SIGNALS, ending):
            signal.raise_signal(number)
            eventually(lambda: codes)

        assert codes == [128 + number]

    def test_second_signal_changes_nothing(self, codes: list[int]) -> None:
        stopping = Stopping()
        with exit_on(SIGNALS, Exit(stopping)):
            signal.raise_signal(signal.SIGUSR2)
            signal.raise_signal(signal.SIGUSR1)
            stopping.may_end.set()

        assert codes == [128 + signal.SIGUSR2]

    def test_leaving_waits_for_an_end_that_has_begun(self, codes: list[int]) -> None:
        """Else the main thread might end first, with another code."""
        stopping = Stopping()
        with exit_on(SIGNALS, Exit(stopping)):
            signal.raise_signal(signal.SIGUSR1)
            assert stopping.has_begun.wait(PATIENCE)
            in_thread(stopping.may_end.set)

        assert codes == [128 + signal.SIGUSR1]

    def test_handlers_from_before_come_back(self) -> None:
        before = [signal.getsignal(one) for one in SIGNALS]
        with exit_on(SIGNALS, Exit(lambda: None)):
            assert [signal.getsignal(one) for one in SIGNALS] != before

        assert [signal.getsignal(one) for one in SIGNALS] == before

    def test_handlers_come_back_after_an_error(self) -> None:
        before = [signal.getsignal(one) for one in SIGNALS]
        with pytest.raises(KeyError), exit_on(SIGNALS, Exit(lambda: None)):
            raise KeyError

        assert [signal.getsignal(one) for one in SIGNALS] == before

    def test_nothing_is_handled_off_the_main_thread(self) -> None:
        before = [signal.getsignal(one) for one in SIGNALS]
        inside: list[object] = []

        def enter() -> None:
            with exit_on(SIGNALS, Exit(lambda: None)):
                inside.extend(signal.getsignal(one) for one in SIGNALS)

        in_thread(enter).join(PATIENCE)
        assert inside == before
