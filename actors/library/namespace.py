"""One namespace: its endpoints and faults, and the attempts of its logical clients."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.library.memories import Memories
from websocket_mock.actors.library.rulebook import Rulebook

MAX_CLIENTS = 100_000
"""The most logical clients to count; beyond that, the one seen longest ago is forgotten."""


class Namespace:
    """Holds the current rulebook, which is replaced as a whole, so that readers need no lock.

    Everything that belongs to a namespace is in this object, and is removed with it. Any thread
    may use it.

    Args:
        name: None for what is outside all namespaces.
        on_faults_changed: called with the name, on any thread, when the faults of open connections
            may have changed; must not block.
    """

    def __init__(
        self,
        name: str | None = None,
        on_faults_changed: Callable[[str | None], object] = lambda _: None,
    ) -> None:
        self.name = name
        self._on_faults_changed = on_faults_changed
        self.book = Rulebook()
        """The current rulebook. It is replaced, never changed."""
        self.files: Mapping[str, str] = {}
        """The mocks file that has an endpoint, by its name. It is replaced, never changed."""
        self.last_used = 0.0
        """When it was last used, on the monotonic clock. Only the library uses this."""
        self.users = 0
        """The number of connected clients and of calls in progress. Only the library uses this."""
        self._change_mutex = threading.Lock()
        self.memories = Memories()
        """What outlives the connections: the variables, and the messages to send again."""
        self._attempts: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._attempts_mutex = threading.Lock()

    def get(self, name: str) -> CompiledEndpoint | None:
        """Return the current version of an endpoint, or None."""
        return self.book.get(name)

    def put(self, endpoints: Iterable[CompiledEndpoint], replacing: Iterable[str] = ()) -> None:
        """Add endpoints and remove others in one step. It takes effect with the next message."""
        self._change(lambda book: book.without(replacing).with_endpoints(endpoints))

    def clear(self) -> None:
        """Remove all endpoints; the faults for any connection stay."""
        self._change(lambda book: Rulebook((), book.faults))

    def put_faults(self, faults: Iterable[CompiledFault], replacing: Iterable[str] = ()) -> None:
        """Add faults for any connection, and remove others by their keys, in one step.

        A fault replaces one with the same key.
        """
        gone = set(replacing)

        def change(book: Rulebook) -> Rulebook:
            kept = {one.key: one for one in book.faults if one.key not in gone}
            return book.with_faults({**kept, **{one.key: one for one in faults}}.values())

        self._change(change)

    def clear_faults(self) -> None:
        """Remove the faults for any connection; those of endpoints stay."""
        self._change(lambda book: book.with_faults(()))

    def _change(self, change: Callable[[Rulebook], Rulebook]) -> None:
        with self._change_mutex:
            before, self.book = self.book, change(self.book)
            has_faults = before.has_faults or self.book.has_faults
        if has_faults:
            self._on_faults_changed(self.name)

    def forget_attempts(self) -> None:
        """Count the attempts of every client from 1 again."""
        with self._attempts_mutex:
            self._attempts.clear()

    def forget(self) -> None:
        """Remove everything that belongs to the namespace."""
        self._change(lambda _: Rulebook())
        self.forget_attempts()
        self.memories.forget()

    def count_attempt(self, endpoint: str, client_key: str) -> int:
        """Count an attempt of a logical client to connect; return its number, from 1."""
        key = (endpoint, client_key)
        with self._attempts_mutex:
            attempt = self._attempts.pop(key, 0) + 1
            self._attempts[key] = attempt
            if len(self._attempts) > MAX_CLIENTS:
                self._attempts.popitem(last=False)
            return attempt

    def attempts_of(self, endpoint: str, client_key: str) -> int:
        """Return how many attempts of a logical client were counted."""
        with self._attempts_mutex:
            return self._attempts.get((endpoint, client_key), 0)
