"""The benchmark over real processes: peers, load, clean-up. Speed itself is not asserted."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from websocket_mock.scripts.dev import bench
from websocket_mock.scripts.dev.benchmark import fixture
from websocket_mock.scripts.dev.benchmark import servers as bench_servers
from websocket_mock.scripts.dev.benchmark.fixture import FixtureCost, FixtureFailed
from websocket_mock.scripts.dev.benchmark.results import Crowd, Failure, Rate
from websocket_mock.scripts.dev.benchmark.servers import (
    CANNED,
    REFERENCE,
    RunningServer,
    ServerKind,
    ServerStartError,
    measure_crowd,
    measure_stream,
    running,
)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the benchmark uses epoll and /proc"),
]


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def server_that_answers(answer: bytes) -> Iterator[RunningServer]:
    """Accept one client, send it the same bytes whatever it asks, hang up."""

    def serve() -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(4096)
            sock.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=serve, name="one-answer")
        thread.start()
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}"
        yield RunningServer(ServerKind("fake", "", ()), url, os.getpid())
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "kind", [*bench.STREAM_KINDS, *bench.DISPATCH_KINDS], ids=lambda kind: kind.name
)
def test_every_server_is_measured_and_ends(kind: ServerKind, tmp_path: Path) -> None:
    if kind.mocks is not None:
        # To compile a thousand endpoints takes seconds, and shows nothing more here.
        kind = replace(kind, mocks=replace(kind.mocks, endpoints=1))
    with running(kind, tmp_path) as server:
        assert exists(server.pid)
        outcome = measure_stream(server, clients=8, in_flight=4, seconds=0.2)
    assert isinstance(outcome, Rate), outcome
    assert outcome.replies > 8 * 4
    assert 0.2 <= outcome.seconds < 2
    assert 0 < outcome.busy <= 1.1
    assert not exists(server.pid)


def test_a_crowd_is_connected_answered_and_weighed(tmp_path: Path) -> None:
    with running(REFERENCE, tmp_path) as server:
        outcome = measure_crowd(server, clients=200)
    assert isinstance(outcome, Crowd), outcome
    assert outcome.clients == 200
    assert outcome.memory_bytes > 1024 * 1024
    assert outcome.threads == 1


def test_a_server_that_refuses_is_a_failure_with_its_reason() -> None:
    with server_that_answers(b"HTTP/1.1 503 Service Unavailable\r\n\r\n") as server:
        outcome = measure_stream(server, clients=1, in_flight=1, seconds=0.1)
    assert outcome == Failure("the server refused the handshake: HTTP/1.1 503 Service Unavailable")


def test_a_server_that_hangs_up_is_a_failure_with_its_reason() -> None:
    with server_that_answers(b"") as server:
        outcome = measure_stream(server, clients=1, in_flight=1, seconds=0.1)
    assert outcome == Failure("the server hung up on a client")


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}"
    outcome = measure_crowd(RunningServer(REFERENCE, url, os.getpid()), clients=1)
    assert isinstance(outcome, Failure)
    assert "refused" in outcome.reason


def test_load_that_does_not_end_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench_servers, "LOAD_TIMEOUT", 0.01)
    with running(CANNED, tmp_path) as server:
        outcome = measure_crowd(server, clients=1)
    assert outcome == Failure("the load did not end within 0.01 s")


def test_a_server_that_cannot_start_is_named_with_what_it_wrote_last(tmp_path: Path) -> None:
    kind = ServerKind("broken", "scripts.no_such_module", ())
    with (
        pytest.raises(ServerStartError, match=r"^broken ended at its start: .*no_such_module"),
        running(kind, tmp_path),
    ):
        pytest.fail("it cannot run")


def test_a_server_that_is_never_ready_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench_servers, "START_TIMEOUT", 0.0)
    with pytest.raises(ServerStartError, match="not ready within 0 s"), running(CANNED, tmp_path):
        pytest.fail("it was not ready")


def test_a_whole_run_reports_writes_json_and_misses_bars_without_our_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "STREAM_KINDS", (REFERENCE, CANNED))
    monkeypatch.setattr(bench, "DISPATCH_KINDS", (CANNED,))
    monkeypatch.setattr(bench, "CROWD_KINDS", (REFERENCE,))
    monkeypatch.setattr(bench, "FIXTURE_TESTS", 4)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    file = tmp_path / "bench.json"
    code = bench.main(["--rounds", "1", "--seconds", "0.1", "--crowd", "20", "--json", str(file)])
    assert code == bench.EXIT_BAR_MISSED
    output = capsys.readouterr().out
    assert "MISSED  100 clients, 1 in flight each: no ratio" in output
    assert "pytest fixture: " in output
    content = orjson.loads(file.read_bytes())
    assert len(content["records"]) == 6
    assert content["summary"]["threads"][REFERENCE.name]["ratio"] == 1.0
    cost = FixtureCost(**content["fixture"])
    assert 0 < cost.stop_seconds < cost.import_seconds
    assert 0 < cost.test_seconds < 5


def test_fixture_that_fails_ends_the_measurement_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        fixture, "MODULE", "def test_passes(): pass\ndef test_fails(): assert False, {tests}"
    )
    with pytest.raises(
        FixtureFailed, match=r"^the tests of the pytest fixture failed: 1 failed, 1 passed"
    ):
        fixture.measure_fixture(tmp_path, 2)
    monkeypatch.setattr(fixture, "TIMEOUT", 0.01)
    with pytest.raises(FixtureFailed, match="did not end within"):
        fixture.measure_fixture(tmp_path, 2)


def test_a_server_that_cannot_start_ends_the_run_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = ServerKind("broken", "scripts.no_such_module", ())
    monkeypatch.setattr(bench, "STREAM_KINDS", (broken,))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert bench.main(["--quick"]) == bench.EXIT_USAGE
    error = capsys.readouterr().err
    assert error.startswith("bench: broken ended at its start: ")
    assert error.count("\n") == 1
