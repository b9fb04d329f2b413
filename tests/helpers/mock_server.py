"""A server with mocks written in the test, in this process, and clients of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.helpers.json_client import websocket
from tests.helpers.raw_client import RawClient, connected
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE
from websocket_mock.scripts.operating_system import write_atomically


class MockServer:
    """Serves a mocks file that the test can change."""

    def __init__(self, server: InProcessServer, file: Path) -> None:
        self.server = server
        self.file = file

    @property
    def port(self) -> int:
        return self.server.port

    @contextmanager
    def connect(self, path: str = "/mock", **options: Any) -> Iterator["Talker"]:
        """A real client."""
        with websocket(self.server.url(path), **options) as connection:
            yield Talker(connection)

    @contextmanager
    def open_raw(self, path: str = "/mock", **headers: str | None) -> Iterator[RawClient]:
        """An open connection that shows each frame."""
        with connected(self.port) as client:
            client.open(path, **headers)
            yield client

    def write(self, *endpoints: dict[str, Any]) -> None:
        """Change the file; the server takes notice a moment later."""
        write_mocks(self.file, *endpoints)


class Talker:
    """A real client that talks text."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, message: str | bytes) -> None:
        self.connection.send(message)

    def hear(self) -> str | bytes:
        return self.connection.recv(timeout=PATIENCE)

    def ask(self, message: str | bytes) -> str | bytes:
        self.say(message)
        return self.hear()

    def end(self) -> tuple[int, str]:
        """Wait for the end; return its code and reason, 1006 without a close frame."""
        try:
            while True:
                self.hear()
        except ConnectionClosed as closed:
            return (1006, "") if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)


def write_mocks(file: Path, *endpoints: dict[str, Any]) -> None:
    write_atomically(file, json.dumps({"seed": 1, "endpoints": list(endpoints)}))


@contextmanager
def mocking(*endpoints: dict[str, Any], **limits: Any) -> Iterator[MockServer]:
    """Serve endpoints as a person would write them; one without a path is at `/mock`."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "mocks.json"
        write_mocks(file, *({"path": "/mock", **endpoint} for endpoint in endpoints))
        with serving_here(file, **limits) as server:
            yield MockServer(server, file)


def say(text: str, **rule: Any) -> dict[str, Any]:
    """A rule that sends a text."""
    return {"do": [{"send": {"text": text}}], **rule}


def on(word: str, *actions: Any, **rule: Any) -> dict[str, Any]:
    """A rule that does something when a word comes."""
    return {"match": {"text": word}, "do": list(actions), **rule}
