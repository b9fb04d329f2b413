"""One listening address: accepts connections and hands them to the readers.

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

from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.models import TransportStatus
from websocket_mock.actors.values.tls import TlsPlan
from websocket_mock.transport.handshake_responses import PathCheck
from websocket_mock.transport.limits import ConnectionLimit
from websocket_mock.transport.reader import Reader
from websocket_mock.transport.roles import Greeting, Peer

ACCEPT_BACK_OFF = 0.05
"""Seconds to wait when the process has no file descriptors left."""

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
        self._turn = count()
        self._client_ids = count(1)
        self._is_closing = False
        self._is_starved = False
        """Whether the last accept failed."""
        self.answers_path: PathCheck = lambda _: True
        self.decide: Callable[[Peer, Request], HandshakePlan]
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

    def get_request(self) -> tuple[socket.socket, tuple[Any, ...]]:
        """Accept a connection.

        Raises:
            OSError: there is none after all. socketserver ignores this and goes on.
        """
        try:
            accepted: tuple[socket.socket, tuple[Any, ...]] = super().get_request()
        except OSError as error:
            if not self._is_closing:
                # No file descriptors are left. The socket stays ready, so do not retry at once.
                if not self._is_starved:
                    logger.warning("cannot accept connections, they wait: {}", error)
                self._is_starved = True
                time.sleep(ACCEPT_BACK_OFF)
            raise
        if self._is_starved:
            self._is_starved = False
            logger.info("accepts connections again")
        return accepted

    def process_request(self, request: socket.socket, client_address: tuple[Any, ...]) -> None:
        """Hand an accepted socket to a reader."""
        request.setblocking(False)  # noqa: FBT003 - the standard library's signature
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        excess = self._limit.take()
        if excess > MAX_REFUSALS:
            request.close()
            self._limit.give_back()
            return
        reader = self._readers[next(self._turn) % len(self._readers)]
        reader.adopt(request, client_address, self, is_over_limit=excess > 0)

    # --- Events of the connections, on their readers' threads -----------------------------------

    def plan_handshake(self, connection: Peer, request: Request) -> HandshakePlan:
        """Ask the upper side what happens to a handshake."""
        return self.decide(connection, request)

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
