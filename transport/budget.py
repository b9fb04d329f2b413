"""The budget of unsent bytes that all connections share.

Each client may have `max_outbox_bytes` unsent, so a thousand clients that do not read would take
the memory of the machine. Beyond the budget the slowest of them are closed.
"""

import threading
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.values.models import OutboxTotals
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.memory import usable_memory

DEFAULT_SHARE = 8
"""The default budget is the memory that the process may use, divided by this."""

NEAR = 0.9
"""The share of the budget from which on new connections are refused, and down to which connections
are closed once it is exceeded."""

ROUNDS = 3
"""How often connections are chosen at most when bytes are noted: one is relieved twice at most."""


class Indebted(Protocol):
    """A connection that has unsent bytes."""

    dispatcher: Dispatcher
    """Runs `relieve`."""

    def relieve(self) -> None:
        """Close the connection; if it is closing already, drop it. Must not raise.

        It must note before it returns how many bytes are left.
        """


class OutboxBudget:
    """Counts the unsent bytes of all connections against a limit. Any thread.

    It takes a lock for a moment. A connection notes its bytes only if the socket has not taken
    all, so the lock is no part of the usual way of a message.

    Args:
        most: the limit in bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._near = int(most * NEAR)
        self._sizes: dict[Indebted, int] = {}
        """The unsent bytes of each connection that has any, in the order in which they began."""
        self._total = 0
        self._asked: dict[Indebted, int] = {}
        """The connections of other threads that will be relieved, and their bytes then."""
        self._relieving: set[Dispatcher] = set()
        """The dispatchers on whose threads connections are being relieved now."""
        self._closed = 0
        self._refused = 0
        self._mutex = threading.Lock()

    @classmethod
    def of(cls, config: TransportConfig) -> "OutboxBudget":
        """Return the budget that the settings give. Reads a few small files of the system."""
        return cls(config.max_total_outbox_bytes or usable_memory() // DEFAULT_SHARE)

    def note(self, connection: Indebted, size: int) -> None:
        """Note how many unsent bytes a connection has now. Only on its own thread.

        Beyond the limit this relieves connections, and perhaps this one: those with the most unsent
        bytes first, and of equal ones the one that has had some for longest. Those of other threads
        follow a moment later.
        """
        with self._mutex:
            self._total += size - self._sizes.get(connection, 0)
            if size:
                self._sizes[connection] = size
            else:
                self._sizes.pop(connection, None)
            if self._total <= self._most or connection.dispatcher in self._relieving:
                return
            self._relieving.add(connection.dispatcher)
        try:
            self._make_room(connection.dispatcher)
        finally:
            with self._mutex:
                self._relieving.discard(connection.dispatcher)

    def excess(self) -> str | None:
        """Name what there is too much of for a new connection, and count it as refused.

        None: the connection may be opened.
        """
        if self._total <= self._near:
            return None
        with self._mutex:
            self._refused += 1
        return "unsent bytes"

    def count_closed(self) -> None:
        """Count a connection that was closed because of the budget."""
        with self._mutex:
            self._closed += 1

    def totals(self) -> OutboxTotals:
        """Return what is unsent now, and what that has led to since the start."""
        with self._mutex:
            return OutboxTotals(self._total, self._most, self._closed, self._refused)

    def _make_room(self, dispatcher: Dispatcher) -> None:
        for _ in range(ROUNDS):
            chosen = self._choose(dispatcher)
            for connection in chosen:
                if connection.dispatcher is dispatcher:
                    connection.relieve()
                else:
                    connection.dispatcher.call_soon(partial(self._relieve, connection))
            if not chosen:
                return

    def _choose(self, dispatcher: Dispatcher) -> Sequence[Indebted]:
        """Return the slowest connections, so many that enough is left without them."""
        with self._mutex:
            # If another thread hangs, its connections do not cost those of this one.
            excess = self._total - sum(self._asked.values())
            if excess <= self._most:
                return ()
            chosen = []
            for connection in sorted(self._sizes, key=self._sizes.__getitem__, reverse=True):
                if excess <= self._near:
                    break
                if connection not in self._asked:
                    excess -= self._sizes[connection]
                    chosen.append(connection)
                    if connection.dispatcher is not dispatcher:
                        self._asked[connection] = self._sizes[connection]
            return chosen

    def _relieve(self, connection: Indebted) -> None:
        """Relieve a connection that another thread has chosen, if that is still necessary."""
        with self._mutex:
            del self._asked[connection]
            is_needed = connection in self._sizes and self._total > self._near
        if is_needed:
            connection.relieve()
