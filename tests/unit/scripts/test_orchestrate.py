"""The parts of the orchestrator that need no process: decisions, files, words."""

import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from websocket_mock.scripts.orchestrate import main
from websocket_mock.scripts.supervising import supervision
from websocket_mock.scripts.supervising.probes import (
    choose_port,
    is_healthy,
    is_port_busy,
    last_line,
    port_of,
    read_ready,
)
from websocket_mock.scripts.supervising.run_directory import (
    AlreadyRunningError,
    RunDirectory,
    RunState,
    ServerState,
    orphans,
    try_lock,
)
from websocket_mock.scripts.supervising.supervision import RestartBudget, RestartPolicy


def server(tmp_path: Path, **changes: object) -> ServerState:
    state = ServerState(name="a", condition="healthy", log_file=tmp_path / "a.log", pid=1)
    return state.model_copy(update=changes)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


# Restarts


def test_delays_double_up_to_the_longest_until_the_budget_is_spent() -> None:
    budget = RestartBudget(RestartPolicy(max_restarts=4, first_delay=1.0, longest_delay=3.0))
    delays = [budget.spend(0.0, was_healthy=False) for _ in range(5)]
    assert delays == [1.0, 2.0, 3.0, 3.0, None]


def test_old_crashes_are_forgiven() -> None:
    budget = RestartBudget(RestartPolicy(max_restarts=1, window=10.0, first_delay=1.0))
    assert budget.spend(0.0, was_healthy=True) == 1.0
    assert budget.spend(10.1, was_healthy=True) == 1.0
    assert budget.spend(20.0, was_healthy=True) is None


def test_starts_that_keep_failing_slowly_are_not_forgiven() -> None:
    budget = RestartBudget(RestartPolicy(max_restarts=2, window=10.0))
    moments = (0.0, 30.0, 60.0)
    delays = [budget.spend(now, was_healthy=False) for now in moments]
    assert delays[-1] is None
    assert None not in delays[:-1]


def test_a_budget_of_no_restarts_gives_up_at_once() -> None:
    assert RestartBudget(RestartPolicy(max_restarts=0)).spend(0.0, was_healthy=True) is None


# Ports


@pytest.mark.parametrize(
    ("wanted", "taken", "busy", "chosen"),
    [
        (8004, set(), set(), 8004),
        (8004, set(), {8004}, 8005),
        (8004, {8005}, {8004}, 8006),
        (8004, {8004}, set(), 8005),
        (8004, set(), set(range(8004, 8014)), 0),
        (8004, set(), set(range(8004, 8013)), 8013),
        (65535, set(), {65535}, 0),
        (0, set(), set(), 0),
    ],
)
def test_the_wanted_port_or_the_next_free_one_is_chosen(
    wanted: int, taken: set[int], busy: set[int], chosen: int
) -> None:
    assert choose_port(wanted, taken, busy.__contains__) == chosen


def test_a_port_with_a_listener_is_busy_and_then_free_again(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert is_port_busy("127.0.0.1", port)
    assert is_port_busy("localhost", port)
    listener.close()
    assert not is_port_busy("127.0.0.1", port)


def test_an_address_that_cannot_be_used_is_not_called_busy() -> None:
    assert not is_port_busy("a" * 64, 8004)
    assert not is_port_busy("192.0.2.1", 8004)


def test_port_of_reads_both_kinds_of_address() -> None:
    assert port_of("ws://localhost:9004") == 9004
    assert port_of("http://[::1]:8004/mcp") == 8004
    assert port_of("http://localhost/mcp") == 0


# Health and files of a server


def test_nobody_there_is_not_healthy(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    assert not is_healthy(f"http://127.0.0.1:{port}/mcp")


@pytest.mark.parametrize(("path", "healthy"), [("/health", True), ("/other", False)])
def test_health_is_asked_under_a_name_every_server_takes(path: str, healthy: bool) -> None:
    class Guarded(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            port = self.connection.getsockname()[1]
            welcome = self.headers["Host"] == f"localhost:{port}" and self.path == path
            self.send_response(200 if welcome else 421)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Guarded) as guarded:
        answering = threading.Thread(target=guarded.handle_request, name="guarded")
        answering.start()
        assert is_healthy(f"http://127.0.0.1:{guarded.server_port}/mcp") is healthy
        answering.join(5)
    assert not answering.is_alive()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"websocket_url": "ws://x:1", "mcp_url": null, "pid": 1}']
)
def test_a_ready_file_that_makes_no_sense_is_not_ready(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ready.json"
    assert read_ready(file) is None
    file.write_text(text, encoding="utf-8")
    assert read_ready(file) is None


def test_a_ready_file_tells_both_addresses(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    file.write_text(
        '{"websocket_url": "ws://x:1", "mcp_url": "http://x:2/mcp", "pid": 3}', encoding="utf-8"
    )
    ready = read_ready(file)
    assert ready is not None
    assert (ready.websocket_url, ready.mcp_url, ready.pid) == ("ws://x:1", "http://x:2/mcp", 3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ""),
        (b"one\ntwo\n\n  \n", "two"),
        (b"\xff\n", "\N{REPLACEMENT CHARACTER}"),
        (b"x" * 10_000 + b"\nlast", "last"),
    ],
)
def test_the_last_line_that_says_something_is_found(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    log = tmp_path / "a.log"
    assert last_line(log) == ""
    log.write_bytes(content)
    assert last_line(log) == expected


def test_a_log_that_has_grown_too_long_is_set_aside_while_its_writer_goes_on(
    tmp_path: Path,
) -> None:
    log = tmp_path / "a.log"
    with log.open("ab") as writer:
        writer.truncate(supervision._MAX_LOG_BYTES + 1)
        supervision._bound_log(log)
        writer.write(b"more")
    assert log.read_bytes() == b"more"
    assert (tmp_path / "a.log.1").stat().st_size == supervision._MAX_LOG_BYTES + 1
    supervision._bound_log(log)
    assert log.read_bytes() == b"more"


# The run directory


def test_the_default_directory_is_a_dot_directory_beside_the_config(tmp_path: Path) -> None:
    log = RunDirectory.beside(tmp_path / "servers.yaml").log_file(1, "a")
    assert log == tmp_path / ".servers.yaml.run" / "1-a.log"


def test_names_of_servers_cannot_leave_the_directory_or_collide(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    odd = directory.log_file(1, "../../etc/x")
    assert odd.parent == tmp_path
    assert odd != directory.log_file(2, "../../etc/x")


def test_a_held_directory_names_its_holder_and_refuses_a_second(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "run")
    assert directory.holder() is None
    with directory.locked():
        assert directory.is_held()
        assert directory.holder() == os.getpid()
        with (
            pytest.raises(AlreadyRunningError, match=str(os.getpid())),
            RunDirectory(tmp_path / "run").locked(),
        ):
            pytest.fail("two orchestrators in one directory")
    assert not directory.is_held()
    assert directory.holder() is None


def test_a_directory_is_ignored_by_git(tmp_path: Path) -> None:
    with RunDirectory(tmp_path / "run").locked():
        assert (tmp_path / "run" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_state_survives_the_way_through_its_file(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    state = RunState(config_file=tmp_path / "c.yaml", servers=(server(tmp_path, reason="r"),))
    assert directory.read_state() is None
    directory.write_state(state)
    assert directory.read_state() == state
    directory.remove_state()
    directory.remove_state()
    assert directory.read_state() is None
    assert list(tmp_path.iterdir()) == []


def test_a_broken_state_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"servers": 1', encoding="utf-8")
    assert RunDirectory(tmp_path).read_state() is None


def test_an_orphan_is_a_server_whose_log_somebody_still_holds(tmp_path: Path) -> None:
    living, dead = (server(tmp_path, name=name, log_file=tmp_path / name) for name in "ab")
    state = RunState(config_file=tmp_path, servers=(living, dead))
    (tmp_path / "b").touch()
    with living.log_file.open("ab") as log:
        assert try_lock(log)
        assert orphans(state) == (living,)
    assert orphans(state) == ()
    assert orphans(None) == ()


# The command line


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "start|status|stop"),
        (["begin", "--config", "x"], "begin"),
        (["start"], "--config"),
        (["start", "--config", "x", "--loud"], "--loud"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    assert exited.value.code == 2
    assert_one_line(capsys, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servers: [{name: a, prot: 1}]", "'prot'"),
        ("servers: [{name: a, port: x}]", "port"),
        ("servers: [{name: a, enabled: false}]", "no server is enabled"),
    ],
)
def test_a_wrong_config_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, expected: str
) -> None:
    config_file = tmp_path / "servers.yaml"
    config_file.write_text(text, encoding="utf-8")
    assert main(["start", "--config", str(config_file)]) == 2
    assert_one_line(capsys, expected, str(config_file))
    assert list(tmp_path.iterdir()) == [config_file]


def test_a_state_directory_that_cannot_be_made_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config_file = tmp_path / "servers.yaml"
    config_file.write_text("servers: [{name: a}]", encoding="utf-8")
    arguments = ["start", "--config", str(config_file), "--state-dir", str(config_file / "run")]
    assert main(arguments) == 2
    assert_one_line(capsys, "--state-dir", str(config_file / "run"))


def test_status_and_stop_of_nothing_say_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = str(tmp_path / "servers.yaml")
    assert main(["status", "--config", config]) == 1
    assert "no orchestrator is running" in capsys.readouterr().out
    assert main(["stop", "--config", config]) == 0
    assert "no orchestrator is running" in capsys.readouterr().out


def test_status_removes_the_state_of_a_dead_orchestrator(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.write_state(RunState(config_file=tmp_path, servers=(server(tmp_path),)))
    assert main(["status", "--config", "c.yaml", "--state-dir", str(tmp_path)]) == 1
    assert directory.read_state() is None


def test_status_asks_for_health_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    listener.close()
    directory = RunDirectory(tmp_path)
    claimed = server(tmp_path, mcp_url=f"http://127.0.0.1:{port}/mcp")
    with directory.locked():
        directory.write_state(RunState(config_file=tmp_path, servers=(claimed,)))
        assert main(["status", "--config", "c.yaml", "--state-dir", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "unhealthy" in out
    assert "/health" in out


def assert_one_line(capsys: pytest.CaptureFixture[str], *parts: str) -> None:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    for part in parts:
        assert part in captured.err
