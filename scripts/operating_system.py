"""Uses the operating system: the limit of open files, atomic writes, locks, listening sockets."""

import errno
import fcntl
import resource
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from websocket_mock.scripts.errors import ConfigurationError

BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Purpose:
    """What listens on a port, and the flag that chooses the port; for errors."""

    name: str
    flag: str


def raise_file_limit() -> None:
    """Raise the limit of open files as far as possible: each connection needs one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def write_atomically(path: Path, text: str) -> None:
    """Write a file. A reader sees the old content or the new, never a part.

    Raises:
        OSError: it cannot be written.
    """
    # In a directory that others may write, a link could wait at a name that can be guessed.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def is_locked(file: int) -> bool:
    """Tell whether another process holds the file lock of an open file."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def bind_http(host: str, port: int, purpose: Purpose) -> list[socket.socket]:
    """Return listening sockets. For `localhost` also on IPv6, if the machine has it.

    Raises:
        ConfigurationError: the address is not available; the text says what to do.
    """
    hosts: Sequence[str] = ("127.0.0.1", "::1") if host == "localhost" else (host,)
    bound: list[socket.socket] = []
    for one in hosts:
        try:
            bound.append(_listen(one, bound[0].getsockname()[1] if bound else port))
        except OSError as error:
            if bound and error.errno != errno.EADDRINUSE:
                continue
            for other in bound:
                other.close()
            if bound and port == 0:
                # The port was free on IPv4 but is in use on IPv6. Another one may be free on both.
                return bind_http(host, port, purpose)
            raise ConfigurationError(_explain(host, port, purpose, error)) from None
    return bound


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    # The protocol comes from getaddrinfo: asyncio sets TCP_NODELAY only on sockets that name TCP.
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _explain(host: str, port: int, purpose: Purpose, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"{purpose.name} port {port} on {host} is in use: "
            f"choose another with {purpose.flag}, or 0 for any"
        )
    reason = error.strerror or error
    return f"{purpose.name} cannot listen on {host}:{port}: {reason}; choose with --host"
