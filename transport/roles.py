"""What the parts of the transport need of each other, as protocols."""

import socket
from collections.abc import Callable
from typing import Any, Protocol

from websockets.http11 import Request

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.library.http_steps import Step
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.ports import Outbox
from websocket_mock.actors.values.tls import TlsInfo, TlsPlan
from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.client_log import ClientLog


class Timers(Protocol):
    """The time, and timers whose callbacks run on the reader's thread.

    If a callback raises, its own connection is dropped and nothing else happens.
    """

    def now(self) -> float:
        """Return seconds on the monotonic clock."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run a callback after `delay` seconds."""


class Watched(Protocol):
    """A connection as its reader sees it."""

    socket: socket.socket
    address: tuple[Any, ...]
    """The peer's address, as `accept` returned it."""
    watched: int
    """The events of the socket that the reader waits for. Only the reader sets it."""

    @property
    def is_mid_message(self) -> bool:
        """Whether the client is sending a message of which a part has arrived."""

    def on_ready(self, mask: int) -> None:
        """Read and write what the selector's mask allows."""

    def flush(self) -> None:
        """Write what was sent, as much of it as the socket takes."""

    def resume(self) -> bool:
        """Read again if little enough is waiting; return False if it is still too much."""

    def drop(self, reason: str) -> None:
        """Close the socket now."""

    def go_away(self) -> None:
        """Close because the server stops."""


class Host(Protocol):
    """The reader that runs a connection."""

    dispatcher: Dispatcher
    budget: OutboxBudget
    """Counts the unsent bytes of all connections."""
    client_log: ClientLog
    """Logs what is wrong with clients."""
    read_buffer: memoryview
    """The buffer that sockets are read into. The next read overwrites it."""

    @property
    def woke_at(self) -> float:
        """When the sockets of this pass were found to be ready; monotonic seconds."""

    def call_later(
        self, connection: Watched, delay: float, callback: Callable[[], object]
    ) -> Timer:
        """Run a callback after `delay` seconds. If it raises, drop the connection."""

    def watch(self, connection: Watched, events: int) -> None:
        """Wait for these events of the connection's socket, and no others; 0 means none."""

    def flush_later(self, connection: Watched, /) -> None:
        """Call the connection's `flush` once the actors have run."""

    def check_later(self, connection: Watched) -> None:
        """Call the connection's `resume` in each pass until it returns True."""

    def forget(self, connection: Watched) -> None:
        """Stop watching a connection, because its socket is about to be closed."""

    def run_for(self, connection: Watched, action: Callable[[], object]) -> None:
        """Run an action now. If it raises, drop the connection."""


class Peer(Protocol):
    """A connection as the upper side sees it: who is there, and how to send to them."""

    address: tuple[Any, ...]
    """The peer's address, as `accept` returned it."""
    dispatcher: Dispatcher
    """Runs the connection's actor."""
    backlog: Callable[[], int]
    """Returns how many messages wait for the actor. Whoever starts the actor sets it."""
    client: dict[str, Any] | None
    """What the listener knows of the client, from its start to its end. Only the listener sets it.

    A table of all clients would be one more place in memory to visit for each message."""

    @property
    def outbox(self) -> Outbox:
        """Sends for the connection's actor."""

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was agreed on, or None."""

    @property
    def tls(self) -> TlsInfo | None:
        """What the TLS handshake has agreed on; None: the connection is plain."""


class Greeting(Protocol):
    """A connection that is still at its TLS handshake."""

    address: tuple[Any, ...]
    """The peer's address, as `accept` returned it."""
    server_name: str | None
    """The name of the host that the client wants (SNI); None: it has not said."""

    @property
    def dispatcher(self) -> Dispatcher:
        """Runs what the connection leads to."""


class HttpAnswer(Protocol):
    """What answers one HTTP request, step by step, on the reader's thread. Must not block."""

    def next(self) -> Step | None:
        """Return the next step; None: the request is answered."""

    def close(self) -> None:
        """End it, whether it is answered or the client has left."""


class Events(Protocol):
    """Is told what happens to a connection, on the reader's thread. Must not block."""

    def answers_path(self, path: str) -> bool:
        """Tell whether anything answers a path."""

    def plan_handshake(self, connection: Peer, request: Request) -> HandshakePlan:
        """Decide what happens to a valid handshake request."""

    def answers_http(self, path: str) -> bool:
        """Tell whether HTTP rules answer a path."""

    def begin_http(
        self,
        connection: Peer,
        request: Request,
        method: str,
        body: bytes,
        wake: Callable[[], None],
    ) -> HttpAnswer:
        """Return what answers an HTTP request.

        Args:
            connection: where it came from.
            request: its target and its headers.
            method: its method.
            body: its body.
            wake: makes the connection ask for the next step; any thread may call it.
        """

    def connection_opened(self, connection: Peer, plan: HandshakePlan) -> None:
        """Handle a connection whose handshake has succeeded."""

    def inbound_received(self, connection: Peer, events: tuple[Inbound, ...]) -> None:
        """Handle what a client has sent, in its order."""

    def connection_lost(self, connection: Peer, code: int, reason: str, *, was_clean: bool) -> None:
        """Handle the end of an open connection. Nothing else is reported after it."""

    def plan_tls(self, opening: Greeting) -> TlsPlan:
        """Decide what happens to a TLS handshake whose ClientHello has arrived."""

    def tls_failed(self, opening: Greeting, plan: TlsPlan, reason: str) -> None:
        """Handle the end of a TLS handshake that did not succeed."""

    def connection_ended(self) -> None:
        """Handle the end of a socket, whether its connection was ever open or not."""
