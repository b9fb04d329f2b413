"""One listening address: has its connections accepted by the readers.

`websocket_server.WebsocketServer` provides the accept loop, its thread and the callbacks
(`set_fn_new_client`, `set_fn_client_left`, `set_fn_message_received`). Its handler is replaced,
because it uses one thread per client and does not support binary messages, fragments or close
codes.

The callbacks keep the package's form: a client is a dict with `id`, `handler` (the `Connection`),
`address` and `plan` (of the handshake). They run on the thread of the reader that owns the
connection, and `message_received` gets a tuple of inbound events instead of a string. Sending and
closing go through the actors. The package's own methods for that need its own handler and are not
used.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from loguru import logger
from websocket_server import WebsocketServer
from websocket_server.thread import WebsocketServerThread
from websocket_server.websocket_server import logger as library_logger
from websockets.http11 import Request

from websocket_mock.actors.kernel.errors import ActorGone, AskTimeout
from websocket_mock.actors.kernel.refs import wait
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.models import TransportStatus
from websocket_mock.actors.values.tls import TlsPlan
from websocket_mock.transport.descriptors import Descriptors
from websocket_mock.transport.handshake_responses import PathCheck
from websocket_mock.transport.limits import ConnectionLimit
from websocket_mock.transport.reader import Reader
from websocket_mock.transport.roles import Greeting, HttpAnswer, Peer

ACCEPT_BACK_OFF = 0.05
"""Seconds to wait after an error, for example when the process has no file descriptors left."""

MAX_ACCEPTS = 64
"""How many connections are accepted before the clients that are connected have their turn."""

READER_PATIENCE = 0.05
"""Seconds to wait for a reader to accept."""

MAX_REFUSALS = 1024
"""How many connections above the limit are answered with 503. Further ones are just closed."""

Client = dict[str, Any]


class Listener(WebsocketServer):  # type: ignore[misc] # the package ships no types
    """A listening socket with its accept thread. It is the `Events` of its connections.

    The constructor binds the socket; `start` begins to accept.

    Args:
        family: `AF_INET` or `AF_INET6`.
        host: the address to bind.
        port: the port to bind; 0 for any free one.
        readers: get the connections in turn.
        limit: counts the connections of all listeners.

    Raises:
        OSError: the address cannot be bound.
    """

    request_queue_size = 1024

    def __init__(
        self,
        family: socket.AddressFamily,
        host: str,
        port: int,
        readers: Sequence[Reader],
        limit: ConnectionLimit,
    ) -> None:
        self.address_family = family
        self._readers = readers
        self._limit = limit
        self._acceptor_turn = count()
        self._turn = count()
        self._client_ids = count(1)
        self._is_closing = False
        self._descriptors = Descriptors()
        self._is_starved = False
        """Whether an accept failed, and connections have waited ever since."""
        self.answers_path: PathCheck = lambda _: True
        self.decide: Callable[[Peer, Request], HandshakePlan]
        self.answers_http: PathCheck = lambda _: False
        self.answer: Callable[[Peer, Request, str, bytes, Callable[[], None]], HttpAnswer]
        self.decide_tls: Callable[[Greeting], TlsPlan]
        self.note_tls_failure: Callable[[Greeting, TlsPlan, str], None]
        self.status: Callable[[], TransportStatus]
        super().__init__(host, port)

    # --- socketserver's hooks, on the accept thread ---------------------------------------------

    def server_bind(self) -> None:
        """Bind the socket. An IPv6 socket takes IPv6 only, because IPv4 has its own listener."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()

    def server_activate(self) -> None:
        """Listen. What accepts must not block, because a reader does it."""
        super().server_activate()
        self.socket.setblocking(False)  # noqa: FBT003 - the standard library's signature

    def get_request(self) -> tuple[socket.socket, tuple[Any, ...]]:
        """Let the reader whose turn it is accept what waits, and wait until it has done so.

        On this thread each connection would take a tenth more time: the two threads would hand the
        GIL to and fro with each system call. A reader that is busy is not waited for; then it is
        the turn of the next.

        Raises:
            OSError: always, as there is no connection for this thread. socketserver goes on.
        """
        reader = self._readers[next(self._acceptor_turn) % len(self._readers)]
        accepted = reader.dispatcher.submit(self._accept_waiting)
        try:
            has_worked = wait(accepted, deadline=time.monotonic() + READER_PATIENCE)
        except AskTimeout:
            has_worked = True
        except ActorGone:
            has_worked = False
        if not has_worked and not self._is_closing:
            # The socket stays ready, so do not retry at once.
            time.sleep(ACCEPT_BACK_OFF)
        raise BlockingIOError

    # --- on a reader's thread -------------------------------------------------------------------

    def _accept_waiting(self) -> bool:
        """Accept the connections that wait; return False if the others must wait for a while."""
        try:
            if self._is_starved and not self._descriptors.are_left(self.socket):
                return False
            for _ in range(MAX_ACCEPTS):
                sock, address = self.socket.accept()
                is_last = self._descriptors.is_last(sock)
                self._welcome(sock, address)
                if is_last:
                    self._note_starving("the process has too few file descriptors left")
                    return False
        except BlockingIOError:
            self._note_enough()
        except OSError as error:
            self._note_starving(error)
            return False
        return True

    def _note_starving(self, reason: OSError | str) -> None:
        if not self._is_starved and not self._is_closing:
            logger.warning("cannot accept connections, they wait: {}", reason)
            self._is_starved = True

    def _note_enough(self) -> None:
        """Nobody waits any more. One descriptor that was free for a moment would not be enough."""
        if self._is_starved:
            self._is_starved = False
            logger.info("accepts connections again")

    def _welcome(self, sock: socket.socket, address: tuple[Any, ...]) -> None:
        try:
            self._hand_over(sock, address)
        except Exception as error:  # noqa: BLE001 - a bug costs this connection only
            logger.opt(exception=error).error("connection of {} broke", address)
            sock.close()

    def _hand_over(self, sock: socket.socket, address: tuple[Any, ...]) -> None:
        """Hand an accepted socket to a reader."""
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        excess = self._limit.take()
        if excess > MAX_REFUSALS:
            sock.close()
            self._limit.give_back()
            return
        reader = self._readers[next(self._turn) % len(self._readers)]
        reader.adopt(sock, address, self, is_over_limit=excess > 0)

    # --- Events of the connections, on their readers' threads -----------------------------------

    def plan_handshake(self, connection: Peer, request: Request) -> HandshakePlan:
        """Ask the upper side what happens to a handshake."""
        return self.decide(connection, request)

    def begin_http(
        self,
        connection: Peer,
        request: Request,
        method: str,
        body: bytes,
        wake: Callable[[], None],
    ) -> HttpAnswer:
        """Ask the upper side for the answer to an HTTP request."""
        return self.answer(connection, request, method, body, wake)

    def plan_tls(self, opening: Greeting) -> TlsPlan:
        """Ask the upper side what happens to a TLS handshake."""
        return self.decide_tls(opening)

    def tls_failed(self, opening: Greeting, plan: TlsPlan, reason: str) -> None:
        """Tell the upper side that a TLS handshake did not succeed."""
        self.note_tls_failure(opening, plan, reason)

    def connection_opened(self, connection: Peer, plan: HandshakePlan) -> None:
        """Tell the upper side that a client has connected."""
        client = {
            "id": next(self._client_ids),
            "handler": connection,
            "address": connection.address,
            "plan": plan,
        }
        self.new_client(client, self)
        connection.client = client

    def inbound_received(self, connection: Peer, events: tuple[Inbound, ...]) -> None:
        """Pass on what a client has sent."""
        self.message_received(connection.client, self, events)

    def connection_lost(self, connection: Peer, code: int, reason: str, *, was_clean: bool) -> None:
        """Tell the upper side that a client has left."""
        client, connection.client = connection.client, None
        if client is None:
            # The upper side failed when the client connected, so it does not know the client.
            return
        client.update(code=code, reason=reason, was_clean=was_clean)
        self.client_left(client, self)

    def connection_ended(self) -> None:
        """Free the connection's place for another one."""
        self._limit.give_back()

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread that accepts connections. Returns at once."""
        # Not with `run_forever`, which warns: it uses a deprecated method of threads. With warnings
        # as errors the server would not start.
        name = f"ws-accept-{self.host}:{self.port}"
        self.daemon = True
        self.thread = WebsocketServerThread(
            target=self.serve_forever, name=name, daemon=True, logger=library_logger
        )
        self.thread.start()

    @property
    def is_accepting(self) -> bool:
        """Whether the accept thread runs."""
        thread: threading.Thread | None = self.thread
        return thread is not None and thread.is_alive() and not self._is_closing

    def stop_accepting(self, timeout: float) -> None:
        """Close the listening socket and end the accept thread.

        Blocks for up to `timeout` seconds.
        """
        self._is_closing = True
        if self.thread is not None:
            # This wakes the accept thread, which otherwise checks only twice a second.
            with suppress(OSError):  # some systems refuse that for a listening socket
                self.socket.shutdown(socket.SHUT_RDWR)
            self.shutdown()
            self.thread.join(timeout)
        self.server_close()
