"""The verdict of a load, and the file and the table it is shown in."""

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from websocket_mock.scripts.load.histogram import Histogram
from websocket_mock.scripts.load.ledger import Tally
from websocket_mock.scripts.load.report import (
    Errors,
    Latency,
    Report,
    ReportFileError,
    as_json,
    check_report_path,
    summarize,
    summarize_errors,
    summarize_round_trips,
    write_report,
)
from websocket_mock.scripts.load.run import Progress
from websocket_mock.scripts.load.view import describe, print_report

GOOD = Report(
    url="ws://localhost:9004",
    scenario="ping",
    clients=10,
    threads=2,
    duration_seconds=1.0,
    connected=10,
    messages_sent=100,
    messages_received=100,
    answered=100,
)


def printed(report: Report) -> str:
    stream = io.StringIO()
    print_report(Console(file=stream, width=100), report)
    return stream.getvalue()


def test_report_without_problems_passes() -> None:
    assert GOOD.passed
    assert GOOD.problems == []


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (replace(GOOD, lost=3), "messages lost: 3"),
        (replace(GOOD, duplicated=2), "messages duplicated: 2"),
        (replace(GOOD, errors=Errors(1, {"refused": 1}, [])), "errors: 1"),
        (replace(GOOD, connected=9), "clients not connected: 1"),
        (replace(GOOD, answered=0), "nothing was answered"),
    ],
)
def test_each_problem_fails_and_is_named(report: Report, problem: str) -> None:
    assert not report.passed
    assert report.problems == [problem]
    assert f"FAILED: {problem}." in printed(report)


def test_json_holds_the_verdict_and_every_figure() -> None:
    latency = Latency(4, 1.0, 2.0, 3.0, 4.0)
    report = replace(GOOD, latency_ms=latency, errors=Errors(1, {"refused": 1}, ["refused: no"]))
    content = json.loads(as_json(report))
    assert content["passed"] is False
    assert content["problems"] == ["errors: 1"]
    assert content["latency_ms"] == {"count": 4, "p50": 1.0, "p95": 2.0, "p99": 3.0, "max": 4.0}
    assert content["errors"] == {"total": 1, "kinds": {"refused": 1}, "samples": ["refused: no"]}
    assert content["messages_sent"] == 100


def test_latencies_of_all_threads_are_in_milliseconds() -> None:
    tallies = [Tally(), Tally()]
    tallies[0].round_trips.record(2_000_000)
    tallies[1].round_trips.record(8_000_000)
    latency = summarize_round_trips(tallies)
    assert latency.count == 2
    assert latency.p50 == pytest.approx(2.0, rel=0.01)
    assert latency.max == 8.0


def test_no_latencies_are_zero() -> None:
    assert summarize(Histogram()) == Latency()


def test_errors_of_all_threads_are_added_most_frequent_first() -> None:
    tallies = [Tally(), Tally()]
    tallies[0].error("rare", "a")
    for number in range(6):
        tallies[1].error("frequent", str(number))
    errors = summarize_errors(tallies)
    assert errors.total == 7
    assert list(errors.kinds.items()) == [("frequent", 6), ("rare", 1)]
    assert errors.samples == ["rare: a", *(f"frequent: {number}" for number in range(4))]


def test_written_report_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    check_report_path(path)
    write_report(path, GOOD)
    assert json.loads(path.read_text())["passed"] is True
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_named_before_the_load(tmp_path: Path) -> None:
    with pytest.raises(ReportFileError, match=r"there is no folder .*missing; create it first"):
        check_report_path(tmp_path / "missing" / "report.json")


def test_folder_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportFileError, match="is a folder; name a file in it"):
        check_report_path(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ReportFileError, match="is not writable"):
        check_report_path(tmp_path / "report.json")


def test_failed_writing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReportFileError, match=r"report\.json: .*; choose another file"):
        write_report(tmp_path / "gone" / "report.json", GOOD)


def test_table_shows_what_a_server_sent_as_plain_text() -> None:
    report = replace(GOOD, errors=Errors(1, {"refused": 1}, ["refused: [bold]no[/bold]\x1b[2J"]))
    assert r"[bold]no[/bold]\x1b[2J" in printed(report)


def test_table_tells_of_an_early_end_and_of_broadcasts() -> None:
    report = replace(GOOD, was_interrupted=True, broadcast_latency_ms=Latency(1, 1, 1, 1, 1.5))
    assert "stopped early" in printed(report)
    assert "max 1.50 ms" in printed(report)


def test_progress_is_one_line() -> None:
    progress = Progress("loading", connected=7, answered=1000, received=1000, errors=2)
    line = describe(progress, clients=10, rate=1234.5).plain
    assert line == "loading  7/10 connected  1,234 msg/s  2 errors"
