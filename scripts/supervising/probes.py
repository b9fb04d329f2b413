"""Questions about a server process from outside: its port, its ready file, its health."""

import errno
import http.client
import os
import socket
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

_HEALTH_TIMEOUT_SECONDS = 2.0
_PORTS_TRIED = 10
_LAST_PORT = 65_535
_LOG_TAIL_BYTES = 4096


class Ready(BaseModel):
    """What a server writes once both of its sides accept connections."""

    model_config = ConfigDict(frozen=True)

    websocket_url: str
    mcp_url: str
    pid: int


def read_ready(ready_file: Path) -> Ready | None:
    """Return what the server wrote, if it did. Blocks on the file system only."""
    try:
        return Ready.model_validate_json(ready_file.read_bytes())
    except (OSError, ValidationError):
        return None


def is_healthy(mcp_url: str) -> bool:
    """Ask the server at this MCP address for its health; blocks for a few seconds at most."""
    address = urlsplit(mcp_url)
    # http.client and not urllib: a proxy of the environment has no business here.
    connection = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=_HEALTH_TIMEOUT_SECONDS
    )
    try:
        # The server's guard takes no wildcard address such as 0.0.0.0 for a host name.
        connection.request("GET", "/health", headers={"Host": f"localhost:{address.port}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def port_of(url: str) -> int:
    """Return the port a server really has; 0 if the address names none."""
    return urlsplit(url).port or 0


def is_port_busy(host: str, port: int) -> bool:
    """Tell whether another process listens there, on any address of that host name.

    Anything else that is wrong with the address is for the server to report.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(_is_address_busy(family, address) for family, _, _, _, address in addresses)


def choose_port(wanted: int, taken: Collection[int], is_busy: Callable[[int], bool]) -> int:
    """Return the wanted port or one of the next ten; 0 (any) when none is free or wanted."""
    if wanted == 0:
        return 0
    for port in range(wanted, min(wanted + _PORTS_TRIED, _LAST_PORT + 1)):
        if port not in taken and not is_busy(port):
            return port
    return 0


def last_line(log_file: Path) -> str:
    """Return the last line of a log that says something, or nothing."""
    try:
        with log_file.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _is_address_busy(family: socket.AddressFamily, address: tuple[object, ...]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: connections that still linger from the last one do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False
