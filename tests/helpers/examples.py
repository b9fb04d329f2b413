"""The shipped examples of mocks, served inside this process, and a client for them."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response
from websockets.sync.client import ClientConnection

from tests.helpers.json_client import websocket
from tests.helpers.program import ROOT
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.service.mocks import MocksResult, list_mocks

EXAMPLES = ROOT / "config" / "examples"


class Peer:
    """A client that speaks JSON, or text."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, message: Any) -> None:
        self.connection.send(json.dumps(message))

    def receive(self) -> Any:
        return json.loads(self.connection.recv(PATIENCE))

    def ask(self, message: Any) -> Any:
        self.send(message)
        return self.receive()

    def close_code(self) -> int | None:
        """Wait for the end; return the code of the server's close frame, None without one."""
        end = self.end()
        return None if end is None else end[0]

    def end(self) -> tuple[int, str] | None:
        """Wait for the end; return the code and reason that the server closed with, if it did."""
        try:
            while True:
                self.connection.recv(PATIENCE)
        except ConnectionClosed as closed:
            return None if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)


class Example:
    """A server that runs one example."""

    def __init__(self, server: InProcessServer) -> None:
        self._server = server

    def url(self, path: str) -> str:
        """Return the address of a path, for a client of another kind."""
        return self._server.url(path)

    @property
    def server(self) -> InProcessServer:
        """The server, with its journal and its clients."""
        return self._server

    def variables(self, name: str) -> MocksResult:
        """Return what `list_websocket_mocks` tells of an endpoint, with its variables."""
        return list_mocks(self._server.gateway, name)

    @contextmanager
    def connect(self, path: str, **options: Any) -> Iterator[Peer]:
        with websocket(self.url(path), **options) as connection:
            yield Peer(connection)

    def refusal(self, path: str, **options: Any) -> Response:
        """Connect in vain; return what was answered."""
        with pytest.raises(InvalidStatus) as refused, self.connect(path, **options):
            pass
        return refused.value.response


@contextmanager
def serving(file: Path) -> Iterator[Example]:
    """Serve a mocks file."""
    with serving_here(file) as server:
        yield Example(server)


@contextmanager
def serving_text(text: str) -> Iterator[Example]:
    """Serve a mocks file with this text, YAML or JSON."""
    with TemporaryDirectory() as directory:
        file = Path(directory, "mocks.yaml")
        file.write_text(text, encoding="utf-8")
        with serving(file) as served:
            yield served


def example(name: str) -> AbstractContextManager[Example]:
    """Serve one of the examples."""
    return serving(EXAMPLES / f"{name}.yaml")
