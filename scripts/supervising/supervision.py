"""Keeps server processes running: start, wait for health, restart with back-off, stop.

The caller's thread does everything: it checks the processes in turn, so nothing is shared and
nothing needs a lock. `ManagedServer` manages one server, `Supervisor` loops over all of them.
"""

import os
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from websocket_mock.scripts.arguments import EXIT_USAGE
from websocket_mock.scripts.supervising.probes import (
    Ready,
    choose_port,
    is_healthy,
    is_port_busy,
    last_line,
    port_of,
    read_ready,
)
from websocket_mock.scripts.supervising.run_directory import Condition, ServerState, try_lock

_TURN_SECONDS = 0.1
_STOP_SECONDS = 10.0
_KILL_SECONDS = 5.0
_SAME_REQUEST_SECONDS = 1.0
_MAX_LOG_BYTES = 10 * 1024 * 1024

Wait = Callable[[float], bool]
"""Waits some seconds, or until a stop is requested; returns whether one was requested."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How long to wait for a server, and how often to restart it. Times are in seconds."""

    start_timeout: float = 30.0
    max_restarts: int = 5
    window: float = 600.0
    """When a healthy server crashes, failures longer ago than this no longer count."""
    first_delay: float = 0.5
    longest_delay: float = 8.0


class RestartBudget:
    """Decides how often one server may be restarted, and when."""

    def __init__(self, policy: RestartPolicy) -> None:
        self._policy = policy
        self._failures: deque[float] = deque()

    def spend(self, now: float, *, was_healthy: bool) -> float | None:
        """Count a failure; return the seconds to wait before the restart; None: give up."""
        if was_healthy:
            while self._failures and now - self._failures[0] > self._policy.window:
                self._failures.popleft()
        self._failures.append(now)
        count = len(self._failures)
        if count > self._policy.max_restarts:
            return None
        return min(self._policy.first_delay * 2.0 ** (count - 1), self._policy.longest_delay)


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """What to start, and where its files are."""

    name: str
    host: str
    """The address that MCP listens on."""
    port: int
    websocket_port: int
    ready_file: Path
    log_file: Path


CommandOf = Callable[[ServerSpec, int, int], Sequence[str]]
"""Returns the command line that starts a server on this MCP port and this WebSocket port."""


class ManagedServer:
    """One server and its successive processes. One thread only."""

    def __init__(self, spec: ServerSpec, command_of: CommandOf, policy: RestartPolicy) -> None:
        self.spec = spec
        self._command_of = command_of
        self._policy = policy
        self._budget = RestartBudget(policy)
        self._process: subprocess.Popen[bytes] | None = None
        self._condition: Condition = "waiting"
        self._due = 0.0
        self._starts = 0
        self._port = spec.port
        self._websocket_port = spec.websocket_port
        self._websocket_url: str | None = None
        self._mcp_url: str | None = None
        self._reason: str | None = None

    @property
    def condition(self) -> Condition:
        """The condition of the server."""
        return self._condition

    @property
    def held_ports(self) -> frozenset[int]:
        """The ports of the running process, or those that it was told to use."""
        if self._process is None:
            return frozenset()
        return frozenset((self._port, self._websocket_port))

    def snapshot(self) -> ServerState:
        """Return what is known about the server."""
        return ServerState(
            name=self.spec.name,
            condition=self._condition,
            log_file=self.spec.log_file,
            pid=None if self._process is None else self._process.pid,
            websocket_url=self._websocket_url,
            mcp_url=self._mcp_url,
            restarts=max(0, self._starts - 1),
            reason=self._reason,
        )

    def advance(self, taken: Collection[int]) -> None:
        """Do what is due: start it, or check whether it is healthy or has ended.

        Blocks for at most one health request (a few seconds if the server hangs).

        Args:
            taken: ports that belong to other servers.
        """
        now = time.monotonic()
        if self._condition == "waiting" and now >= self._due:
            self._start(taken)
        elif self._process is not None:
            self._watch(self._process, now)

    def terminate(self) -> None:
        """Ask the process to stop, if there is one. Does not block."""
        if self._process is not None:
            self._process.terminate()

    def has_ended(self) -> bool:
        """Return whether no process is left."""
        return self._process is None or self._process.poll() is not None

    def finish(self) -> None:
        """End the process if it is still running, and the server. Blocks for at most 5 s."""
        self._end_process()
        if self._condition != "failed":
            self._condition = "stopped"

    def _start(self, taken: Collection[int]) -> None:
        self._starts += 1
        self._choose_ports(taken)
        self._due = time.monotonic() + self._policy.start_timeout
        try:
            self._process = self._spawn()
        except OSError as error:
            self._retry(f"cannot be started: {error}", was_healthy=False)
        else:
            self._condition = "starting"

    def _choose_ports(self, taken: Collection[int]) -> None:
        self._port = choose_port(
            self._port,
            {*taken, self._websocket_port},
            lambda port: is_port_busy(self.spec.host, port),
        )
        # The server reports a WebSocket port in use; this only keeps servers from using the same.
        self._websocket_port = choose_port(
            self._websocket_port, {*taken, self._port}, lambda _: False
        )

    def _spawn(self) -> subprocess.Popen[bytes]:
        self.spec.ready_file.unlink(missing_ok=True)
        # Append mode writes at the end of the file, even after `_bound_log` has cut it.
        with self.spec.log_file.open("ab") as log:
            # The process inherits this lock, which shows other shells that it is running.
            if not try_lock(log):
                raise OSError(f"another process is writing to {self.spec.log_file}")
            return subprocess.Popen(  # noqa: S603 - our own command line
                self._command_of(self.spec, self._port, self._websocket_port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C must not reach the servers: the orchestrator stops them in order.
                start_new_session=True,
            )

    def _watch(self, process: subprocess.Popen[bytes], now: float) -> None:
        _bound_log(self.spec.log_file)
        exit_code = process.poll()
        if exit_code is not None:
            self._on_exit(exit_code)
        elif self._condition == "starting":
            ready = read_ready(self.spec.ready_file)
            if ready is not None and is_healthy(ready.mcp_url):
                self._on_healthy(ready)
            elif now >= self._due:
                timeout = self._policy.start_timeout
                self._retry(f"not healthy after {timeout:g} s", was_healthy=False)

    def _on_healthy(self, ready: Ready) -> None:
        self._condition = "healthy"
        self._reason = None
        self._websocket_url = ready.websocket_url
        self._mcp_url = ready.mcp_url
        # A restarted server should keep its ports, so that its clients find it.
        self._port = port_of(ready.mcp_url)
        self._websocket_port = port_of(ready.websocket_url)

    def _on_exit(self, exit_code: int) -> None:
        line = last_line(self.spec.log_file)
        reason = f"{_exit_words(exit_code)}{': ' if line else ''}{line}"
        was_healthy = self._condition == "healthy"
        refused = exit_code == EXIT_USAGE and not was_healthy
        if refused and not is_port_busy(self.spec.host, self._port):
            # It would fail in the same way again. Only a port in use is worth a retry.
            self._fail(reason)
        else:
            self._retry(reason, was_healthy=was_healthy)

    def _retry(self, reason: str, *, was_healthy: bool) -> None:
        delay = self._budget.spend(time.monotonic(), was_healthy=was_healthy)
        if delay is None:
            self._fail(reason)
            return
        self._end_process()
        self._condition = "waiting"
        self._reason = reason
        self._due = time.monotonic() + delay

    def _fail(self, reason: str) -> None:
        self._end_process()
        self._condition = "failed"
        self._reason = reason

    def _end_process(self) -> None:
        process, self._process = self._process, None
        self._websocket_url = self._mcp_url = None
        self.spec.ready_file.unlink(missing_ok=True)
        if process is not None:
            process.kill()
            # A process that hangs in the kernel must not stop the other servers.
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_KILL_SECONDS)


class Supervisor:
    """Runs several servers until a stop is requested or all have failed."""

    def __init__(
        self,
        servers: Sequence[ManagedServer],
        publish: Callable[[tuple[ServerState, ...]], None],
    ) -> None:
        self._servers = tuple(servers)
        self._publish = publish
        self._published: tuple[ServerState, ...] = ()

    def run(self, wait: Wait) -> bool:
        """Start all servers and keep them running; then stop them. Blocks until then.

        Args:
            wait: called between two rounds. True ends the run; during the stop that follows,
                True ends the wait for slow servers.

        Returns:
            Whether no server failed permanently.
        """
        try:
            while not self._has_nothing_left():
                for server in self._servers:
                    server.advance(self._taken_from(server))
                    self._publish_changes()
                if wait(_TURN_SECONDS):
                    break
        finally:
            self._stop(wait)
        return all(server.condition != "failed" for server in self._servers)

    def _has_nothing_left(self) -> bool:
        return all(server.condition == "failed" for server in self._servers)

    def _taken_from(self, server: ManagedServer) -> set[int]:
        taken: set[int] = set()
        for other in self._servers:
            taken.update((other.spec.port, other.spec.websocket_port))
        taken -= {server.spec.port, server.spec.websocket_port}
        for other in self._servers:
            if other is not server:
                taken |= other.held_ports
        return taken

    def _stop(self, wait: Wait) -> None:
        for server in self._servers:
            server.terminate()
        began = time.monotonic()
        while not all(server.has_ended() for server in self._servers):
            asked_again = wait(_TURN_SECONDS)
            waited = time.monotonic() - began
            # A wrapper may send the same Ctrl-C twice within a second; a person is slower.
            if waited >= _STOP_SECONDS or (asked_again and waited >= _SAME_REQUEST_SECONDS):
                break
        for server in self._servers:
            server.finish()
        self._publish_changes()

    def _publish_changes(self) -> None:
        states = tuple(server.snapshot() for server in self._servers)
        if states != self._published:
            self._published = states
            self._publish(states)


def _exit_words(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    return f"killed by signal {-exit_code} ({signal.strsignal(-exit_code)})"


def _bound_log(log_file: Path) -> None:
    # Someone may have deleted the log.
    with suppress(FileNotFoundError):
        if log_file.stat().st_size > _MAX_LOG_BYTES:
            # The process keeps writing to the same file, so it can only be copied and cut.
            shutil.copyfile(log_file, log_file.with_suffix(".log.1"))
            os.truncate(log_file, 0)
