"""What the parts of a connection need from those around them, as protocols."""

import socket
from collections.abc import Callable
from typing import Any, Protocol

from websockets.http11 import Request

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.ports import Outbox


class Timers(Protocol):
    """The time, and timers whose callbacks run on the reader's thread.

    A callback that raises ends its own connection and nothing else.
    """

    def now(self) -> float:
        """Return seconds on the monotonic clock."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run a callback after some seconds."""


class Watched(Protocol):
    """A connection as its reader sees it."""

    socket: socket.socket
    address: tuple[Any, ...]
    """As `accept` returned it."""
    watched: int
    """The socket's events that the reader waits for; the reader's own note."""

    def on_ready(self, mask: int) -> None:
        """Read or write, as the selector says."""

    def flush(self) -> None:
        """Write what was collected, as far as the socket takes it."""

    def resume(self) -> bool:
        """Read again if the backlogs allow it; return whether it does."""

    def drop(self, reason: str) -> None:
        """Close the socket now."""


class Host(Protocol):
    """The reader that runs a connection."""

    dispatcher: Dispatcher
    read_buffer: memoryview
    """What sockets are read into; its content is of use until the next read only."""

    def call_later(
        self, connection: Watched, delay: float, callback: Callable[[], object]
    ) -> Timer:
        """Run a callback of a connection after some seconds; if it raises, drop the connection."""

    def watch(self, connection: Watched, events: int) -> None:
        """Wait for these events of the socket only; 0 for none."""

    def flush_later(self, connection: Watched) -> None:
        """Call `flush` once the actors have run."""

    def check_later(self, connection: Watched) -> None:
        """Call `resume` in each pass until it returns True."""

    def forget(self, connection: Watched) -> None:
        """Drop a connection whose socket is about to be closed."""


class Peer(Protocol):
    """A connection as the upper side sees it: who is there, and how to send to them."""

    address: tuple[Any, ...]
    """As `accept` returned it."""
    dispatcher: Dispatcher
    """What its actor has to run on."""
    backlog: Callable[[], int]
    """Returns how many messages wait for the actor; set by whoever starts the actor."""

    @property
    def outbox(self) -> Outbox:
        """What the actor sends with."""

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was chosen, or None."""


class Events(Protocol):
    """Where a connection reports what happens to it, on the reader's thread."""

    def answers_path(self, path: str) -> bool:
        """Tell whether anything answers a path."""

    def plan_handshake(self, connection: Peer, request: Request) -> HandshakePlan:
        """Decide on a handshake request that is valid in itself."""

    def connection_opened(self, connection: Peer, plan: HandshakePlan) -> None:
        """Take note of a connection whose handshake succeeded."""

    def inbound_received(self, connection: Peer, events: tuple[Inbound, ...]) -> None:
        """Take what came, in order."""

    def connection_lost(self, connection: Peer, code: int, reason: str, *, was_clean: bool) -> None:
        """Take note that an open connection has closed; nothing comes after."""

    def connection_ended(self) -> None:
        """Take note that a socket is closed, whether its connection ever opened or not."""
