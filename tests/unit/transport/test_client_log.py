"""The lines about clients in the log: one for each, unless there are too many."""

from collections.abc import Callable

import pytest

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.transport.client_log import MAX_LINES, SECOND, ClientLog


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pass_second(clock: ManualClock, scheduler: Scheduler) -> Callable[[], None]:
    def run() -> None:
        clock.advance(SECOND)
        scheduler.run_due()

    return run


@pytest.fixture
def scheduler(clock: ManualClock) -> Scheduler:
    return Scheduler(clock)


def at_level(level: str, log_lines: list[str]) -> list[str]:
    return [line.rstrip("\n") for line in log_lines if line.startswith(level)]


def test_each_of_few_clients_has_lines_of_its_own(
    log_lines: list[str], scheduler: Scheduler, pass_second: Callable[[], None]
) -> None:
    log = ClientLog(scheduler)
    log.connected("0000000a", "127.0.0.1:4000", "/a")
    log.disconnected("0000000a", 1000, "bye")
    pass_second()
    assert at_level("INFO", log_lines) == [
        "INFO client 0000000a connected from 127.0.0.1:4000 to /a",
        "INFO client 0000000a disconnected: 1000 bye",
    ]


def test_clients_beyond_the_limit_are_counted_and_each_has_a_line_for_debugging(
    log_lines: list[str], scheduler: Scheduler, pass_second: Callable[[], None]
) -> None:
    log = ClientLog(scheduler)
    for number in range(MAX_LINES + 2):
        log.connected(str(number), "x", "/")
    log.disconnected("0", 1000, "")
    pass_second()
    lines = at_level("INFO", log_lines)
    assert len(lines) == MAX_LINES + 1
    assert lines[-1] == "INFO 2 more clients connected and 1 disconnected in the last second"
    assert at_level("DEBUG", log_lines) == [
        f"DEBUG client {MAX_LINES} connected from x to /",
        f"DEBUG client {MAX_LINES + 1} connected from x to /",
        "DEBUG client 0 disconnected: 1000 ",
    ]


def test_next_second_begins_anew(
    log_lines: list[str], scheduler: Scheduler, pass_second: Callable[[], None]
) -> None:
    log = ClientLog(scheduler)
    for number in range(MAX_LINES + 1):
        log.connected(str(number), "x", "/")
    pass_second()
    log.connected("last", "x", "/")
    pass_second()
    assert at_level("INFO", log_lines)[-1] == "INFO client last connected from x to /"
    assert len(scheduler) == 0


def test_warnings_beyond_the_limit_are_counted(
    log_lines: list[str], scheduler: Scheduler, pass_second: Callable[[], None]
) -> None:
    log = ClientLog(scheduler)
    for number in range(MAX_LINES + 3):
        log.problem("client at {} reads too slowly, closing", number)
    pass_second()
    lines = at_level("WARNING", log_lines)
    assert lines[0] == "WARNING client at 0 reads too slowly, closing"
    assert lines[MAX_LINES:] == ["WARNING 3 more warnings about clients in the last second"]
    assert len(at_level("DEBUG", log_lines)) == 3
    assert at_level("INFO", log_lines) == []
