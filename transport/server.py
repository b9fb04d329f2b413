"""The WebSocket transport as a whole: it finds a port, and starts and stops all the threads."""

import errno
import socket
import time
from collections.abc import Callable, Iterator, Sequence

from loguru import logger

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.errors import ActorError
from websocket_mock.actors.kernel.refs import wait
from websocket_mock.actors.kernel.singleton import CrashHandler
from websocket_mock.actors.values.models import OutboxTotals, TransportStatus
from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.errors import CannotListen
from websocket_mock.transport.limits import ConnectionLimit
from websocket_mock.transport.listener import Listener
from websocket_mock.transport.reader import Reader
from websocket_mock.transport.tls.serving import ServedTls

NEXT_PORTS = 10
"""How many ports are tried in a row, beginning with the configured one."""

ROUNDS = 3
"""How many times those ports are tried."""

BACK_OFF = 0.1
"""Seconds to wait before the second round; twice as long before the third."""

NOT_STARTED = "the WebSocket server has not been started"
STOPPED = "the WebSocket server has been stopped"


class WebSocketTransport:
    """Owns the listeners and the readers, and their threads. It can be started once.

    Args:
        config: where to listen, and the limits.
        dispatchers: one for each reader thread.
        attach: connects a new listener's callbacks with the upper side.
        on_crash: called on a reader's thread if that reader breaks, which is a bug.
        tls: how connections are encrypted; None: all are plain.
    """

    def __init__(
        self,
        config: TransportConfig,
        dispatchers: Sequence[Dispatcher],
        attach: Callable[[Listener], None],
        on_crash: CrashHandler,
        tls: ServedTls | None = None,
    ) -> None:
        self._tls = tls
        self._config = config
        self._attach = attach
        self._budget = OutboxBudget.of(config)
        self._readers = [
            Reader(dispatcher, config, on_crash, self._budget, tls) for dispatcher in dispatchers
        ]
        self._limit = ConnectionLimit(config.max_connections)
        self._listeners: list[Listener] = []
        self._port = config.port
        self._reason: str | None = NOT_STARTED
        self._is_stopped = False

    def start(self) -> None:
        """Start the readers and listen.

        If the configured port is in use, the next ports are tried, and then any free one. Blocks
        for less than a second, and usually not at all.

        Raises:
            CannotListen: no port is available. From then on `status` says why.
        """
        for reader in self._readers:
            reader.start()
        try:
            self._listeners = self._listen()
        except OSError as error:
            place = f"{self._config.host}:{self._config.port}"
            self._reason = f"cannot listen on {place}: {error.strerror or error}"
            raise CannotListen(self._reason) from error
        self._port = self._listeners[0].port
        self._reason = None
        for listener in self._listeners:
            listener.start()
        if self._config.port not in (0, self._port):
            logger.warning("port {} is in use, listening on {}", self._config.port, self._port)
        status = self.status()
        logger.info("clients connect to {}", " or ".join(status.urls))
        if status.ca_file is not None:
            logger.info("for wss they must trust the authority in {}", status.ca_file)

    def status(self) -> TransportStatus:
        """Return where the server listens, or why it does not. Any thread; returns at once."""
        reason = self._reason
        if reason is None and not all(one.is_accepting for one in self._listeners):
            reason = "a thread that accepts connections has ended"
        certificates = None if self._tls is None else self._tls.certificates
        ca_file = None if certificates is None else certificates.ca_file
        return TransportStatus(
            self._config.host,
            self._port,
            reason is None,
            reason,
            has_tls=self._tls is not None,
            has_plain=self._tls is None or not self._tls.is_required,
            ca_file=None if ca_file is None else str(ca_file),
            ca_pem=None if certificates is None else certificates.ca_pem,
        )

    def outbox_totals(self) -> OutboxTotals:
        """Return the unsent bytes of all clients together. Any thread; returns at once."""
        return self._budget.totals()

    def check_readers(
        self, timeout: float, meanwhile: Callable[[], object] = lambda: None
    ) -> tuple[float | None, ...]:
        """Return how many seconds each reader took to answer, or None if it did not.

        Any thread but a reader's. Blocks for up to `timeout` seconds.

        Args:
            timeout: seconds for the answers.
            meanwhile: called when the readers have been asked. It may block for as long.
        """
        deadline = time.monotonic() + timeout
        started = [
            (time.monotonic(), one.dispatcher.submit(time.monotonic)) for one in self._readers
        ]
        meanwhile()
        return tuple(_duration(begin, future, deadline) for begin, future in started)

    def stop(self, timeout: float = 5.0) -> None:
        """Stop accepting, close every client with 1001, end all threads.

        A second call does nothing. Blocks for little more than `timeout` seconds.
        """
        if self._is_stopped:
            return
        self._is_stopped = True
        self._reason = STOPPED
        deadline = time.monotonic() + timeout
        for listener in self._listeners:
            listener.stop_accepting(timeout)
        for reader in self._readers:
            reader.begin_stop()
        for reader in self._readers:
            if not reader.finish_stop(max(0.0, deadline - time.monotonic())):
                logger.error("reader {} did not stop in time", reader.name)

    # --- listening ----------------------------------------------------------------------------

    def _listen(self) -> list[Listener]:
        for port in self._candidates():
            try:
                return self._listen_on(port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                logger.debug("port {} is in use", port)
        return self._listen_on_any()

    def _listen_on_any(self) -> list[Listener]:
        for _ in range(NEXT_PORTS):
            try:
                return self._listen_on(0)
            except OSError as error:
                # The port was free on IPv4, but not on IPv6.
                if error.errno != errno.EADDRINUSE:
                    raise
        return self._listen_on(0)

    def _candidates(self) -> Iterator[int]:
        first = self._config.port
        if first == 0:
            return
        for attempt in range(ROUNDS):
            if attempt:
                time.sleep(BACK_OFF * 2 ** (attempt - 1))
            yield from range(first, min(first + NEXT_PORTS, 65_536))

    def _listen_on(self, port: int) -> list[Listener]:
        listeners: list[Listener] = []
        try:
            for family, host in _addresses(self._config.host):
                taken = listeners[0].port if listeners else port
                try:
                    listeners.append(Listener(family, host, taken, self._readers, self._limit))
                except OSError as error:
                    # `localhost` needs no IPv6 side on a machine without IPv6.
                    if not listeners or error.errno == errno.EADDRINUSE:
                        raise
        except OSError:
            for listener in listeners:
                listener.server_close()
            raise
        for listener in listeners:
            listener.status = self.status
            self._attach(listener)
        return listeners


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    if host == "localhost":
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    return [(family, str(address[0]))]


def _duration(begin: float, future: object, deadline: float) -> float | None:
    try:
        return max(0.0, float(wait(future, deadline=deadline)) - begin)
    except ActorError:
        return None
