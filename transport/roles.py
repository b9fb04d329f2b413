"""What a connection needs from those around it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from websockets.http11 import Request

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.inbound import Inbound

if TYPE_CHECKING:
    from websocket_mock.transport.connection import Connection


class Host(Protocol):
    """The reader that runs a connection."""

    dispatcher: Dispatcher
    read_buffer: memoryview
    """What sockets are read into; its content is of use until the next read only."""

    def now(self) -> float:
        """Return seconds on the monotonic clock."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run a callback after some seconds, on the reader's thread."""

    def watch(self, connection: "Connection", events: int) -> None:
        """Wait for these events of the socket only; 0 for none."""

    def flush_later(self, connection: "Connection") -> None:
        """Call `flush` once the actors have run."""

    def check_later(self, connection: "Connection") -> None:
        """Call `resume` in each pass until it returns True."""

    def forget(self, connection: "Connection") -> None:
        """Drop a connection whose socket is about to be closed."""


class Events(Protocol):
    """Where a connection reports what happens to it, on the reader's thread."""

    def answers_path(self, path: str) -> bool:
        """Tell whether anything answers a path."""

    def plan_handshake(self, connection: "Connection", request: Request) -> HandshakePlan:
        """Decide on a handshake request that is valid in itself."""

    def connection_opened(self, connection: "Connection", plan: HandshakePlan) -> None:
        """Take note of a connection whose handshake succeeded."""

    def inbound_received(self, connection: "Connection", events: tuple[Inbound, ...]) -> None:
        """Take what came, in order."""

    def connection_lost(
        self, connection: "Connection", code: int, reason: str, *, was_clean: bool
    ) -> None:
        """Take note that an open connection has closed; nothing comes after."""

    def connection_ended(self, connection: "Connection") -> None:
        """Take note that the socket is closed, whether the connection ever opened or not."""
