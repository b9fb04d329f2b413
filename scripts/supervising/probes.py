"""Checks a server process from outside: its ports, its ready file, its health, its log."""

import errno
import http.client
import os
import socket
import ssl
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

_HEALTH_TIMEOUT_SECONDS = 2.0
_PORTS_TRIED = 10
_LAST_PORT = 65_535
_LOG_TAIL_BYTES = 4096


class Ready(BaseModel):
    """The content of the file that a server writes when both its sides accept connections."""

    model_config = ConfigDict(frozen=True)

    websocket_url: str
    mcp_url: str
    pid: int


def read_ready(ready_file: Path) -> Ready | None:
    """Return what the server wrote; None: nothing yet. Blocks only on the file system."""
    try:
        return Ready.model_validate_json(ready_file.read_bytes())
    except (OSError, ValidationError):
        return None


def is_healthy(mcp_url: str) -> bool:
    """Return whether the server at an MCP address is healthy. Blocks for a few seconds at most."""
    address = urlsplit(mcp_url)
    host, timeout = address.hostname or "", _HEALTH_TIMEOUT_SECONDS
    # http.client instead of urllib: it uses no proxy from the environment.
    connection = (
        http.client.HTTPSConnection(host, address.port, timeout=timeout, context=_any_server())
        if address.scheme == "https"
        else http.client.HTTPConnection(host, address.port, timeout=timeout)
    )
    try:
        # The server's guard refuses a wildcard address such as 0.0.0.0 as a host name.
        connection.request("GET", "/health", headers={"Host": f"localhost:{address.port}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _any_server() -> ssl.SSLContext:
    # The certificate may be for another name than the address to listen on. The question has no
    # secret, and the answer is only about a process that we have started.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def port_of(url: str) -> int:
    """Return the port in a URL; 0 if it has none."""
    return urlsplit(url).port or 0


def is_port_busy(host: str, port: int) -> bool:
    """Return whether another process listens on a port, on any address of the host name.

    The server reports other problems with the address. Blocks for a name look-up.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(_is_address_busy(family, address) for family, _, _, _, address in addresses)


def choose_port(wanted: int, taken: Collection[int], is_busy: Callable[[int], bool]) -> int:
    """Return the first free port of ten, from the wanted one up; 0 (any) if none is free."""
    if wanted == 0:
        return 0
    for port in range(wanted, min(wanted + _PORTS_TRIED, _LAST_PORT + 1)):
        if port not in taken and not is_busy(port):
            return port
    return 0


def last_line(log_file: Path) -> str:
    """Return the last non-empty line of a log; empty if there is none."""
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
            # The same option as servers use: old connections in TIME_WAIT do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False
