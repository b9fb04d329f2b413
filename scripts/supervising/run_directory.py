"""The directory of an orchestrator: its lock, its state file, and the files of its servers.

Advisory file locks tell which processes are alive, not process ids: the kernel releases a lock
however its holder dies, and a reused id does no harm. An orchestrator holds the lock of the
directory; a server holds the lock of its log file, which is its standard output.
"""

import fcntl
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from websocket_mock.scripts.operating_system import is_locked, write_atomically

POLL_SECONDS = 0.05

_LOCK_PATIENCE_SECONDS = 1.0
_ORPHAN_GRACE_SECONDS = 10.0
_KILL_SECONDS = 5.0

Condition = Literal["starting", "healthy", "unhealthy", "waiting", "failed", "stopped"]


class ServerState(BaseModel):
    """What an orchestrator knows about one of its servers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    condition: Condition
    log_file: Path
    pid: int | None = None
    websocket_url: str | None = None
    mcp_url: str | None = None
    restarts: int = 0
    reason: str | None = None
    """Why it last ended or failed."""


class RunState(BaseModel):
    """The content of the state file, for other shells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    config_file: Path
    servers: tuple[ServerState, ...]


class AlreadyRunningError(Exception):
    """Raised when another orchestrator uses the directory; the text names it."""


class RunDirectory:
    """The files of one orchestrator. All methods block only on the file system."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._lock_file = self._path / "lock"
        self._state_file = self._path / "state.json"

    @classmethod
    def beside(cls, config_file: Path) -> "RunDirectory":
        """Return the default one: a dot-directory next to the configuration file."""
        return cls(config_file.absolute().with_name(f".{config_file.name}.run"))

    def ready_file(self, number: int, name: str) -> Path:
        """Return the path of the ready file of a server."""
        return self._path / f"{number}-{_slug(name)}.ready.json"

    def log_file(self, number: int, name: str) -> Path:
        """Return the path of the log file of a server."""
        return self._path / f"{number}-{_slug(name)}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the directory, which is created if it is missing.

        Raises:
            AlreadyRunningError: another orchestrator holds the lock.
            OSError: the directory cannot be created or written.
        """
        self._path.mkdir(parents=True, exist_ok=True)
        # Nothing in this directory belongs in version control.
        (self._path / ".gitignore").write_text("*\n", encoding="utf-8")
        with self._lock_file.open("a+", encoding="utf-8") as file:
            # Try for a second: a concurrent `status` holds the lock for a moment to test it.
            if not wait_until(lambda: try_lock(file), _LOCK_PATIENCE_SECONDS):
                raise AlreadyRunningError(
                    f"an orchestrator (pid {self.holder()}) is already running in {self._path}"
                )
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def holder(self) -> int | None:
        """Return the process id of the orchestrator that runs here; None: there is none."""
        if not _is_locked(self._lock_file):
            return None
        with suppress(OSError, ValueError):
            return int(self._lock_file.read_text(encoding="utf-8"))
        return None

    def is_held(self) -> bool:
        """Return whether an orchestrator runs here."""
        return _is_locked(self._lock_file)

    def write_state(self, state: RunState) -> None:
        """Replace the state file. A reader sees the old state or the new, never a part.

        Raises:
            OSError: the directory cannot be written.
        """
        write_atomically(self._state_file, state.model_dump_json(indent=2))

    def read_state(self) -> RunState | None:
        """Return the state that the last orchestrator wrote, if it can be read."""
        try:
            return RunState.model_validate_json(self._state_file.read_bytes())
        except (OSError, ValidationError):
            return None

    def remove_state(self) -> None:
        """Remove the state file, if there is one."""
        self._state_file.unlink(missing_ok=True)


def orphans(state: RunState | None) -> tuple[ServerState, ...]:
    """Return the servers that are still running after their orchestrator was killed."""
    servers = () if state is None else state.servers
    return tuple(
        server for server in servers if server.pid is not None and _is_locked(server.log_file)
    )


def end_orphan(server: ServerState) -> bool:
    """Stop a server whose orchestrator is gone. Blocks for at most 15 s.

    Returns:
        Whether it has ended.
    """
    for signal_number, patience in (
        (signal.SIGTERM, _ORPHAN_GRACE_SECONDS),
        (signal.SIGKILL, _KILL_SECONDS),
    ):
        if server.pid is not None and _is_locked(server.log_file):
            with suppress(ProcessLookupError):
                os.kill(server.pid, signal_number)
        if wait_until(lambda: not _is_locked(server.log_file), patience):
            return True
    return False


def try_lock(file: IO[str] | IO[bytes]) -> bool:
    """Lock an open file if it is not locked. Closing its last copy releases the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_until(fact: Callable[[], bool], seconds: float) -> bool:
    """Poll until a fact is true. Blocks for at most `seconds`.

    Returns:
        Whether it became true.
    """
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_locked(file.fileno())
    except FileNotFoundError:
        return False


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]
