"""A small server of the JSON protocol that goes wrong on purpose, for the clients under test."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests.helpers.wait import PATIENCE
from websocket_mock.scripts.clients.session import as_object


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. Counts are of answers over all clients: 3 means every third."""

    lost_answer: int = 0
    repeated_answer: int = 0
    lost_delivery: int = 0
    repeated_delivery: int = 0
    returned_broadcast: bool = False
    """The sender gets its own broadcast, too."""
    wrong_echo: bool = False
    refusal: bool = False
    """Every ping is answered with an error."""
    gibberish: bool = False
    """Every ping is answered with text that is not JSON."""
    first_message: str = '{"type": "welcome", "client_id": "0123abcd"}'
    most_clients: int = 1000
    closed_after: int = 0
    """A connection is closed after so many messages; 0 means never."""
    silent: bool = False
    """Nothing is ever answered."""


class FaultyServer:
    """Answers ping, echo and broadcast, from a thread per client."""

    def __init__(self, faults: Faults) -> None:
        self.url = ""
        self.lost = 0
        self.repeated = 0
        self.answers = 0
        self.accepted = 0
        self._faults = faults
        self._mutex = threading.Lock()
        self._clients: set[ServerConnection] = set()
        self._deliveries = 0

    def limit(self, connection: ServerConnection, request: Request) -> Response | None:
        with self._mutex:
            self.accepted += 1
            # The first connection of a load only looks whether a server is there.
            if self.accepted > self._faults.most_clients + 1:
                return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "full")
            return None

    def handle(self, connection: ServerConnection) -> None:
        with self._mutex:
            self._clients.add(connection)
        try:
            connection.send(self._faults.first_message)
            for count, text in enumerate(connection, 1):
                self._answer(connection, as_object(text) or {})
                if count == self._faults.closed_after:
                    connection.close(1013, "try again later")
        except ConnectionClosed:
            return
        finally:
            with self._mutex:
                self._clients.discard(connection)

    def _answer(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        faults = self._faults
        if faults.silent:
            return
        match message.get("type"):
            case "ping" if faults.refusal:
                self._send(connection, type="error", message="not [bold]today[/bold]")
            case "ping" if faults.gibberish:
                connection.send("{gibberish")
            case "ping":
                self._send(connection, type="pong", test_id=message.get("test_id"))
            case "echo":
                original = {**message, "text": "wrong"} if faults.wrong_echo else message
                self._send(connection, type="echo_response", original_message=original)
            case "broadcast":
                self._broadcast(connection, message["message"])
            case _:
                return

    def _broadcast(self, sender: ServerConnection, message: Any) -> None:
        with self._mutex:
            everyone = set(self._clients)
        for client in everyone:
            if client is sender and not self._faults.returned_broadcast:
                continue
            with self._mutex:
                self._deliveries += 1
                times = self._times(
                    self._deliveries, self._faults.lost_delivery, self._faults.repeated_delivery
                )
            for _ in range(times):
                text = json.dumps({"type": "broadcast", "from_client": "x", "message": message})
                try:
                    client.send(text)
                except ConnectionClosed:
                    break
        self._send(sender, type="broadcast_sent", recipients=len(everyone) - 1)

    def _send(self, connection: ServerConnection, **fields: Any) -> None:
        with self._mutex:
            self.answers += 1
            times = self._times(
                self.answers, self._faults.lost_answer, self._faults.repeated_answer
            )
        for _ in range(times):
            connection.send(json.dumps({**fields, "timestamp": time.time()}))

    def _times(self, count: int, lost: int, repeated: int) -> int:
        """How often to send something. Requires holding the mutex."""
        if lost and count % lost == 0:
            self.lost += 1
            return 0
        if repeated and count % repeated == 0:
            self.repeated += 1
            return 2
        return 1


@contextmanager
def faulty_server(faults: Faults) -> Iterator[FaultyServer]:
    """Serve with these faults on a free port, and leave no thread behind."""
    answering = FaultyServer(faults)
    with serve_in_thread(answering.handle, process_request=answering.limit) as url:
        answering.url = url
        yield answering


@contextmanager
def serve_in_thread(
    handler: Callable[[ServerConnection], None],
    process_request: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> Iterator[str]:
    """Serve on a free port, give the URL, and leave no thread behind."""
    with serve(
        handler,
        "127.0.0.1",
        0,
        process_request=process_request,
        ping_interval=None,
        close_timeout=1,
        compression=None,
    ) as server:
        thread = threading.Thread(target=server.serve_forever, name="faulty-server")
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(PATIENCE)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port
