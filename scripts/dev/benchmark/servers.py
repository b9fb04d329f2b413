"""The servers under test and the load on them, as child processes that are always ended."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from pydantic import BaseModel, ValidationError

from websocket_mock.scripts.dev.benchmark.mocks import CLIENT_PATH, MocksShape, write_mocks
from websocket_mock.scripts.dev.benchmark.results import Crowd, Failure, Outcome, Rate

# A thousand endpoints take some seconds of processor time to compile, on a busy machine a minute.
START_TIMEOUT = 90.0
STOP_TIMEOUT = 10.0
KILL_TIMEOUT = 5.0
# Above the sum of the generator's own limits, so that it normally gets to say what went wrong.
LOAD_TIMEOUT = 150.0

_READY_POLL_INTERVAL = 0.02


class ServerStartError(Exception):
    """Raised when a server does not come up; the text says which one and what it wrote last."""


@dataclass(frozen=True, slots=True)
class ServerKind:
    """How to start one of the servers.

    Attributes:
        name: What the report calls it.
        module: Python module to run.
        options: Its command line, without the ready file.
        has_welcome: Whether it greets every client with one message.
        environment: Variables it is started with, beside our own: names and values.
        mocks: The mocks file it is started with, if any; its clients go to an endpoint of it.
    """

    name: str
    module: str
    options: tuple[str, ...]
    has_welcome: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    mocks: MocksShape | None = None


REFERENCE = ServerKind(
    "websockets asyncio", "websocket_mock.scripts.dev.benchmark.peers", ("websockets",)
)
STOCK = ServerKind(
    "websocket-server + pykka", "websocket_mock.scripts.dev.benchmark.peers", ("websocket-server",)
)
CANNED = ServerKind(
    "canned bytes (ceiling)", "websocket_mock.scripts.dev.benchmark.peers", ("canned",)
)
_LAUNCH = "websocket_mock"
_LAUNCH_OPTIONS = (
    *("--transport", "http", "--host", "localhost", "--port", "0"),
    *("--websocket-host", "localhost", "--websocket-port", "0"),
)
OURS = ServerKind("this server", _LAUNCH, _LAUNCH_OPTIONS, has_welcome=True)
OURS_UNRECORDED = ServerKind(
    "this server, journal off",
    _LAUNCH,
    _LAUNCH_OPTIONS,
    has_welcome=True,
    environment=(("JOURNAL_ENTRIES", "0"),),
)
ONE_RULE = ServerKind(
    "1 endpoint x 1 rule", _LAUNCH, _LAUNCH_OPTIONS, mocks=MocksShape(endpoints=1, rules=1)
)
MANY_RULES = ServerKind(
    "1,000 endpoints x 10 rules",
    _LAUNCH,
    _LAUNCH_OPTIONS,
    mocks=MocksShape(endpoints=1000, rules=10),
)


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts connections, and where the load connects to it."""

    kind: ServerKind
    url: str
    pid: int


class _ReadyFile(BaseModel):
    websocket_url: str
    pid: int


@contextmanager
def running(kind: ServerKind, folder: Path) -> Iterator[RunningServer]:
    """Run a server for the length of a `with` block; blocks for its start and its stop.

    Args:
        kind: The server.
        folder: An existing empty folder of this server's own, for its ready file and its log.

    Raises:
        ServerStartError: It ended, or was not ready within `START_TIMEOUT`.
    """
    ready_file, log = folder / "ready.json", folder / "log.txt"
    command = [sys.executable, "-m", kind.module, *kind.options, "--ready-file", str(ready_file)]
    path = ""
    if kind.mocks is not None:
        path = CLIENT_PATH
        command += ["--mocks", str(write_mocks(folder, kind.mocks))]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own modules, fixed options
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **dict(kind.environment)},
        )
    try:
        _wait_until_ready(process, ready_file, kind.name, log)
        ready = _ReadyFile.model_validate_json(ready_file.read_bytes())
        yield RunningServer(kind, ready.websocket_url + path, ready.pid)
    except ValidationError as error:
        raise ServerStartError(f"{kind.name} wrote a ready file without url and pid") from error
    finally:
        _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], ready: Path, name: str, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not ready.exists():
        if process.poll() is not None:
            raise ServerStartError(f"{name} ended at its start: {_last_line(log.read_bytes())}")
        if time.monotonic() > end:
            raise ServerStartError(f"{name} was not ready within {START_TIMEOUT:g} s")
        time.sleep(_READY_POLL_INTERVAL)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(KILL_TIMEOUT)


def measure_stream(
    server: RunningServer, *, clients: int, in_flight: int, seconds: float
) -> Outcome:
    """Load a server from a process of its own; blocks for a little more than `seconds`."""
    return _run_load(
        server,
        "stream",
        ("--in-flight", str(in_flight), "--seconds", str(seconds)),
        clients,
        timeout=LOAD_TIMEOUT + 2 * seconds,
    )


def measure_crowd(server: RunningServer, *, clients: int) -> Outcome:
    """Connect a crowd to a server from a process of its own; blocks until all are answered."""
    options = ("--pid", str(server.pid))
    return _run_load(server, "crowd", options, clients, timeout=LOAD_TIMEOUT)


def _run_load(
    server: RunningServer, kind: str, options: Sequence[str], clients: int, timeout: float
) -> Outcome:
    command = [sys.executable, "-m", "websocket_mock.scripts.dev.benchmark.load", kind, server.url]
    command += ["--clients", str(clients), *options]
    if server.kind.has_welcome:
        command.append("--welcome")
    try:
        load = subprocess.run(  # noqa: S603  # our own module, options made above
            command, capture_output=True, check=False, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return Failure(f"the load did not end within {timeout:g} s")
    if load.returncode != 0:
        return Failure(_last_line(load.stderr))
    fields = orjson.loads(load.stdout)
    return Crowd(**fields) if kind == "crowd" else Rate(**fields)


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"
