"""What the client command lines share: connecting to a server, and the errors of that."""

import argparse
import io
import json
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.uri import parse_uri

from websocket_mock.scripts.arguments import printable

DEFAULT_URL = "ws://localhost:9004"

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

CONNECT_ERRORS = (OSError, WebSocketException)
"""The errors of opening a connection. `TimeoutError` is an `OSError`."""

_LONGEST_EXCERPT = 200
_LARGEST_MESSAGE = 64 * 1024 * 1024
"""In bytes. A list of ten thousand clients fits."""


HOW_TO_TRUST = "set SSL_CERT_FILE to the file of its certificate authority"


class UnreachableError(Exception):
    """Raised when a connection cannot be opened; the text says why and what to do, in one line."""


def websocket_url(text: str) -> str:
    """Check the address of a WebSocket server; for `argparse`.

    Raises:
        argparse.ArgumentTypeError: it is not a ws:// or wss:// URL.
    """
    try:
        parse_uri(text)
    except InvalidURI as error:
        raise argparse.ArgumentTypeError(f"{error}; write it like {DEFAULT_URL}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}; write it like {DEFAULT_URL}") from None
    return text


def seconds(text: str) -> float:
    """Read a positive number of seconds, at most a day; for `argparse`.

    Raises:
        argparse.ArgumentTypeError: it is not such a number.
    """
    longest = 86_400
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    # This form refuses "nan", too.
    if not 0 < value <= longest:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds above 0, up to {longest}"
        )
    return value


@contextmanager
def reach(
    url: str,
    *,
    timeout: float,
    close_timeout: float,
    compressed: bool = True,
    keepalive: float | None = None,
) -> Iterator[ClientConnection]:
    """Open a connection, and close it at the end. Blocks for both.

    Args:
        url: the server.
        timeout: seconds for the handshake.
        close_timeout: seconds for the closing handshake.
        compressed: whether permessage-deflate is offered.
        keepalive: seconds between pings; None sends none.

    Raises:
        UnreachableError: there is no server, or it does not speak WebSocket.
    """
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(
                connect(
                    url,
                    open_timeout=timeout,
                    close_timeout=close_timeout,
                    compression="deflate" if compressed else None,
                    ping_interval=keepalive,
                    max_size=_LARGEST_MESSAGE,
                    # Connect to the named server itself, never to a proxy from the environment.
                    proxy=None,
                )
            )
        except CONNECT_ERRORS as error:
            raise UnreachableError(explain_connect_error(url, error)) from error
        yield connection


def explain_connect_error(url: str, error: Exception) -> str:
    """Say in one line why a connection could not be opened, and what to do.

    Args:
        url: the server.
        error: one of `CONNECT_ERRORS`.
    """
    match error:
        case InvalidStatus():
            status = error.response.status_code
            problem = f"HTTP {status} instead of a WebSocket handshake; is it the WebSocket port?"
        case TimeoutError():
            problem = "no answer in time; is a WebSocket server listening there?"
        case ssl.SSLCertVerificationError():
            reason = error.verify_message.lower()
            problem = f"its certificate is not trusted: {reason}; {HOW_TO_TRUST}"
        case OSError():
            problem = f"{_reason(error)}; start the server (make run) or name another with --url"
        case _:
            problem = f"{error}; is it a WebSocket server?"
    return printable(f"cannot connect to {url}: {problem}")


def print_anything() -> None:
    """Make stdout and stderr escape the characters that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def excerpt(data: str | bytes) -> str:
    """Return a message as one short, printable line; bytes are in hexadecimal."""
    if isinstance(data, bytes):
        digits = data[: _LONGEST_EXCERPT // 4].hex(" ")
        more = " …" if len(data) > _LONGEST_EXCERPT // 4 else ""
        return f"{len(data)} bytes: {digits}{more}"
    short = data if len(data) <= _LONGEST_EXCERPT else data[:_LONGEST_EXCERPT] + "…"
    return printable(short)


def _reason(error: OSError) -> str:
    # The text of errno is the clearest. asyncio and getaddrinfo have texts of their own.
    return (error.strerror or str(error)).lower()


def is_welcome(data: str | bytes) -> bool:
    """Return whether a message is the welcome of the built-in JSON protocol."""
    try:
        message = json.loads(data)
    except ValueError:
        return False
    return isinstance(data, str) and isinstance(message, dict) and message.get("type") == "welcome"
