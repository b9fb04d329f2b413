"""The directory an orchestrator runs in: its lock, its state file, its servers' files.

Advisory file locks tell which processes are alive, not process ids: the kernel releases a lock
however its holder dies, and a reused id does no harm. An orchestrator holds the lock of the
directory; a server holds the lock of its log file, which it has open as its standard output.
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

from websocket_mock.scripts.operating_system import write_atomically

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
    """What an orchestrator tells other shells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    config_file: Path
    servers: tuple[ServerState, ...]


class AlreadyRunningError(Exception):
    """Raised when another orchestrator holds the directory; the text names it."""


class RunDirectory:
    """The files of one orchestrator. Every method blocks on the file system only."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._lock_file = self._path / "lock"
        self._state_file = self._path / "state.json"

    @classmethod
    def beside(cls, config_file: Path) -> "RunDirectory":
        """Take the default place: a dot-directory beside the configuration file."""
        return cls(config_file.absolute().with_name(f".{config_file.name}.run"))

    def ready_file(self, number: int, name: str) -> Path:
        """Return where that server says that it serves."""
        return self._path / f"{number}-{_slug(name)}.ready.json"

    def log_file(self, number: int, name: str) -> Path:
        """Return where the output of that server goes."""
        return self._path / f"{number}-{_slug(name)}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory, which is made if it is missing.

        Raises:
            AlreadyRunningError: another orchestrator holds it.
            OSError: the directory cannot be made or written.
        """
        self._path.mkdir(parents=True, exist_ok=True)
        # Nothing in here belongs into version control.
        (self._path / ".gitignore").write_text("*\n", encoding="utf-8")
        with self._lock_file.open("a+", encoding="utf-8") as file:
            # Not at once: a concurrent `status` holds the lock for a moment to try it.
            if not wait_until(lambda: try_lock(file), _LOCK_PATIENCE_SECONDS):
                raise AlreadyRunningError(
                    f"an orchestrator (pid {self.holder()}) already runs in {self._path}"
                )
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def holder(self) -> int | None:
        """Return the process id of the orchestrator that runs here, if one does."""
        if not _is_locked(self._lock_file):
            return None
        with suppress(OSError, ValueError):
            return int(self._lock_file.read_text(encoding="utf-8"))
        return None

    def is_held(self) -> bool:
        """Tell whether an orchestrator runs here."""
        return _is_locked(self._lock_file)

    def write_state(self, state: RunState) -> None:
        """Replace the state file; a reader sees the old one or the new one, never a half.

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
        """Remove the state file; nothing happens when there is none."""
        self._state_file.unlink(missing_ok=True)


def orphans(state: RunState | None) -> tuple[ServerState, ...]:
    """Return the servers that outlived an orchestrator which was killed."""
    servers = () if state is None else state.servers
    return tuple(
        server for server in servers if server.pid is not None and _is_locked(server.log_file)
    )


def end_orphan(server: ServerState) -> bool:
    """Stop a server without its orchestrator; blocks for 15 seconds at most.

    Returns:
        Whether it is gone.
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
    """Wait for something no event tells of; blocks for that long at most.

    Returns:
        Whether it came true.
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
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]
