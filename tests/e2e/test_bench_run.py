"""The benchmark over real processes: servers, load, clean-up. Speed itself is not asserted."""

import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from websocket_mock.scripts.dev import bench
from websocket_mock.scripts.dev.benchmark import fixture, generator, node, workloads
from websocket_mock.scripts.dev.benchmark import servers as kinds
from websocket_mock.scripts.dev.benchmark.calls import call_mcp, call_rest
from websocket_mock.scripts.dev.benchmark.fixture import FixtureCost, FixtureFailed
from websocket_mock.scripts.dev.benchmark.generator import CompilerMissing, Generator, Load, build
from websocket_mock.scripts.dev.benchmark.measuring import Measuring
from websocket_mock.scripts.dev.benchmark.mocks import RULE_PATH, STREAM_PATH
from websocket_mock.scripts.dev.benchmark.node import NodeMissing
from websocket_mock.scripts.dev.benchmark.results import (
    Failure,
    Figure,
    Measured,
    Outcome,
    Record,
    Series,
    Skipped,
)
from websocket_mock.scripts.dev.benchmark.servers import (
    RunningServer,
    ServerKind,
    ServerStartError,
    running,
)
from websocket_mock.scripts.dev.benchmark.workloads import Plan, Target, Workload

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the benchmark uses epoll and /proc"),
]

PING = Load("closed-loop", clients=4, in_flight=2, message=b'{"type":"ping"}', expect='"pong"')
BROKEN = ServerKind("broken", "scripts.no_such_module", ())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the generator is built."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        pytest.skip("there is no C compiler")
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def load(cache: Path, tmp_path: Path) -> Generator:
    return Generator(build(cache), tmp_path)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(kinds.PROGRAMMED, tmp_path_factory.mktemp("ours")) as server:
        yield server


def run(load: Generator, server: RunningServer, one: Load) -> Outcome:
    return load.run(one, port=server.port, pid=server.pid, seconds=0.2, warm_up=0.05)


def figures(outcome: Outcome) -> Mapping[str, float]:
    assert isinstance(outcome, Measured), outcome
    return outcome.figures


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
        port = listener.getsockname()[1]
        yield RunningServer(ServerKind("fake", "", ()), port, os.getpid())
        thread.join(10)
        assert not thread.is_alive()


MODES = {
    "ping": replace(PING, skip=1),
    "rule": replace(PING, path=RULE_PATH, message=b'{"type":"ping","id":"x7"}', expect="x7"),
    "large": Load("closed-loop", "/echo", 2, 2, b"x" * (1 << 20), "xxx"),
    "deflate": Load("closed-loop", "/echo", 2, 2, b'{"a":1}' * 99, is_compressed=True),
    "flood": replace(PING, mode="flood", skip=1),
    "connect": Load("connect", skip=1, window=4),
    "crowd": replace(PING, mode="crowd", clients=50, in_flight=1, skip=1),
    "broadcast": Load(
        "broadcast", clients=5, in_flight=2, message=b'{"type":"broadcast","message":1}', skip=1
    ),
    "stream": Load("stream", STREAM_PATH, 5, period=0.05),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_of_the_load_measures_this_server(
    name: str, load: Generator, ours: RunningServer
) -> None:
    found = figures(run(load, ours, MODES[name]))
    assert found["cpu_us"] >= 0
    if name == "crowd":
        assert found["clients"] == 50
        assert found["memory_bytes"] > 1024 * 1024
        assert found["connect_seconds"] > 0
        assert found["answer_seconds"] > 0
        return
    assert found["count"] > 0
    assert found["rate"] == pytest.approx(found["count"] / found["seconds"], rel=0.01)
    assert 0 < found["busy"] <= 1.1


def test_each_answer_is_a_message_of_its_own(load: Generator, ours: RunningServer) -> None:
    stream = figures(run(load, ours, replace(MODES["stream"], least_seconds=0.5)))
    # Five clients, twenty messages a second each; one at either end may be outside.
    assert 5 * 8 <= stream["count"] <= 5 * 12 * stream["seconds"] / 0.5


def test_the_stock_server_answers_pings_and_ends(load: Generator, tmp_path: Path) -> None:
    with running(kinds.STOCK, tmp_path) as server:
        assert exists(server.pid)
        outcome = run(load, server, replace(PING, window=4))
    assert figures(outcome)["count"] > 0
    assert not exists(server.pid)


def test_the_reference_welcomes_echoes_compresses_and_shouts(
    load: Generator, tmp_path: Path
) -> None:
    with running(kinds.REFERENCE_DEFLATE, tmp_path) as server:
        for one in (
            replace(PING, path="/welcome", skip=1),
            MODES["deflate"],
            replace(MODES["broadcast"], path="/broadcast", skip=0),
        ):
            assert figures(run(load, server, one))["count"] > 0


def test_calls_of_tools_are_counted(ours: RunningServer) -> None:
    tool = "get_websocket_server_status"
    for call in (call_mcp, call_rest):
        found = figures(call(ours.http_url, tool, ours.pid, 0.1))
        assert found["rate"] > 0
        failed = call(ours.http_url, "no_such_tool", ours.pid, 0.1)
        assert isinstance(failed, Failure)
        assert "call failed" in failed.reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
            "the server refused the handshake: HTTP/1.1 503 Service Unavailable",
        ),
        (b"HTTP/1.1 101 A\r\n\r\n", "the server refused the handshake: HTTP/1.1 101 A"),
        (
            b"HTTP/1.1 101 " + b"x" * 20_000,
            "the server answered the handshake with endless headers",
        ),
        (b"", "the server hung up on a client"),
    ],
)
def test_a_server_that_does_not_play_along_is_a_failure(
    answer: bytes, reason: str, load: Generator
) -> None:
    with server_that_answers(answer) as server:
        assert run(load, server, replace(PING, clients=1)) == Failure(reason)


def test_a_wrong_answer_is_a_failure(load: Generator, ours: RunningServer) -> None:
    outcome = run(load, ours, replace(PING, skip=1, expect="nothing"))
    assert isinstance(outcome, Failure)
    assert outcome.reason.startswith('the answer does not contain nothing: {"type":"pong"')


def test_a_server_that_is_not_there_is_a_failure(load: Generator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = run(load, RunningServer(kinds.OURS, port, os.getpid()), PING)
    assert isinstance(outcome, Failure)
    assert "cannot be reached" in outcome.reason


def test_load_that_does_not_end_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, load: Generator, ours: RunningServer
) -> None:
    monkeypatch.setattr(generator, "LOAD_TIMEOUT", -0.39)
    outcome = run(load, ours, replace(PING, skip=1))
    assert isinstance(outcome, Failure)
    assert "did not end within" in outcome.reason


def test_without_a_compiler_the_benchmark_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert bench.main(["--quick"]) == bench.EXIT_USAGE
    error = capsys.readouterr().err
    assert "there is no C compiler; install one (Debian: apt-get install gcc libc6-dev)" in error
    assert error.count("\n") == 1


def test_sources_that_do_not_compile_are_told(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    (cache / "broken.c").write_text("int main(")
    monkeypatch.setattr(generator, "SOURCES", cache)
    with pytest.raises(CompilerMissing, match="cannot compile the load generator"):
        build(cache)


def test_a_server_that_cannot_start_is_named_with_what_it_wrote_last(tmp_path: Path) -> None:
    with (
        pytest.raises(ServerStartError, match=r"^broken ended at its start: .*no_such_module"),
        running(BROKEN, tmp_path),
    ):
        pytest.fail("it cannot run")


def test_a_server_that_is_never_ready_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kinds, "START_TIMEOUT", 0.0)
    with (
        pytest.raises(ServerStartError, match="not ready within 0 s"),
        running(kinds.REFERENCE, tmp_path),
    ):
        pytest.fail("it was not ready")


def small_plan(*servers: ServerKind) -> Plan:
    targets = tuple(Target(kind.name, kind, PING) for kind in servers)
    reference = Series("ping", kinds.REFERENCE.name)
    bar = workloads.Bar("ping", Series("ping", kinds.OURS.name), Figure.RATE, 0.0, reference)
    return Plan((Workload("ping", "ping", targets),), (bar,))


def test_without_node_its_servers_are_skipped_with_the_reason(
    load: Generator, tmp_path: Path
) -> None:
    installs = 0

    def install() -> node.NodePeers:
        nonlocal installs
        installs += 1
        raise NodeMissing("npm is not installed")

    told: list[Record] = []
    measuring = Measuring(load, tmp_path, install, rounds=2, seconds=0.1, tell=told.append)
    measuring.run(small_plan(kinds.REFERENCE, kinds.NODE_WS, kinds.MOCKTTP).workloads)
    assert measuring.records == told
    outcomes = {(record.round, record.series.target): record.outcome for record in told}
    for turn in (1, 2):
        assert isinstance(outcomes[turn, kinds.REFERENCE.name], Measured)
        assert outcomes[turn, kinds.NODE_WS.name] == Skipped("npm is not installed")
        assert outcomes[turn, kinds.MOCKTTP.name] == Skipped("npm is not installed")
    assert installs == 1
    assert told[0].series.target == kinds.REFERENCE.name
    assert told[3].series.target == kinds.NODE_WS.name


def test_what_npm_cannot_install_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NodeMissing, match="node is not installed"):
        node.install(tmp_path)
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'npm error code E404' >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(NodeMissing, match="npm cannot install the packages: npm error code E404"):
        node.install(tmp_path)


def test_a_whole_run_reports_writes_json_and_misses_bars_without_our_server(
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bench, "make_plan", lambda _: small_plan(kinds.REFERENCE))
    monkeypatch.setattr(bench, "cache_folder", lambda: cache)
    monkeypatch.setattr(bench, "FIXTURE_TESTS", 4)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    file = tmp_path / "bench.json"
    options = ["--only", "ping,fixture", "--rounds", "1", "--seconds", "0.1"]
    code = bench.main([*options, "--json", str(file), "--charts", str(tmp_path)])
    assert code == bench.EXIT_BAR_MISSED
    output = capsys.readouterr().out
    assert "MISSED   ping: no ratio to websockets asyncio" in output
    assert "pytest fixture, set-up and teardown of a test: " in output
    content = orjson.loads(file.read_bytes())
    assert len(content["records"]) == 1
    assert content["medians"]["ping"][kinds.REFERENCE.name]["rate"] > 0
    assert (tmp_path / "bench-ping.svg").exists()
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
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "make_plan", lambda _: small_plan(BROKEN))
    monkeypatch.setattr(bench, "cache_folder", lambda: cache)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert bench.main(["--quick", "--only", "ping"]) == bench.EXIT_USAGE
    error = capsys.readouterr().err
    assert error.startswith("bench: broken ended at its start: ")
    assert error.count("\n") == 1
