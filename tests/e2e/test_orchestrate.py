"""Servers that start, crash, hang and stop under supervision, as real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from websockets.sync.client import connect

from tests.helpers.program import ROOT, environment
from websocket_mock.scripts.supervising.probes import is_healthy
from websocket_mock.scripts.supervising.run_directory import (
    RunDirectory,
    RunState,
    ServerState,
    end_orphan,
    orphans,
    try_lock,
    wait_until,
)
from websocket_mock.scripts.supervising.supervision import (
    ManagedServer,
    RestartPolicy,
    ServerSpec,
    Supervisor,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("measured_processes")]

PATIENCE_SECONDS = 30.0
QUICK = RestartPolicy(start_timeout=20.0, max_restarts=2, first_delay=0.01, longest_delay=0.01)

# It only pretends to have one: no test of these connects to it.
STAND_IN_WEBSOCKET_PORT = 1

# Starts in a tenth of the time the real server takes, and fails on demand.
STAND_IN = """
    import http.server, json, os, pathlib, signal, sys
    port, ready_file, behaviour = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    if behaviour.startswith("exit "):
        sys.exit(print("cannot go on") or int(behaviour.removeprefix("exit ")))
    if behaviour == "hang":
        signal.pause()
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503 if behaviour == "ill" else 200)
            self.end_headers()
        def log_message(self, *arguments):
            pass
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Health)
    except OSError:
        sys.exit(2)
    temporary = ready_file.with_suffix(".tmp")
    temporary.write_text(json.dumps({
        "websocket_url": "ws://127.0.0.1:1",
        "mcp_url": f"http://127.0.0.1:{server.server_port}/mcp",
        "pid": os.getpid(),
    }))
    temporary.replace(ready_file)
    server.serve_forever()
"""


class Watcher:
    """Runs stand-ins under a supervisor until a fact about the last change comes true."""

    def __init__(
        self, directory: Path, behaviour: str, policy: RestartPolicy, ports: Sequence[int]
    ) -> None:
        self._behaviour = behaviour
        self._pause = threading.Event()
        self._supervisor = Supervisor(
            [
                ManagedServer(self._spec(directory, number, port), self._command, policy)
                for number, port in enumerate(ports)
            ],
            self._publish,
        )
        self.states: list[ServerState] = []
        self.told: list[tuple[int, int]] = []

    @staticmethod
    def _spec(directory: Path, number: int, port: int) -> ServerSpec:
        return ServerSpec(
            name="stand-in",
            host="127.0.0.1",
            port=port,
            websocket_port=STAND_IN_WEBSOCKET_PORT,
            ready_file=directory / f"{number}.json",
            log_file=directory / f"{number}.log",
        )

    def _command(self, spec: ServerSpec, port: int, websocket_port: int) -> Sequence[str]:
        self.told.append((port, websocket_port))
        code = textwrap.dedent(STAND_IN)
        return [sys.executable, "-c", code, str(port), str(spec.ready_file), self._behaviour]

    def _publish(self, servers: tuple[ServerState, ...]) -> None:
        self.states.extend(servers)

    def run(self, is_enough: Callable[[ServerState], bool]) -> bool:
        rounds = iter(range(int(PATIENCE_SECONDS / 0.1)))

        def wait(seconds: float) -> bool:
            self._pause.wait(seconds)
            assert next(rounds, None) is not None, self.states
            return is_enough(self.states[-1])

        return self._supervisor.run(wait)

    @property
    def last(self) -> ServerState:
        return self.states[-1]


WatcherOf = Callable[..., Watcher]


@pytest.fixture
def watcher(tmp_path: Path) -> WatcherOf:
    def make(
        behaviour: str = "serve", policy: RestartPolicy = QUICK, ports: Sequence[int] = (0,)
    ) -> Watcher:
        return Watcher(tmp_path, behaviour, policy, ports)

    return make


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_healthy_server_is_reported_and_stopped(watcher: WatcherOf) -> None:
    watched = watcher()
    assert watched.run(lambda state: state.condition == "healthy")
    healthy = next(state for state in watched.states if state.condition == "healthy")
    assert healthy.websocket_url is not None
    assert healthy.pid is not None
    assert not is_alive(healthy.pid)
    assert (watched.last.condition, watched.last.pid) == ("stopped", None)


def test_a_crashed_server_comes_back_at_the_same_address(watcher: WatcherOf) -> None:
    watched = watcher()

    def kill_the_first(state: ServerState) -> bool:
        if state.condition == "healthy" and state.restarts == 0 and state.pid is not None:
            os.kill(state.pid, signal.SIGKILL)
        return state.condition == "healthy" and state.restarts == 1

    assert watched.run(kill_the_first)
    healthy = [state for state in watched.states if state.condition == "healthy"]
    assert [state.restarts for state in healthy] == [0, 1]
    assert healthy[0].mcp_url == healthy[1].mcp_url
    assert healthy[0].pid != healthy[1].pid
    assert any("killed by signal 9" in (state.reason or "") for state in watched.states)


def test_a_server_that_keeps_failing_is_given_up(watcher: WatcherOf) -> None:
    watched = watcher("exit 3")
    assert not watched.run(lambda _: False)
    assert watched.last.condition == "failed"
    assert watched.last.restarts == QUICK.max_restarts
    assert watched.last.reason == "exit code 3: cannot go on"


def test_a_refused_configuration_is_not_tried_again(watcher: WatcherOf) -> None:
    watched = watcher("exit 2")
    assert not watched.run(lambda _: False)
    assert (watched.last.condition, watched.last.restarts) == ("failed", 0)


@pytest.mark.parametrize("behaviour", ["hang", "ill"])
def test_a_server_that_does_not_become_healthy_is_killed(
    watcher: WatcherOf, behaviour: str
) -> None:
    watched = watcher(behaviour, RestartPolicy(start_timeout=0.5, max_restarts=0))
    assert not watched.run(lambda _: False)
    assert watched.last.reason == "not healthy after 0.5 s"
    pid = next(state.pid for state in watched.states if state.pid is not None)
    assert not is_alive(pid)


def test_a_log_that_another_process_writes_is_left_alone(
    watcher: WatcherOf, tmp_path: Path
) -> None:
    with (tmp_path / "0.log").open("ab") as log:
        assert try_lock(log)
        watched = watcher(policy=RestartPolicy(max_restarts=0))
        assert not watched.run(lambda _: False)
    assert "another process is writing to" in (watched.last.reason or "")


def test_a_port_in_use_leads_to_another_one(watcher: WatcherOf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        watched = watcher(ports=[port])
        assert watched.run(lambda state: state.condition == "healthy")
    healthy = next(state for state in watched.states if state.condition == "healthy")
    assert healthy.mcp_url != f"http://127.0.0.1:{port}/mcp"
    assert healthy.restarts == 0


def test_two_servers_that_want_the_same_ports_are_told_different_ones(
    watcher: WatcherOf,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    watched = watcher(ports=[port, port])
    assert watched.run(lambda _: len(watched.told) == 2)
    (first, first_websocket), (second, second_websocket) = watched.told
    assert (first, first_websocket) == (port, STAND_IN_WEBSOCKET_PORT)
    assert second != first
    assert second_websocket == STAND_IN_WEBSOCKET_PORT + 1


def test_asking_twice_kills_a_server_that_ignores_the_first_request(watcher: WatcherOf) -> None:
    watched = watcher("stubborn")
    began = time.monotonic()
    assert watched.run(lambda state: state.condition == "healthy")
    # Ten seconds is the patience without the second request.
    assert time.monotonic() - began < 8
    pid = next(state.pid for state in watched.states if state.pid is not None)
    assert not is_alive(pid)


# The command line, with the real server


class Orchestration:
    """One configuration file and the commands a user gives for it."""

    def __init__(self, directory: Path, *servers: dict[str, object]) -> None:
        self.config_file = directory / "servers.yaml"
        self.config_file.write_text(yaml.safe_dump({"servers": list(servers)}), encoding="utf-8")
        self.directory = RunDirectory.beside(self.config_file)
        self.output = directory / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def arguments(self, command: str) -> list[str]:
        module = ["-m", "scripts.orchestrate", command, "--config", str(self.config_file)]
        return [sys.executable, *module]

    def start(self) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self.arguments("start"),
                cwd=ROOT,
                env=environment(),
                stdout=output,
                stderr=output,
            )
        return self.process

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.arguments(command),
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def until(self, fact: Callable[[RunState], bool]) -> RunState:
        """Wait until the state file tells a fact."""
        told: list[RunState] = []

        def came_true() -> bool:
            state = self.directory.read_state()
            told[:] = [] if state is None else [state]
            return state is not None and fact(state)

        assert wait_until(came_true, PATIENCE_SECONDS), (told, self.output.read_text())
        return told[0]

    def end(self) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                self.process.terminate()
            self.process.wait(PATIENCE_SECONDS)
        for left in orphans(self.directory.read_state()):
            assert end_orphan(left)


OrchestrationOf = Callable[..., Orchestration]


@pytest.fixture
def orchestrate(tmp_path: Path) -> Iterator[OrchestrationOf]:
    made: list[Orchestration] = []

    def make(*servers: dict[str, object]) -> Orchestration:
        made.append(Orchestration(tmp_path, *servers))
        return made[-1]

    yield make
    for orchestration in made:
        orchestration.end()


def on_any_port(name: str, **keys: object) -> dict[str, object]:
    return {"name": name, "port": 0, "config": {"websocket_port": 0}, **keys}


def all_healthy(state: RunState) -> bool:
    return all(server.condition == "healthy" for server in state.servers)


def ping(server: ServerState) -> str:
    assert server.websocket_url is not None
    with connect(server.websocket_url, proxy=None) as client:
        assert json.loads(client.recv(timeout=5))["type"] == "welcome"
        client.send('{"type": "ping"}')
        answer: str = json.loads(client.recv(timeout=5))["type"]
        return answer


def test_two_servers_start_serve_come_back_and_stop_from_another_shell(
    orchestrate: OrchestrationOf,
) -> None:
    both = orchestrate(on_any_port("a"), on_any_port("b"), on_any_port("off", enabled=False))
    process = both.start()
    state = both.until(all_healthy)

    assert [server.name for server in state.servers] == ["a", "b"]
    assert [ping(server) for server in state.servers] == ["pong", "pong"]

    first = state.servers[0]
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    state = both.until(lambda state: all_healthy(state) and state.servers[0].restarts == 1)
    assert state.servers[0].websocket_url == first.websocket_url
    assert state.servers[0].mcp_url == first.mcp_url
    assert ping(state.servers[0]) == "pong"

    status = both.run("status")
    assert (status.returncode, status.stderr) == (0, "")
    for server in state.servers:
        assert str(server.websocket_url) in status.stdout

    second = both.run("start")
    assert (second.returncode, second.stdout, second.stderr.count("\n")) == (2, "", 1)
    assert f"(pid {process.pid}) is already running" in second.stderr

    assert both.run("stop").returncode == 0
    assert process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in both.output.read_text()
    assert both.run("status").returncode == 1
    assert both.directory.read_state() is None
    assert not any(is_healthy(str(server.mcp_url)) for server in state.servers)


def test_ctrl_c_is_a_good_end(orchestrate: OrchestrationOf) -> None:
    one = orchestrate(on_any_port("a"))
    process = one.start()
    one.until(all_healthy)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in one.output.read_text()


def test_a_server_that_refuses_its_settings_fails_for_good(orchestrate: OrchestrationOf) -> None:
    one = orchestrate(on_any_port("open", host="0.0.0.0"))
    assert one.start().wait(PATIENCE_SECONDS) == 1
    output = one.output.read_text()
    assert "open: failed permanently (exit code 2: " in output
    assert "token" in output


def test_servers_of_a_killed_orchestrator_are_found_and_stopped(
    orchestrate: OrchestrationOf,
) -> None:
    one = orchestrate(on_any_port("a"))
    process = one.start()
    server = one.until(all_healthy).servers[0]
    process.kill()
    process.wait(PATIENCE_SECONDS)

    status = one.run("status")
    assert status.returncode == 1
    assert f"is still running without its orchestrator (pid {server.pid})" in status.stdout
    assert ping(server) == "pong"

    assert one.run("stop").returncode == 0
    assert server.pid is not None
    assert wait_until(lambda: not is_healthy(str(server.mcp_url)), PATIENCE_SECONDS)
    assert one.directory.read_state() is None
    assert orphans(RunState(config_file=one.config_file, servers=(server,))) == ()


def test_a_wrong_file_is_one_line_and_exit_2(orchestrate: OrchestrationOf) -> None:
    wrong = orchestrate({"name": "a", "config": {"websocket_prot": 1}}).run("start")
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert "'websocket_prot'; did you mean 'websocket_port'?" in wrong.stderr
