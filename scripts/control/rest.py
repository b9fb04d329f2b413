"""Calls a running server over REST, with nothing but the standard library: it starts fast."""

import json
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    RemoteDisconnected,
)
from typing import Any
from urllib.parse import urlsplit

from websocket_mock.scripts.control.problems import NoServer, Refused, WrongUsage
from websocket_mock.scripts.control.run_files import running_servers

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 330.0
"""The longest wait of a tool takes 300 s."""

MAX_ANSWER = 64 * 1024 * 1024
MAX_ERROR = 64 * 1024
"""The most bytes of an answer that are read."""

URL_VARIABLE = "WEBSOCKET_MOCK_URL"
CA_VARIABLE = "WEBSOCKET_MOCK_CA_FILE"
TOKEN_VARIABLE = "MCP_TOKEN"  # noqa: S105 - the name of a variable

HOW_TO_START = "start one with: websocket-mock-server"
HOW_TO_TRUST = (
    "give the file of its certificate authority with --ca-file or $WEBSOCKET_MOCK_CA_FILE"
)
IS_IT_HTTP = "without --tls-control its address begins with http://"
IS_IT_HTTPS = "with --tls-control its address begins with https://"

Result = dict[str, Any]


class Server:
    """A server at an address. Each call is a connection of its own. Not thread-safe.

    Args:
        url: http:// or https:// with host and port.
        token: the bearer token; None: the server needs none.
        patience: the longest time to wait for an answer, in seconds.
        ca_file: PEM file with the authority to trust, for https; None: those of the system.

    Raises:
        WrongUsage: the address is not one, or the file cannot be used.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        patience: float = ANSWER_SECONDS,
        ca_file: str | None = None,
    ) -> None:
        self.url = _checked(url)
        self._token = token
        self._patience = patience
        is_secure = self.url.startswith("https:")
        self._context = _context(ca_file) if is_secure else None

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Result:
        """Call a tool. Blocks until its result is there.

        Raises:
            Refused: the server answered with an error.
            NoServer: it does not answer.
        """
        body = json.dumps(arguments).encode()
        headers = {"Content-Type": "application/json"}
        with self.request("POST", f"/api/{tool}", body, headers) as response:
            result: Result = self._object(self._body(response))
        return result

    @cached_property
    def description(self) -> Result:
        """The OpenAPI description of the server.

        Raises:
            Refused: the server answered with an error.
            NoServer: it does not answer.
        """
        with self.request("GET", "/openapi.json") as response:
            return self._object(self._body(response))

    @contextmanager
    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float | None = None,
    ) -> Iterator[HTTPResponse]:
        """Send a request, and close the connection at the end.

        Args:
            method: the method.
            path: the path with its query.
            body: the body, if there is one.
            headers: more headers.
            patience: seconds to wait for each part of the answer; None: that of the server.

        Raises:
            Refused: the server answered with an error.
            NoServer: it does not answer, or the connection is lost.
        """
        given = {**self._authorization(), **(headers or {})}
        connection = self._connection()
        try:
            connection.connect()
            connection.sock.settimeout(patience or self._patience)
            connection.request(method, path, body, given)
            response = connection.getresponse()
            if not 200 <= response.status < 300:  # noqa: PLR2004 - success in HTTP
                raise Refused(response.status, self._error(response))
            yield response
        except (OSError, HTTPException) as error:
            raise NoServer(self._why(error)) from error
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if self._context is None:
            return HTTPConnection(host, port, timeout=CONNECT_SECONDS)
        return HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=self._context)

    def _authorization(self) -> dict[str, str]:
        return {} if self._token is None else {"Authorization": f"Bearer {self._token}"}

    def _body(self, response: HTTPResponse) -> bytes:
        body = response.read(MAX_ANSWER + 1)
        if len(body) > MAX_ANSWER:
            raise NoServer(f"the answer of {self.url} is larger than {MAX_ANSWER // 2**20} MiB")
        return body

    def _object(self, body: bytes) -> Result:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise NoServer(f"{self.url} is not a WebSocket mock server; choose one with --url")
        return value

    def _error(self, response: HTTPResponse) -> str:
        text = response.read(MAX_ERROR).decode(errors="replace")
        try:
            return str(json.loads(text)["error"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return f"{self.url} answers {response.status} {response.reason}"

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"{self.url} does not answer in time"
        if isinstance(error, ssl.SSLCertVerificationError):
            problem = error.verify_message.lower()
            return f"the certificate of {self.url} is not trusted: {problem}; {HOW_TO_TRUST}"
        if isinstance(error, ssl.SSLError):
            return f"{self.url} does not answer over TLS: {error.reason}; {IS_IT_HTTP}"
        if isinstance(error, RemoteDisconnected):
            return f"{self.url} ends the connection without an answer; {IS_IT_HTTPS}"
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"cannot reach {self.url}: {reason.lower()}; {HOW_TO_START}"


def find_server(
    url: str | None,
    token: str | None,
    patience: float = ANSWER_SECONDS,
    ca_file: str | None = None,
) -> Server:
    """Return the server that is meant.

    Args:
        url: its address; None: that of $WEBSOCKET_MOCK_URL, or the only one that runs.
        token: its token; None: that of $MCP_TOKEN.
        patience: the longest time to wait for an answer, in seconds.
        ca_file: the authority to trust, for https; None: that of $WEBSOCKET_MOCK_CA_FILE, or the
            one that the server has noted if it is one of this user.

    Raises:
        NoServer: none runs, or several; the text lists their addresses.
        WrongUsage: the address is not one, or the file cannot be used.
    """
    known_token = token or os.environ.get(TOKEN_VARIABLE) or None
    address = url or os.environ.get(URL_VARIABLE) or _only_one()
    known_file = ca_file or os.environ.get(CA_VARIABLE) or _noted_authority(address)
    return Server(address, known_token, patience, known_file)


def _noted_authority(address: str) -> str | None:
    if not address.startswith("https:"):
        return None
    wanted = address.removesuffix("/mcp").rstrip("/")
    return next((one.ca_file for one in running_servers() if one.control_url == wanted), None)


def _only_one() -> str:
    urls = [server.control_url for server in running_servers()]
    match urls:
        case [url]:
            return url
        case []:
            raise NoServer(f"no server of yours is running; {HOW_TO_START}, or give --url")
        case _:
            raise NoServer(f"several servers are running; choose one with --url: {' '.join(urls)}")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        has_rest = parts.path.strip("/") not in ("", "mcp") or bool(parts.query)
        _ = parts.port
    except ValueError:
        is_address, has_rest = False, False
    if not is_address or has_rest:
        raise WrongUsage(
            f"{url!r} is not the address of a server; write it like http://localhost:8004"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _context(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        reason = error.strerror or error
        raise WrongUsage(f"{ca_file}: is no PEM file with certificates: {reason}") from None
