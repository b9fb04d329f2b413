"""Says in a file of the user where a server runs, so that command lines find it by themselves.

A server holds a file lock on its file for as long as it lives; the kernel releases it however the
process ends. So a file without a lock is a leftover, and no process id can mislead a reader.

Other users must not lead a command line, and its token, to a server of theirs. So only a directory
and files count that belong to the user, and that nobody else can read or write.
"""

import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from websocket_mock.scripts.operating_system import is_locked

FOLDER = "websocket-mock-server"
SUFFIX = ".json"

MAX_BYTES = 64 * 1024
MAX_FILES = 1_000
"""The most files of a directory that a reader looks at."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where a server runs. It names no token."""

    control_url: str
    websocket_url: str
    mcp_url: str | None
    pid: int
    name: str
    version: str
    started: float
    """Unix seconds."""
    secure_url: str | None = None
    """Where WebSocket clients connect with TLS; None: they cannot."""
    ca_file: str | None = None
    """The certificate of the authority that clients must trust; None: there is none of its own."""


class RunFile:
    """The file of one server. Not thread-safe, but `remove` may be called on any thread."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._lock: int | None = None

    def write(self, server: RunningServer) -> Path:
        """Write and lock the file, and remove leftovers of servers that were killed.

        Returns:
            Where it is.

        Raises:
            OSError: no directory can be used; the text says why the last one could not.
        """
        problem = OSError("there is no directory for it")
        for path in directories():
            try:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
                with _private_directory(path) as directory:
                    _remove_leftovers(directory)
                    self._path = path / self._write(directory, server)
            except OSError as error:
                self.remove()
                problem = error
            else:
                return self._path
        raise problem

    def _write(self, directory: int, server: RunningServer) -> str:
        # A name that is never used again: whoever removes a leftover cannot hit a new file.
        name = f"{server.pid}-{secrets.token_hex(4)}{SUFFIX}"
        draft = f".{name}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._lock = os.open(draft, flags, 0o600, dir_fd=directory)
        try:
            # Locked before it has its name, so that no reader takes it for a leftover.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with open(self._lock, "wb", closefd=False) as file:
                file.write(json.dumps(asdict(server)).encode())
            os.rename(draft, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            # Readers leave drafts alone, so nobody else would remove it.
            os.unlink(draft, dir_fd=directory)
            raise
        return name

    def remove(self) -> None:
        """Remove the file and its lock. Idempotent."""
        path, self._path = self._path, None
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


def local_url(url: str) -> str:
    """Return the URL for clients on this machine of a server that may listen on all addresses."""
    return url.replace("//0.0.0.0", "//127.0.0.1").replace("//[::]", "//[::1]")


def running_servers() -> list[RunningServer]:
    """Return the servers of this user that are alive, the oldest first. Blocks on the files."""
    found = []
    for path in directories():
        with suppress(OSError), _private_directory(path) as directory:
            found += [server for server in _servers(directory) if server is not None]
    return sorted(found, key=lambda server: server.started)


def directories() -> list[Path]:
    """Return where files may be: the first that can be used is written, all are read.

    They are in $XDG_RUNTIME_DIR and in $XDG_STATE_HOME (XDG Base Directory Specification), or, for
    a user without a home, in the directory for temporary files.
    """
    found = []
    runtime, state = (
        Path(os.environ.get(name, "")) for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME")
    )
    # The specification: a path that is not absolute does not count.
    if runtime.is_absolute():
        found.append(runtime / FOLDER)
    if state.is_absolute():
        found.append(state / FOLDER / "run")
    else:
        with suppress(RuntimeError):
            found.append(Path.home() / ".local" / "state" / FOLDER / "run")
    found.append(Path(tempfile.gettempdir()) / f"{FOLDER}-{os.geteuid()}")
    return found


@contextmanager
def _private_directory(path: Path) -> Iterator[int]:
    """Open a directory that belongs to this user alone.

    Raises:
        OSError: there is none, it is a link, or others may use it.
    """
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(directory)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
            raise PermissionError(f"{path} is not private: it must be yours, with mode 0700")
        yield directory
    finally:
        os.close(directory)


def _servers(directory: int) -> Iterator[RunningServer | None]:
    names = [name for name in os.listdir(directory) if name.endswith(SUFFIX)]
    for name in names[:MAX_FILES]:
        if not name.startswith("."):
            with suppress(OSError), _opened(directory, name) as file:
                yield _read(file) if is_locked(file) else None


def _remove_leftovers(directory: int) -> None:
    for name in os.listdir(directory)[:MAX_FILES]:
        # A draft that is not locked yet belongs to a server that starts at this moment.
        if name.endswith(SUFFIX) and not name.startswith("."):
            with suppress(OSError), _opened(directory, name) as file:
                if not is_locked(file):
                    os.unlink(name, dir_fd=directory)


@contextmanager
def _opened(directory: int, name: str) -> Iterator[int]:
    # O_NONBLOCK: to open a named pipe must not hang.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.open(name, flags, dir_fd=directory)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            raise PermissionError(f"{name} is not a file of yours")
        yield file
    finally:
        os.close(file)


def _read(file: int) -> RunningServer | None:
    try:
        facts: dict[str, Any] = json.loads(os.read(file, MAX_BYTES))
        if isinstance(facts["control_url"], str) and isinstance(facts["started"], float):
            known = RunningServer.__slots__
            # A server of an earlier version does not say all.
            return RunningServer(**{name: facts[name] for name in known if name in facts})
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return None
