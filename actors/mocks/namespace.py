"""One namespace: the endpoints in force in it, and the attempts of its logical clients."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from actors.mocks.compiled import CompiledEndpoint
from actors.mocks.rulebook import Rulebook

MAX_CLIENTS = 100_000
"""Logical clients whose attempts are counted; beyond, the one seen longest ago starts over."""


class Namespace:
    """Holds the present rulebook, which readers look at without a lock, and replaces it whole.

    Whatever belongs to a namespace hangs on this object, and is forgotten with it. Any thread.

    Args:
        name: None for what is outside of any namespace.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.book = Rulebook()
        """The present rulebook; replaced, never changed."""
        self.last_used = 0.0
        """When it was named last, on the monotonic clock; the library's own note."""
        self.users = 0
        """Clients that are connected, and questions under way; the library's own note."""
        self._change_mutex = threading.Lock()
        self._attempts: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._attempts_mutex = threading.Lock()

    def get(self, name: str) -> CompiledEndpoint | None:
        """Return the present version of an endpoint."""
        return self.book.get(name)

    def put(self, endpoints: Iterable[CompiledEndpoint], replacing: Iterable[str] = ()) -> None:
        """Put endpoints in force, and take others out, at once; from the next message on."""
        with self._change_mutex:
            self.book = self.book.without(replacing).with_endpoints(endpoints)

    def clear(self) -> None:
        """Take all endpoints out."""
        with self._change_mutex:
            self.book = Rulebook()

    def forget_attempts(self) -> None:
        """Count the attempts of every client anew."""
        with self._attempts_mutex:
            self._attempts.clear()

    def forget(self) -> None:
        """Forget all that hangs on it."""
        self.clear()
        self.forget_attempts()

    def count_attempt(self, endpoint: str, client_key: str) -> int:
        """Count a connection of a logical client to an endpoint; return its number, from 1."""
        key = (endpoint, client_key)
        with self._attempts_mutex:
            attempt = self._attempts.pop(key, 0) + 1
            self._attempts[key] = attempt
            if len(self._attempts) > MAX_CLIENTS:
                self._attempts.popitem(last=False)
            return attempt
