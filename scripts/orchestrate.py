"""Run several servers from one configuration file: start, status, stop."""

import argparse
import os
import queue
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table
from rich.text import Text

from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser, printable
from websocket_mock.scripts.config_file import read_entries
from websocket_mock.scripts.settings import ConfigurationError, load_settings
from websocket_mock.scripts.signals import handling
from websocket_mock.scripts.supervising.probes import is_healthy
from websocket_mock.scripts.supervising.run_directory import (
    AlreadyRunningError,
    RunDirectory,
    RunState,
    ServerState,
    end_orphan,
    orphans,
    wait_until,
)
from websocket_mock.scripts.supervising.supervision import (
    ManagedServer,
    RestartPolicy,
    ServerSpec,
    Supervisor,
    Wait,
)

_PROGRAM = "orchestrate"
_EXIT_INTERRUPTED = 130
_STOP_SECONDS = 30.0
_PIPE_WIDTH = 200
_STYLES = {"healthy": "green", "failed": "bold red", "unhealthy": "bold red", "stopped": "dim"}
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``start`` blocks until the servers are stopped."""
    options = _parser().parse_args(arguments)
    config_file: Path = options.config
    directory = (
        RunDirectory.beside(config_file)
        if options.state_dir is None
        else RunDirectory(options.state_dir)
    )
    # A pipe has no width, so the addresses are not folded.
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    commands = {"start": start, "status": status, "stop": stop}
    try:
        return commands[options.command](config_file, directory, console)
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except (ConfigurationError, AlreadyRunningError) as error:
        _print_error(str(error))
    except OSError as error:
        _print_error(f"{error}; --state-dir chooses another directory to run in")
    return EXIT_USAGE


def start(config_file: Path, directory: RunDirectory, console: Console) -> int:
    """Start all enabled servers and keep them running until a signal. Blocks until then.

    Returns:
        0 when stopped by a signal, 1 when a server failed permanently.

    Raises:
        ConfigurationError: the file, or one of its servers, cannot be used.
        AlreadyRunningError: an orchestrator already runs in the directory.
        OSError: the directory cannot be used.
    """
    specs = _read_specs(config_file, directory)
    with directory.locked(), _stop_signals() as wait:
        _end_orphans(directory, console)
        servers = [
            ManagedServer(spec, lambda *spawn: _command(config_file, *spawn), RestartPolicy())
            for spec in specs
        ]
        reporter = _Reporter(config_file, directory, console)
        try:
            return 0 if Supervisor(servers, reporter.publish).run(wait) else 1
        finally:
            directory.remove_state()


def status(config_file: Path, directory: RunDirectory, console: Console) -> int:
    """Check the health of all servers and print their state. Blocks for a few seconds per server.

    Returns:
        0 when all servers are healthy, otherwise 1.
    """
    state = directory.read_state()
    if not directory.is_held():
        left = orphans(state)
        found = f"no orchestrator is running for {config_file}"
        _print_lines(console, found, *map(_describe_left, left))
        if not left:
            directory.remove_state()
        return 1
    if state is None:
        _print_lines(console, f"the orchestrator of {config_file} is starting or stopping")
        return 1
    servers = tuple(_examined(server) for server in state.servers)
    console.print(_table(servers))
    _print_lines(console, *(_describe(server) for server in servers if server.reason is not None))
    return 0 if all(server.condition == "healthy" for server in servers) else 1


def stop(config_file: Path, directory: RunDirectory, console: Console) -> int:
    """Stop the orchestrator and its servers, or the servers that a killed one left.

    Blocks for about 30 s at most.

    Returns:
        0 when nothing runs any more, otherwise 1.
    """
    # An orchestrator that has just taken the lock is about to write its process id.
    wait_until(lambda: not directory.is_held() or directory.holder() is not None, 1.0)
    pid = directory.holder()
    if pid is None:
        _print_lines(console, f"no orchestrator is running for {config_file}")
        return 0 if _end_orphans(directory, console) else 1
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if wait_until(lambda: not directory.is_held(), _STOP_SECONDS):
        _print_lines(console, f"stopped the orchestrator of {config_file} (pid {pid})")
        return 0
    _print_error(f"the orchestrator (pid {pid}) is still running after {_STOP_SECONDS:g} s")
    return 1


class _Reporter:
    """Reports changes to the terminal and, through the state file, to other shells."""

    def __init__(self, config_file: Path, directory: RunDirectory, console: Console) -> None:
        self._config_file = config_file.absolute()
        self._directory = directory
        self._console = console
        self._last: tuple[ServerState, ...] = ()

    def publish(self, servers: tuple[ServerState, ...]) -> None:
        self._directory.write_state(RunState(config_file=self._config_file, servers=servers))
        changed = [server for server in servers if server not in self._last]
        self._last = servers
        # A server that waits without a reason has not been started yet.
        news = (server for server in changed if server.condition != "waiting" or server.reason)
        _print_lines(self._console, *map(_describe, news))
        if all(server.condition in {"healthy", "failed"} for server in servers):
            self._console.print(_table(servers))


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog=_PROGRAM, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="start|status|stop")
    for command, text in (
        ("start", "start all enabled servers and keep them running; Ctrl-C stops them"),
        ("status", "show the servers; exit 0 when all are healthy, otherwise 1"),
        ("stop", "stop the orchestrator and its servers"),
    ):
        subparser = commands.add_parser(command, help=text, description=text)
        subparser.add_argument("--config", type=Path, required=True, metavar="FILE")
        subparser.add_argument(
            "--state-dir",
            type=Path,
            metavar="DIR",
            help="where state and logs go (default: .FILE.run beside FILE)",
        )
    return parser


def _read_specs(config_file: Path, directory: RunDirectory) -> list[ServerSpec]:
    specs = []
    for number, entry in enumerate(read_entries(config_file), start=1):
        if entry.enabled:
            settings = load_settings(
                {}, environ=os.environ, config_file=config_file, server=entry.name
            )
            specs.append(
                ServerSpec(
                    name=entry.name,
                    host=settings.host,
                    port=settings.port,
                    websocket_port=settings.websocket.port,
                    ready_file=directory.ready_file(number, entry.name),
                    log_file=directory.log_file(number, entry.name),
                )
            )
    if not specs:
        raise ConfigurationError(f"{config_file}: no server is enabled")
    return specs


def _command(config_file: Path, spec: ServerSpec, port: int, websocket_port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "websocket_mock", "--config", str(config_file.absolute())),
        *("--server", spec.name, "--transport", "http", "--port", str(port)),
        *("--websocket-port", str(websocket_port), "--ready-file", str(spec.ready_file)),
    ]


@contextmanager
def _stop_signals() -> Iterator[Wait]:
    # Not an Event: if a signal handler calls set() inside wait() on the same thread, it deadlocks.
    # The put() of this queue may interrupt its get().
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.put(number)

    def wait(seconds: float) -> bool:
        try:
            asked.get(timeout=seconds)
        except queue.Empty:
            return False
        return True

    with handling(_STOP_SIGNALS, ask):
        yield wait


def _end_orphans(directory: RunDirectory, console: Console) -> bool:
    all_ended = True
    for server in orphans(directory.read_state()):
        _print_lines(console, f"{_describe_left(server)}; stopping it")
        all_ended = end_orphan(server) and all_ended
    if all_ended:
        directory.remove_state()
    return all_ended


def _examined(server: ServerState) -> ServerState:
    if server.condition != "healthy" or server.mcp_url is None or is_healthy(server.mcp_url):
        return server
    return server.model_copy(
        update={"condition": "unhealthy", "reason": "its /health does not answer 200"}
    )


def _table(servers: Sequence[ServerState]) -> Table:
    table = Table("name", "state")
    table.add_column("pid", justify="right")
    table.add_column("websocket url", overflow="fold")
    table.add_column("mcp url", overflow="fold")
    table.add_column("restarts", justify="right")
    for server in servers:
        table.add_row(
            Text(server.name),
            Text(server.condition, style=_STYLES.get(server.condition, "yellow")),
            str(server.pid or "-"),
            Text(server.websocket_url or "-"),
            Text(server.mcp_url or "-"),
            str(server.restarts),
        )
    return table


def _describe(server: ServerState) -> str:
    match server.condition:
        case "healthy":
            what = f"healthy: {server.websocket_url} and {server.mcp_url}"
        case "waiting":
            what = f"ended ({server.reason}), will be restarted"
        case "failed":
            what = f"failed permanently ({server.reason}); its log: {server.log_file}"
        case "unhealthy":
            what = f"unhealthy ({server.reason}); its log: {server.log_file}"
        case "starting" | "stopped":
            what = server.condition
    return f"{server.name}: {what}"


def _describe_left(server: ServerState) -> str:
    return f"{server.name}: is still running without its orchestrator (pid {server.pid})"


def _print_lines(console: Console, *lines: str) -> None:
    for line in lines:
        # The reason why a server has ended is the last line of its log.
        console.print(Text(printable(line)), soft_wrap=True)


def _print_error(text: str) -> None:
    print(f"{_PROGRAM}: {printable(text)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
