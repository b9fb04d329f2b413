"""A thread that reads the sockets of its connections and runs their actors.

One pass of the loop: wait until a socket is ready, a timer is due or another thread has put mail
into a mailbox; read what is ready and tell the actors; run the actors that have mail; write what
they want sent, one write per connection. So the way socket → actor → socket has no hand-over
between threads, and everything a connection touches is touched by one thread only.
"""

import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from loguru import logger

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.kernel.singleton import CrashHandler
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.connection import Connection
from websocket_mock.transport.roles import Events, Watched

MAX_POLL = 5.0
"""Longest wait of the selector, in seconds; a safeguard, everything that matters wakes it."""

READ_BYTES = 64 * 1024
"""Most that is taken from a socket before the others have their turn."""

LAST_PASSES = 1_000
"""Passes a stopping reader has for the mail that is left."""


class Reader:
    """One reader thread with its dispatcher. It is the `Host` of its connections.

    Args:
        dispatcher: runs the actors of the connections.
        config: the limits of each connection.
        on_crash: called on this thread if its loop breaks, which is a bug.
    """

    def __init__(
        self, dispatcher: Dispatcher, config: TransportConfig, on_crash: CrashHandler
    ) -> None:
        self.dispatcher = dispatcher
        # One for all: a buffer per read of this size cost a quarter of the throughput.
        self.read_buffer = memoryview(bytearray(READ_BYTES))
        self._config = config
        self._on_crash = on_crash
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._to_flush: list[Watched] = []
        self._to_check: list[Watched] = []
        self._is_stopping = False
        self._waker, self._wakee = socket.socketpair()
        for end in (self._waker, self._wakee):
            end.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._selector.register(self._wakee, selectors.EVENT_READ, None)
        dispatcher.wake = self._wake
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
        """Take over an accepted socket; returns at once."""

        def add() -> None:
            try:
                connection = Connection(
                    sock, address, self, events, self._config, is_over_limit=is_over_limit
                )
            except Exception as error:  # noqa: BLE001 - a bug in one must not end the others
                logger.opt(exception=error).error("connection of {} broke", address)
                sock.close()
                events.connection_ended()
                return
            self._connections.add(connection)
            self.watch(connection, selectors.EVENT_READ)
            if self._is_stopping:
                self._guard(connection, connection.go_away)

        self.dispatcher.call_soon(add)

    def begin_stop(self) -> None:
        """Close every connection with 1001 and end the thread when the last has gone."""

        def stop() -> None:
            self._is_stopping = True
            for connection in list(self._connections):
                self._guard(connection, connection.go_away)

        self.dispatcher.call_soon(stop)

    def finish_stop(self, timeout: float) -> bool:
        """Wait for the thread, then drop what is left of its connections; tell whether it ended.

        Blocks for `timeout` seconds at most, and then a moment.
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
        # A full pipe wakes as well; after the end nobody is there to be woken.
        with suppress(OSError):
            self._waker.send(b"\0")

    # --- the reader's thread: Host of the connections -----------------------------------------

    def call_later(
        self, connection: Watched, delay: float, callback: Callable[[], object]
    ) -> Timer:
        """Run a callback of a connection after some seconds; if it raises, drop the connection."""
        guarded = partial(self._guard, connection, callback)
        return self.dispatcher.scheduler.call_later(delay, guarded)

    def watch(self, connection: Watched, events: int) -> None:
        """Wait for these events of the socket only; 0 for none."""
        if events == connection.watched:
            return
        if connection.watched == 0:
            self._selector.register(connection.socket, events, connection)
        elif events == 0:
            self._selector.unregister(connection.socket)
        else:
            self._selector.modify(connection.socket, events, connection)
        connection.watched = events

    def flush_later(self, connection: Watched) -> None:
        """Call the connection's `flush` at the end of this pass."""
        self._to_flush.append(connection)

    def check_later(self, connection: Watched) -> None:
        """Call the connection's `resume` in each pass until it returns True."""
        self._to_check.append(connection)

    def forget(self, connection: Watched) -> None:
        """Drop a connection whose socket is about to be closed."""
        self.watch(connection, 0)
        self._connections.discard(connection)

    # --- the loop -----------------------------------------------------------------------------

    def _run(self) -> None:
        self.dispatcher.adopt()
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
        for key, mask in self._selector.select(timeout):
            if key.data is None:
                self._drain_wakeups()
            else:
                self._guard(key.data, partial(key.data.on_ready, mask))
        self.dispatcher.run_ready()
        if self._to_flush:
            to_flush, self._to_flush = self._to_flush, []
            for connection in to_flush:
                self._guard(connection, connection.flush)
        if self._to_check:
            to_check, self._to_check = self._to_check, []
            for connection in to_check:
                self._guard(connection, partial(self._check, connection))

    def _check(self, connection: Watched) -> None:
        if not connection.resume():
            self._to_check.append(connection)

    def _guard(self, connection: Watched, action: Callable[[], object]) -> None:
        # One connection's bug must not take the others with it.
        try:
            action()
        except Exception as error:  # noqa: BLE001
            logger.opt(exception=error).error("connection of {} broke", connection.address)
            try:
                connection.drop("internal error")
            except Exception as second:  # noqa: BLE001
                logger.opt(exception=second).error("{} could not be told", connection.address)

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
        self._selector.close()
        self._waker.close()
        self._wakee.close()
