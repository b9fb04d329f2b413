"""One namespace: the endpoints and faults in force in it, and its logical clients' attempts."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.library.rulebook import Rulebook

MAX_CLIENTS = 100_000
"""Logical clients whose attempts are counted; beyond, the one seen longest ago starts over."""


class Namespace:
    """Holds the present rulebook, which readers look at without a lock, and replaces it whole.

    Whatever belongs to a namespace hangs on this object, and is forgotten with it. Any thread.

    Args:
        name: None for what is outside of any namespace.
        on_faults_changed: told its name, on any thread, when open connections may have other
            faults; must not block.
    """

    def __init__(
        self,
        name: str | None = None,
        on_faults_changed: Callable[[str | None], object] = lambda _: None,
    ) -> None:
        self.name = name
        self._on_faults_changed = on_faults_changed
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
        self._change(lambda book: book.without(replacing).with_endpoints(endpoints))

    def clear(self) -> None:
        """Take all endpoints out; the faults of any connection stay."""
        self._change(lambda book: Rulebook((), book.faults))

    def put_faults(self, faults: Iterable[CompiledFault], replacing: Iterable[str] = ()) -> None:
        """Put faults of any connection in force, and take others out, by their keys, at once.

        One that has the key of another takes its place.
        """
        gone = set(replacing)

        def change(book: Rulebook) -> Rulebook:
            kept = {one.key: one for one in book.faults if one.key not in gone}
            return book.with_faults({**kept, **{one.key: one for one in faults}}.values())

        self._change(change)

    def clear_faults(self) -> None:
        """Take the faults of any connection out; those of endpoints stay."""
        self._change(lambda book: book.with_faults(()))

    def _change(self, change: Callable[[Rulebook], Rulebook]) -> None:
        with self._change_mutex:
            before, self.book = self.book, change(self.book)
            has_faults = before.has_faults or self.book.has_faults
        if has_faults:
            self._on_faults_changed(self.name)

    def forget_attempts(self) -> None:
        """Count the attempts of every client anew."""
        with self._attempts_mutex:
            self._attempts.clear()

    def forget(self) -> None:
        """Forget all that hangs on it."""
        self._change(lambda _: Rulebook())
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
