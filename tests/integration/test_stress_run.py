"""A load in this process, against servers that go wrong."""

import socket
import threading

import pytest

from tests.helpers.faulty_server import Faults, closed_port, faulty_server
from websocket_mock.scripts.load import workers
from websocket_mock.scripts.load.ledger import ClientLedger, Rules, Scenario
from websocket_mock.scripts.load.report import Report
from websocket_mock.scripts.load.run import Interrupts, LoadRun, Progress
from websocket_mock.scripts.load.workers import LoadPlan

pytestmark = pytest.mark.integration


def plan_for(
    url: str, duration: float, scenario: Scenario = "ping", connect_rate: float = 1000
) -> LoadPlan:
    host, port = url.removeprefix("ws://").split(":")
    return LoadPlan(
        url=url,
        address=(host, int(port)),
        rules=Rules("run", 6, scenario),
        threads=3,
        duration=duration,
        grace=0.2,
        connect_rate=connect_rate,
    )


def run_here(url: str, duration: float, scenario: Scenario = "ping") -> tuple[Report, set[str]]:
    """Run a load in this process; return its report and the threads it was seen to have."""
    names: set[str] = set()

    def look(_: Progress) -> None:
        names.update(thread.name for thread in threading.enumerate())

    return LoadRun(plan_for(url, duration, scenario), Interrupts(), look).execute(), names


def test_clients_are_spread_over_threads() -> None:
    with faulty_server(Faults()) as server:
        report, names = run_here(server.url, duration=0.2)
    assert report.passed, report.problems
    assert {name for name in names if name.startswith("stress-")} == {
        *("stress-worker-0", "stress-worker-1", "stress-worker-2")
    }


def test_client_that_lost_an_answer_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "STALL", 0.02)
    monkeypatch.setattr(workers, "_STALL_CHECK", 0.01)
    with faulty_server(Faults(lost_answer=3)) as server:
        report, _ = run_here(server.url, duration=0.5)
        assert report.lost == server.lost > 6


def test_lost_deliveries_are_counted_exactly() -> None:
    with faulty_server(Faults(lost_delivery=7)) as server:
        report, _ = run_here(server.url, 0.2, "broadcast")
        assert report.lost == server.lost > 0
    assert (report.duplicated, report.errors.total) == (0, 0)


def test_repeated_deliveries_are_counted_exactly() -> None:
    with faulty_server(Faults(repeated_delivery=7)) as server:
        report, _ = run_here(server.url, 0.2, "broadcast")
        assert report.duplicated == server.repeated > 0
    assert (report.lost, report.errors.total) == (0, 0)


def test_client_that_is_not_welcomed_is_not_connected() -> None:
    with faulty_server(Faults(first_message='{"type": "hello"}')) as server:
        report, _ = run_here(server.url, duration=0.2)
    assert report.connected == 0
    assert report.errors.kinds == {"no welcome": 6}


def test_handshake_without_an_answer_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "OPEN_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        report, _ = run_here(f"ws://127.0.0.1:{deaf.getsockname()[1]}", duration=0.2)
    assert report.errors.kinds == {"handshake timed out": 6}
    assert report.problems == ["clients not connected: 6", "errors: 6", "nothing was answered"]


def test_server_that_is_gone_refuses_every_client() -> None:
    report, _ = run_here(f"ws://127.0.0.1:{closed_port()}", duration=0.2)
    assert report.errors.kinds == {"cannot connect: ConnectionRefusedError": 6}


def test_interrupt_while_connecting_connects_no_more() -> None:
    interrupts = Interrupts()

    def stop_with_the_first(progress: Progress) -> None:
        if progress.connected:
            interrupts.ask()

    with faulty_server(Faults()) as server:
        plan = plan_for(server.url, duration=600, connect_rate=0.01)
        report = LoadRun(plan, interrupts, stop_with_the_first).execute()
    assert report.was_interrupted
    assert (report.connected, report.messages_sent, report.duration_seconds) == (1, 0, 0)


def test_a_bug_in_a_worker_is_raised_and_no_thread_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object, __: bytes) -> bool:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(ClientLedger, "receive", broken)
    with faulty_server(Faults()) as server, pytest.raises(ZeroDivisionError, match="a bug"):
        run_here(server.url, duration=0.1)
