"""One connection on a socket pair, run step by step with a manual clock and no thread."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from websockets.http11 import Request

from tests.helpers.fakes import ManualClock
from tests.helpers.frames import request
from tests.helpers.plans import accept_all
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.tls import NORMAL, TlsPlan
from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.client_log import ClientLog
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.connection import LONG_READ_BYTES, Connection
from websocket_mock.transport.roles import Greeting, HttpAnswer, Peer, Watched
from websocket_mock.transport.tls.opening import TlsOpening
from websocket_mock.transport.tls.serving import ServedTls
from websocket_mock.transport.tls.stream import TlsStream

ADDRESS = ("127.0.0.1", 40_001)


class ConnectionBench:
    """The host of one connection, and the log of what it reports; the client is a socket."""

    def __init__(
        self,
        *,
        is_over_limit: bool = False,
        plan: Callable[[Request], HandshakePlan] = accept_all,
        budget: OutboxBudget | None = None,
        tls: ServedTls | None = None,
        answer: Callable[[list[tuple[Any, ...]]], HttpAnswer] | None = None,
        **limits: Any,
    ) -> None:
        self.clock = ManualClock()
        self.dispatcher = Dispatcher("bench", self.clock)
        self.dispatcher.adopt()
        self.log: list[tuple[Any, ...]] = []
        self.is_forgotten = False
        self.read_buffer = memoryview(bytearray(LONG_READ_BYTES))
        self._config = TransportConfig(**{"compression": False, **limits})
        self.budget = budget or OutboxBudget.of(self._config)
        self.client_log = ClientLog(self.dispatcher.scheduler)
        self._plan = plan
        self._answer = answer
        self._to_flush: list[Watched] = []
        self._to_check: list[Watched] = []
        ours, self.client = socket.socketpair() if tls is None else tcp_pair()
        ours.setblocking(False)
        self.client.setblocking(False)
        self._is_over_limit = is_over_limit
        self.line: Watched
        if tls is None:
            self._connect(ours, None)
        else:
            connect = partial(self._connect, ours)
            self.line = TlsOpening(ours, ADDRESS, self, self, tls, self._config, connect)
            self.watch(self.line, EVENT_READ)

    def _connect(self, ours: socket.socket, stream: TlsStream | None) -> None:
        self.connection = Connection(
            ours,
            ADDRESS,
            self,
            self,
            self._config,
            is_over_limit=self._is_over_limit,
            stream=stream,
        )
        self.line = self.connection
        self.outbox = self.connection.outbox
        self.watch(self.connection, EVENT_READ)
        if stream is not None and stream.has_input:
            self.connection.on_ready(EVENT_READ)

    # --- Host ---------------------------------------------------------------------------------

    @property
    def woke_at(self) -> float:
        return self.clock.monotonic()

    def call_later(
        self, connection: Watched, delay: float, callback: Callable[[], object]
    ) -> Timer:
        return self.dispatcher.scheduler.call_later(delay, callback)

    def watch(self, connection: Watched, events: int) -> None:
        connection.watched = events

    def flush_later(self, connection: Watched) -> None:
        self._to_flush.append(connection)

    def check_later(self, connection: Watched) -> None:
        self._to_check.append(connection)

    def forget(self, connection: Watched) -> None:
        connection.watched = 0
        self.is_forgotten = True

    def run_for(self, connection: Watched, action: Callable[[], object]) -> None:
        action()

    # --- Events -------------------------------------------------------------------------------

    def answers_path(self, path: str) -> bool:
        return path != "/unknown"

    def plan_handshake(self, connection: Peer, request: Request) -> HandshakePlan:
        return self._plan(request)

    def answers_http(self, path: str) -> bool:
        return self._answer is not None and path.startswith("/http")

    def begin_http(
        self,
        connection: Peer,
        request: Request,
        method: str,
        body: bytes,
        wake: Callable[[], None],
    ) -> HttpAnswer:
        assert self._answer is not None
        self.wake = wake
        self.log.append(("request", method, request.path, body))
        return self._answer(self.log)

    def connection_opened(self, connection: Peer, plan: HandshakePlan) -> None:
        self.log.append(("opened", plan.request.path))

    def inbound_received(self, connection: Peer, events: tuple[Inbound, ...]) -> None:
        self.log.append(("inbound", *events))

    def connection_lost(self, connection: Peer, code: int, reason: str, *, was_clean: bool) -> None:
        self.log.append(("lost", code, reason, was_clean))

    def plan_tls(self, opening: Greeting) -> TlsPlan:
        return NORMAL

    def tls_failed(self, opening: Greeting, plan: TlsPlan, reason: str) -> None:
        self.log.append(("tls failed", reason))

    def connection_ended(self) -> None:
        self.log.append(("ended",))

    # --- what a test does ---------------------------------------------------------------------

    def take_log(self) -> list[tuple[Any, ...]]:
        log, self.log = self.log, []
        return log

    @property
    def is_reading(self) -> bool:
        return bool(self.connection.watched & EVENT_READ)

    def has_closed(self) -> bool:
        return self.line.socket.fileno() < 0

    def run(self) -> None:
        """Make one pass of the reader's loop."""
        mask = self._ready_mask()
        if mask:
            self.line.on_ready(mask)
        self.dispatcher.run_ready()
        to_flush, self._to_flush = self._to_flush, []
        for connection in to_flush:
            connection.flush()
        self._to_check = [one for one in self._to_check if not one.resume()]

    def _ready_mask(self) -> int:
        watched, sock = self.line.watched, self.line.socket
        reading = [sock] if watched & EVENT_READ else []
        writing = [sock] if watched & EVENT_WRITE else []
        readable, writable, _ = select.select(reading, writing, [], 0)
        return (EVENT_READ if readable else 0) | (EVENT_WRITE if writable else 0)

    def receive(self, *pieces: bytes) -> None:
        """Let the client send all this in one piece, and run."""
        self.client.sendall(b"".join(pieces))
        self.run()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.run()

    def sent(self) -> bytes:
        """Return what the client can read now; an end of the stream or a reset adds nothing."""
        data = b""
        with suppress(BlockingIOError, ConnectionResetError):
            while piece := self.client.recv(1 << 20):
                data += piece
        return data

    def has_ended_stream(self) -> bool:
        """Tell whether the client sees the end of the stream, with nothing left before it."""
        try:
            return self.client.recv(1) == b""
        except BlockingIOError:
            return False

    def open(self) -> None:
        """Do the opening handshake, and forget what came of it."""
        self.receive(request())
        assert self.sent().startswith(b"HTTP/1.1 101 ")
        self.take_log()

    def fill(self, size: int) -> None:
        """Send messages until so many bytes are left that the socket does not take."""
        while self.unsent() < size:
            self.outbox.send_binary(b"x" * 1000)
            self.connection.flush()

    def unsent(self) -> int:
        return self.connection._outgoing.unsent.size


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends that have an IP address, which TLS wants to know."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = socket.create_connection(listener.getsockname())
        return listener.accept()[0], other


@contextmanager
def bench(**settings: Any) -> Iterator[ConnectionBench]:
    """A connection that has just been accepted."""
    one = ConnectionBench(**settings)
    try:
        yield one
    finally:
        one.line.drop("the test is over")
        one.client.close()


@contextmanager
def open_bench(**settings: Any) -> Iterator[ConnectionBench]:
    """A connection after its opening handshake."""
    with bench(**settings) as one:
        one.open()
        yield one
