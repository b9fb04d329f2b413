"""A `websockets` client that speaks the built-in JSON protocol."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.helpers.wait import PATIENCE


@contextmanager
def websocket(url: str, **options: Any) -> Iterator[ClientConnection]:
    """A plain client; every wait ends after `PATIENCE`."""
    connection = connect(
        url,
        **{
            "open_timeout": PATIENCE,
            "close_timeout": PATIENCE,
            # With messages unread a bounded queue would keep `close` waiting.
            "max_queue": None,
            "proxy": None,
            **options,
        },
    )
    with connection:
        yield connection


class JsonClient:
    """Sends and receives JSON objects."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.welcome = self.receive()
        self.id: str = self.welcome["client_id"]

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def receive(self) -> dict[str, Any]:
        message = json.loads(self.receive_text())
        assert isinstance(message, dict)
        return message

    def receive_text(self) -> str:
        text = self.connection.recv(timeout=PATIENCE)
        assert isinstance(text, str)
        return text

    def ask(self, **message: Any) -> dict[str, Any]:
        self.send(**message)
        return self.receive()


@contextmanager
def json_client(url: str, **options: Any) -> Iterator[JsonClient]:
    """A client that has been welcomed."""
    with websocket(url, **options) as connection:
        yield JsonClient(connection)


def say(url: str, *messages: str | bytes) -> None:
    """Connect to the raw echo, send, and wait until all is echoed."""
    with websocket(f"{url}/echo") as connection:
        for message in messages:
            connection.send(message)
            assert connection.recv(PATIENCE) == message
