"""The mocks that are in force, and the attempts of logical clients. Any thread."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from actors.faults.compiled import CompiledFault
from actors.mocks.compiled import CompiledEndpoint
from actors.mocks.handshake_request import HandshakeRequest
from actors.mocks.rulebook import Rulebook
from actors.ports import Clock, SystemClock

MAX_CLIENTS = 100_000
"""Logical clients whose attempts are counted; beyond, the one seen longest ago starts over."""


class MockLibrary:
    """Holds the present rulebook, which readers look at without a lock, and replaces it whole.

    Args:
        clock: tells when faults are over; default: the machine's.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.book = Rulebook()
        """The present rulebook; replaced, never changed."""
        self.on_faults_changed: Callable[[], object] = lambda: None
        """Called, on any thread, when open connections may have other faults; must not block."""
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

    def _change(self, change: Callable[[Rulebook], Rulebook]) -> None:
        with self._change_mutex:
            before, self.book = self.book, change(self.book)
            has_faults = before.has_faults or self.book.has_faults
        if has_faults:
            self.on_faults_changed()

    def forget_attempts(self) -> None:
        """Count the attempts of every client anew."""
        with self._attempts_mutex:
            self._attempts.clear()

    def count_attempt(self, endpoint: str, client_key: str) -> int:
        """Count a connection of a logical client to an endpoint; return its number, from 1."""
        key = (endpoint, client_key)
        with self._attempts_mutex:
            attempt = self._attempts.pop(key, 0) + 1
            self._attempts[key] = attempt
            if len(self._attempts) > MAX_CLIENTS:
                self._attempts.popitem(last=False)
            return attempt


def client_key(endpoint: CompiledEndpoint, request: HandshakeRequest) -> str:
    """Return who the logical client of a request is."""
    key = endpoint.client_key
    found: str | None = None
    if key is not None and key.query is not None:
        found = request.query.get(key.query)
    elif key is not None and key.header is not None:
        found = request.headers.get(key.header.lower())
    elif key is not None and key.cookie is not None:
        found = request.cookies.get(key.cookie)
    return request.remote_address if found is None else found
