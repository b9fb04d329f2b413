"""The servers under test, as child processes that are always ended."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from websocket_mock.scripts.dev.benchmark.generator import last_line
from websocket_mock.scripts.dev.benchmark.mocks import write_mocks
from websocket_mock.scripts.dev.benchmark.node import NodePeers

# Ten thousand rules take some seconds of processor time to compile, on a busy machine a minute.
START_TIMEOUT = 120.0
STOP_TIMEOUT = 10.0
KILL_TIMEOUT = 5.0

READY = "ready.json"
_READY_POLL_INTERVAL = 0.02
_OURS = "websocket_mock"
_PEERS = "websocket_mock.scripts.dev.benchmark.peers"


class ServerStartError(Exception):
    """Raised when a server does not come up; the text says which one and what it wrote last."""


@dataclass(frozen=True, slots=True)
class ServerKind:
    """How to start one of the servers.

    Attributes:
        name: What the report calls it.
        module: Python module to run, empty for a server of Node.
        options: Its command line, without the ready file.
        environment: Variables it is started with, beside our own: names and values.
        mocks: The name of the mocks file that it is started with, or empty.
        is_tls: Whether the load reaches it through a relay that encrypts, in Node.
    """

    name: str
    module: str
    options: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    mocks: str = ""
    is_tls: bool = False

    @property
    def needs_node(self) -> bool:
        """Whether it cannot run without Node."""
        return self.is_tls or not self.module

    @property
    def is_ours(self) -> bool:
        """Whether it is this server, with whatever settings."""
        return self.module == _OURS


def _ours(name: str, mocks: str = "", **environment: str) -> ServerKind:
    options = (
        *("--transport", "http", "--host", "localhost", "--port", "0"),
        *("--websocket-host", "localhost", "--websocket-port", "0"),
    )
    return ServerKind(name, _OURS, options, tuple(environment.items()), mocks)


REFERENCE = ServerKind("websockets asyncio", _PEERS, ("websockets",))
REFERENCE_TLS = ServerKind("websockets asyncio", _PEERS, ("websockets-tls",), is_tls=True)
REFERENCE_DEFLATE = ServerKind("websockets asyncio", _PEERS, ("websockets-deflate",))
STOCK = ServerKind("websocket-server + pykka", _PEERS, ("websocket-server",))
EMPTY_TOOL = ServerKind("empty FastMCP tool", f"{_PEERS}_tool", ())
NODE_WS = ServerKind("Node ws", "", ("ws",))
MOCKTTP = ServerKind("mockttp", "", ("mockttp",))
MOCKOON = ServerKind("Mockoon", "", ("mockoon",))
OURS = _ours("this server")
OURS_TLS = replace(_ours("this server", TLS_SELF_SIGNED="true"), is_tls=True)
OURS_UNRECORDED = _ours("this server, journal off", JOURNAL_ENTRIES="0")
OURS_NEVER_FULL = _ours(
    "journal not full", JOURNAL_ENTRIES="1000000000", JOURNAL_BYTES="1000000000000"
)
PROGRAMMED = _ours("this server", "programmed")
ONE_RULE = _ours("1 endpoint x 1 rule", "1 rule")
TEN_THOUSAND_RULES = _ours("1 endpoint x 10,000 rules", "10,000 rules")
MANY_ENDPOINTS = _ours("1,000 endpoints x 10 rules", "1,000 endpoints x 10 rules")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts connections, and where the load finds it.

    Attributes:
        kind: How it was started.
        port: Where it accepts WebSocket connections.
        pid: Its process.
        http_url: Where it accepts MCP and REST calls, or empty.
    """

    kind: ServerKind
    port: int
    pid: int
    http_url: str = ""

    @property
    def url(self) -> str:
        """Where it accepts WebSocket connections, without a path."""
        return f"ws://localhost:{self.port}"


class _ReadyFile(BaseModel):
    websocket_url: str = ""
    mcp_url: str = ""
    pid: int


@contextmanager
def running(
    kind: ServerKind, folder: Path, node: NodePeers | None = None
) -> Iterator[RunningServer]:
    """Run a server for the length of a `with` block; blocks for its start and its stop.

    The port of a server with TLS is that of its relay; the process is the server's.

    Args:
        kind: The server.
        folder: An existing empty folder of this server's own, for its ready file and its log.
        node: The packages of the servers of Node; only they need it.

    Raises:
        ServerStartError: It ended, or was not ready within `START_TIMEOUT`.
        NodeMissing: Its packages are not there.
    """
    with _running(kind, folder, _command(kind, folder, folder / READY, node)) as server:
        if not kind.is_tls or node is None:
            yield server
            return
        place = folder / "relay"
        place.mkdir()
        relay = ServerKind("the relay", "", ())
        command = node.command("relay", place / READY, str(server.port))
        with _running(relay, place, command) as before:
            yield replace(server, port=before.port)


@contextmanager
def _running(kind: ServerKind, folder: Path, command: Sequence[str]) -> Iterator[RunningServer]:
    ready_file, log = folder / READY, folder / "log.txt"
    process = _spawn(command, log, dict(kind.environment))
    try:
        _wait_until_ready(process, ready_file, kind.name, log)
        ready = _ReadyFile.model_validate_json(ready_file.read_bytes())
        port = urlsplit(ready.websocket_url or ready.mcp_url).port
        if port is None:
            raise ServerStartError(f"{kind.name} wrote a ready file without a port")
        yield RunningServer(kind, port, ready.pid, ready.mcp_url)
    except ValidationError as error:
        raise ServerStartError(f"{kind.name} wrote a ready file without a pid") from error
    finally:
        _stop(process)


def _command(
    kind: ServerKind, folder: Path, ready_file: Path, node: NodePeers | None
) -> Sequence[str]:
    if not kind.module:
        if node is None:
            raise ServerStartError(f"{kind.name} needs Node")
        return node.command(kind.options[0], ready_file)
    command = [sys.executable, "-m", kind.module, *kind.options, "--ready-file", str(ready_file)]
    if kind.mocks:
        command += ["--mocks", str(write_mocks(folder, kind.mocks))]
    return command


def _spawn(
    command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603  # our own modules, fixed options
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
        )


def _wait_until_ready(
    process: "subprocess.Popen[bytes]", ready: Path, name: str, log: Path
) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not ready.exists():
        if process.poll() is not None:
            raise ServerStartError(f"{name} ended at its start: {last_line(log.read_bytes())}")
        if time.monotonic() > end:
            raise ServerStartError(f"{name} was not ready within {START_TIMEOUT:g} s")
        time.sleep(_READY_POLL_INTERVAL)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(KILL_TIMEOUT)
