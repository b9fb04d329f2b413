"""Plain HTTP requests with headers of the test's choice."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.helpers.wait import PATIENCE

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "plain http", "version": "1"},
    },
}
"""What an MCP client of the protocol with a handshake sends first."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    return _ask("GET", url, None, headers or {})


def post(url: str, arguments: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a value as JSON."""
    given = {"Content-Type": "application/json", **(headers or {})}
    return _ask("POST", url, json.dumps(arguments), given)


def initialize(mcp_url: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Send the first request of an MCP client."""
    given = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        **(headers or {}),
    }
    return _ask("POST", mcp_url, json.dumps(INITIALIZE), given)


def _ask(method: str, url: str, body: str | None, headers: Mapping[str, str]) -> Answer:
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    with closing(connection):
        target = parts._replace(scheme="", netloc="").geturl()
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read().decode())


@contextmanager
def taken_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A port that somebody else listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with taken_port() as port:
        return port
