"""`python -m scripts.stress` as a user starts it, against good servers and bad ones."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.command import Finished, finish, run, run_here, start
from tests.helpers.faulty_server import Faults, closed_port, faulty_server
from tests.helpers.program import RunningServer
from tests.helpers.wait import eventually
from websocket_mock.scripts import stress
from websocket_mock.scripts.load.ledger import SCENARIOS

pytestmark = pytest.mark.e2e

STRESS = "scripts.stress"
SMALL = ("--clients=4", "--threads=2", "--duration=0.3", "--grace=0.3")


def load(url: str, folder: Path, *arguments: str) -> tuple[Finished, dict[str, Any]]:
    """Run a small load; return how it ended and the report it wrote."""
    path = folder / "report.json"
    finished = run_here(stress.main, f"--url={url}", f"--json={path}", *SMALL, *arguments)
    assert "Traceback" not in finished.err
    report: dict[str, Any] = json.loads(path.read_text())
    return finished, report


def load_with(faults: Faults, folder: Path, *arguments: str) -> tuple[Finished, dict[str, Any]]:
    with faulty_server(faults) as server:
        finished, report = load(server.url, folder, *arguments)
    assert finished.code == 1, finished.out
    assert report["passed"] is False
    assert "FAILED: " in finished.out
    return finished, report


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_real_server_loses_nothing(
    running_server: RunningServer, tmp_path: Path, scenario: str
) -> None:
    finished, report = load(running_server.websocket_url, tmp_path, f"--scenario={scenario}")
    assert finished.code == 0, finished.out
    assert finished.err == ""
    assert "Passed: nothing was lost, duplicated or wrong." in finished.out
    assert report["passed"] is True
    assert report["connected"] == report["clients"] == 4
    assert report["answered"] == report["messages_sent"] > 4
    latency = report["latency_ms"]
    assert latency["count"] == report["answered"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"]
    assert report["requests_per_second"] > 0


def test_each_broadcast_reaches_all_others_once(
    running_server: RunningServer, tmp_path: Path
) -> None:
    _, report = load(running_server.websocket_url, tmp_path, "--scenario=broadcast")
    assert report["broadcasts_delivered"] == 3 * report["answered"]
    assert report["broadcast_latency_ms"]["count"] == report["broadcasts_delivered"]


def test_lost_answers_are_counted(tmp_path: Path) -> None:
    _, report = load_with(Faults(lost_answer=10), tmp_path, "--scenario=ping")
    # A client that waits for its answer asks for no other: each of the four loses one.
    assert report["lost"] == 4
    assert report["answered"] == report["messages_sent"] - 4
    assert report["duplicated"] == report["errors"]["total"] == 0


def test_repeated_answers_are_counted(tmp_path: Path) -> None:
    _, report = load_with(Faults(repeated_answer=5), tmp_path, "--scenario=ping")
    assert report["duplicated"] > 1
    assert report["lost"] == report["errors"]["total"] == 0


@pytest.mark.parametrize(
    ("faults", "scenario", "kind"),
    [
        (Faults(wrong_echo=True), "echo", "wrong echo"),
        (Faults(refusal=True), "ping", "refused"),
        (Faults(gibberish=True), "ping", "not JSON"),
        (Faults(returned_broadcast=True), "broadcast", "own broadcast came back"),
    ],
)
def test_wrong_messages_fail_the_load(
    tmp_path: Path, faults: Faults, scenario: str, kind: str
) -> None:
    finished, report = load_with(faults, tmp_path, f"--scenario={scenario}")
    assert list(report["errors"]["kinds"]) == [kind]
    assert kind in finished.out


def test_refused_clients_fail_the_load(tmp_path: Path) -> None:
    _, report = load_with(Faults(most_clients=3), tmp_path)
    assert report["connected"] == 3
    assert report["errors"]["kinds"] == {"handshake refused: HTTP 503": 1}
    assert report["lost"] == 0


def test_load_ends_when_every_connection_is_gone(tmp_path: Path) -> None:
    _, report = load_with(Faults(closed_after=5), tmp_path, "--duration=600", "--scenario=ping")
    assert report["dropped"] == 4
    assert report["errors"]["kinds"] == {"connection closed: 1013": 4}
    assert report["duration_seconds"] < 60


def test_unreachable_server_is_one_line_and_still_reported(tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{closed_port()}"
    finished, report = load(url, tmp_path)
    assert finished.code == 2
    assert finished.err.startswith(f"cannot connect to {url}: connection refused")
    assert finished.err.count("\n") == 1
    assert (report["passed"], report["connected"]) == (False, 0)


def test_server_of_another_protocol_is_one_line(tmp_path: Path) -> None:
    with faulty_server(Faults(first_message='{"type": "hello"}')) as server:
        finished, _ = load(server.url, tmp_path)
    assert finished.code == 2
    assert "no welcome from" in finished.err
    assert finished.err.count("\n") == 1


def test_missing_folder_ends_before_any_connection(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "report.json"
    finished = run_here(stress.main, f"--json={path}", f"--url=ws://127.0.0.1:{closed_port()}")
    problem = f"there is no folder {path.parent}; create it first"
    assert_one_line_and_exit_2(finished, problem)


@pytest.mark.parametrize(
    ("argument", "part"),
    [
        ("--clients=0", "'0' is not a whole number from 1 to 10000"),
        ("--threads=many", "'many' is not a whole number from 1 to 64"),
        ("--duration=-1", "not a number of seconds"),
        ("--scenario=dance", "invalid choice: 'dance'"),
        ("--url=localhost", "write it like ws://localhost:9004"),
    ],
)
def test_wrong_usage_is_one_line(argument: str, part: str) -> None:
    assert_one_line_and_exit_2(run_here(stress.main, argument), part)


def test_whole_process_ends_with_the_code_of_wrong_usage_and_of_an_error() -> None:
    wrong = run("websocket_mock", "stress", "--clients=0")
    assert_one_line_and_exit_2(wrong, "'0' is not a whole number from 1 to 10000")
    url = f"ws://127.0.0.1:{closed_port()}"
    refused = run(STRESS, f"--url={url}")
    assert_one_line_and_exit_2(refused, f"cannot connect to {url}: connection refused")


def assert_one_line_and_exit_2(finished: Finished, part: str) -> None:
    assert finished.code == 2, finished.err
    assert part in finished.err
    assert finished.err.count("\n") == 1


def test_interrupt_stops_early_and_still_reports(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with faulty_server(Faults()) as server:
        process = start(STRESS, f"--url={server.url}", f"--json={path}", *SMALL, "--duration=600")
        eventually(lambda: server.answers > 100)
        process.send_signal(signal.SIGINT)
        finished = finish(process)
    report = json.loads(path.read_text())
    assert finished.code == 0, finished.err
    assert "stopped early" in finished.out
    assert (report["was_interrupted"], report["passed"]) == (True, True)
    assert 0 < report["duration_seconds"] < 60


def test_second_interrupt_waits_for_no_answers(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    arguments = (*SMALL, "--duration=600", "--grace=600", "--scenario=ping")
    with faulty_server(Faults(lost_answer=30)) as server:
        process = start(STRESS, f"--url={server.url}", f"--json={path}", *arguments)
        eventually(lambda: server.lost == 4)
        process.send_signal(signal.SIGINT)
        # Another signal, because a second one of the same kind may merge with the first.
        process.send_signal(signal.SIGTERM)
        finished = finish(process)
    assert finished.code == 1, finished.err
    assert json.loads(path.read_text())["lost"] == 4
