"""A thread that reads the sockets of its connections and runs their actors.

In one pass, the loop

- waits until a socket is ready, a timer is due or another thread has put mail into a mailbox,
- reads the sockets that are ready, and tells the actors what arrived,
- runs the actors that have mail, and
- writes what they have sent, with one write per connection.

So a message goes from socket to actor to socket without changing threads, and only one thread ever
touches a connection.
"""

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from loguru import logger

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.kernel.singleton import CrashHandler
from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.client_log import ClientLog
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.connection import LONG_READ_BYTES, Connection
from websocket_mock.transport.poller import make_poller
from websocket_mock.transport.roles import Events, Watched
from websocket_mock.transport.tls.opening import TlsOpening
from websocket_mock.transport.tls.serving import ServedTls
from websocket_mock.transport.tls.stream import TlsStream

MAX_POLL = 5.0
"""The longest wait of the selector in seconds. A safeguard: whatever matters wakes it."""

LARGE_BLOCK = 8 * 1024 * 1024
"""Bytes of a block that is freed before the first read.

The allocator of glibc takes the largest block that was freed for a usual one, and keeps up to twice
as much free memory. Otherwise it gives the memory of each long message back to the system, and the
page faults of the next one took half of the time of an echo of 1 MiB."""

LAST_PASSES = 1_000
"""How many passes a stopping reader makes at most for the mail that is left."""


class Reader:
    """One reader thread and its dispatcher. It is the `Host` of its connections.

    Args:
        dispatcher: runs the actors of the connections, on the reader's thread.
        config: the limits of each connection.
        on_crash: called on the reader's thread if its loop breaks, which is a bug.
        budget: counts the unsent bytes of all connections.
        tls: how connections are encrypted; None: all are plain.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        config: TransportConfig,
        on_crash: CrashHandler,
        budget: OutboxBudget,
        tls: ServedTls | None = None,
    ) -> None:
        self.dispatcher = dispatcher
        self.budget = budget
        self.max_unsent_bytes = config.max_outbox_bytes
        self.client_log = ClientLog(dispatcher.scheduler)
        # For long messages. Short ones are read into bytes of their own, which takes less time.
        self.read_buffer = memoryview(bytearray(LONG_READ_BYTES))
        self.woke_at = dispatcher.clock.monotonic()
        self._config = config
        self._on_crash = on_crash
        self._tls = tls
        self._poller = make_poller()
        self._connections: set[Watched] = set()
        self._watched: dict[int, Watched] = {}
        """The connections whose sockets are polled, by file descriptor."""
        self._to_flush: list[Watched] = []
        self.flush_later = self._to_flush.append
        """Makes a connection's `flush` be called at the end of this pass."""
        self._to_check: list[Watched] = []
        self._is_stopping = False
        self._waker, self._wakee = socket.socketpair()
        for end in (self._waker, self._wakee):
            end.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._poller.register(self._wakee.fileno(), EVENT_READ)
        self._latest: Sequence[tuple[int, int]] = ()
        """What was ready in the last pass that has read anything."""
        dispatcher.wake = self._wake
        dispatcher.is_mid_message = self._is_mid_message
        self._thread = threading.Thread(target=self._run, name=dispatcher.name, daemon=True)

    # --- any thread ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the thread."""
        return self.dispatcher.name

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def adopt(
        self, sock: socket.socket, address: tuple[Any, ...], events: Events, *, is_over_limit: bool
    ) -> None:
        """Take over an accepted socket. Returns at once; the reader's thread does the rest."""

        def add() -> None:
            try:
                self._add(sock, address, events, is_over_limit=is_over_limit)
            except Exception as error:  # noqa: BLE001 - a bug in one must not end the others
                logger.opt(exception=error).error("connection of {} broke", address)
                sock.close()
                events.connection_ended()

        self.dispatcher.call_soon(add)

    def begin_stop(self) -> None:
        """Close every connection with 1001, and end the thread when the last one has gone.

        Returns at once.
        """

        def stop() -> None:
            self._is_stopping = True
            for connection in list(self._connections):
                self._guard(connection, connection.go_away)

        self.dispatcher.call_soon(stop)

    def finish_stop(self, timeout: float) -> bool:
        """Wait for the thread, then drop the connections that are left; return whether it ended.

        Blocks for up to `timeout` seconds, and one second more if it has not ended by then.
        """
        if self._thread.ident is None:
            self._end()
            return True
        self._thread.join(timeout)
        if self._thread.is_alive():
            self.dispatcher.call_soon(self._drop_all)
            self._thread.join(1.0)
        return not self._thread.is_alive()

    def _wake(self) -> None:
        # A full socket wakes the reader as well. After its end there is nobody to wake.
        with suppress(OSError):
            self._waker.send(b"\0")

    # --- the reader's thread: Host of the connections -----------------------------------------

    def call_later(
        self, connection: Watched, delay: float, callback: Callable[[], object]
    ) -> Timer:
        """Run a callback after `delay` seconds. If it raises, drop the connection."""
        guarded = partial(self._guard, connection, callback)
        return self.dispatcher.scheduler.call_later(delay, guarded)

    def watch(self, connection: Watched, events: int) -> None:
        """Wait for these events of the connection's socket, and no others; 0 means none."""
        if events == connection.watched:
            return
        fd = connection.socket.fileno()
        if connection.watched == 0:
            self._poller.register(fd, events)
            self._watched[fd] = connection
        elif events == 0:
            self._poller.unregister(fd)
            del self._watched[fd]
        else:
            self._poller.modify(fd, events)
        connection.watched = events

    def check_later(self, connection: Watched) -> None:
        """Call the connection's `resume` in each pass until it returns True."""
        self._to_check.append(connection)

    def forget(self, connection: Watched) -> None:
        """Stop watching a connection, because its socket is about to be closed."""
        self.watch(connection, 0)
        self._connections.discard(connection)

    def run_for(self, connection: Watched, action: Callable[[], object]) -> None:
        """Run an action now. If it raises, drop the connection."""
        self._guard(connection, action)

    def _add(
        self, sock: socket.socket, address: tuple[Any, ...], events: Events, *, is_over_limit: bool
    ) -> None:
        def connect(stream: TlsStream | None) -> None:
            connection = Connection(
                sock,
                address,
                self,
                events,
                self._config,
                is_over_limit=is_over_limit,
                stream=stream,
            )
            self._welcome(connection)
            if stream is not None and stream.has_input:
                self._guard(connection, partial(connection.on_ready, EVENT_READ))

        if self._tls is None:
            connect(None)
        else:
            self._welcome(TlsOpening(sock, address, self, events, self._tls, self._config, connect))

    def _welcome(self, connection: Watched) -> None:
        self._connections.add(connection)
        self.watch(connection, EVENT_READ)
        if self._is_stopping:
            self._guard(connection, connection.go_away)

    # --- the loop -----------------------------------------------------------------------------

    def _run(self) -> None:
        self.dispatcher.adopt()
        bytes(LARGE_BLOCK)
        try:
            while not (self._is_stopping and not self._connections):
                self._pass()
            for _ in range(LAST_PASSES):
                if self.dispatcher.is_idle:
                    break
                self.dispatcher.run_ready()
        except Exception as error:  # noqa: BLE001 - whatever it is, the supervisor must know
            logger.opt(exception=error).error("reader {} broke", self.name)
            self._on_crash(self.name, error)
        finally:
            self._end()

    def _pass(self) -> None:
        due = self.dispatcher.seconds_until_due()
        timeout = MAX_POLL if due is None else min(due, MAX_POLL)
        ready = self._poller.poll(timeout)
        self.woke_at = self.dispatcher.clock.monotonic()
        has_input = False
        for fd, mask in ready:
            connection = self._watched.get(fd)
            if connection is not None:
                has_input = True
                try:
                    connection.on_ready(mask)
                except Exception as error:  # noqa: BLE001 - see `_on_broken`
                    self._on_broken(connection, error)
            elif fd == self._wakee.fileno():
                self._drain_wakeups()
        self.dispatcher.has_input = has_input
        if has_input:
            self._latest = ready
        self.dispatcher.run_ready()
        if self._to_flush:
            to_flush = self._to_flush.copy()
            self._to_flush.clear()
            for connection in to_flush:
                try:
                    connection.flush()
                except Exception as error:  # noqa: BLE001 - see `_on_broken`
                    self._on_broken(connection, error)
        if self._to_check:
            to_check, self._to_check = self._to_check, []
            for connection in to_check:
                self._guard(connection, partial(self._check, connection))

    def _is_mid_message(self) -> bool:
        read = (self._watched.get(fd) for fd, _ in self._latest)
        return any(one is not None and one.is_mid_message for one in read)

    def _check(self, connection: Watched) -> None:
        if not connection.resume():
            self._to_check.append(connection)

    def _guard(self, connection: Watched, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - see `_on_broken`
            self._on_broken(connection, error)

    def _on_broken(self, connection: Watched, error: Exception) -> None:
        """Drop a connection that has a bug, so that it does not take the others with it."""
        logger.opt(exception=error).error("connection of {} broke", connection.address)
        try:
            connection.drop("internal error")
        except Exception as second:  # noqa: BLE001 - the others must go on
            logger.opt(exception=second).error(
                "the loss of {} could not be reported", connection.address
            )

    def _drain_wakeups(self) -> None:
        with suppress(BlockingIOError):
            while self._wakee.recv(4096):
                pass

    def _drop_all(self) -> None:
        for connection in list(self._connections):
            self._guard(connection, partial(connection.drop, "server shutting down"))

    def _end(self) -> None:
        self._drop_all()
        self.dispatcher.close()
        self._poller.close()
        self._waker.close()
        self._wakee.close()
