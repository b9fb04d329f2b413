"""Holds the mocks in force, by namespace. Any thread may use it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websocket_mock.actors.conversation.compiled import Found
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.namespaces import MAX_NAMESPACES, TooManyNamespaces, check_name
from websocket_mock.actors.values.ports import Clock, SystemClock

IDLE_SECONDS = 1800.0
"""The seconds after which an unused namespace is removed."""


class MockLibrary:
    """Holds the namespaces. A namespace is made when it is first used and removed when it is idle.

    A namespace is idle if it has had no clients and nothing has used it for `idle_seconds`. It is
    removed, with all that belongs to it, at the next use of the library.

    Args:
        clock: the clock for idle namespaces and for the ends of faults.
        idle_seconds: the seconds after which an unused namespace is idle.
        on_expired: called with the name of each idle namespace that is removed; must not block.
    """

    def __init__(
        self,
        clock: Clock = SystemClock(),  # noqa: B008 - it has no state
        idle_seconds: float = IDLE_SECONDS,
        on_expired: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.default = Namespace(None, self._tell_of_faults)
        """What is outside all namespaces; it never expires."""
        self.clock = clock
        self.on_faults_changed: Callable[[str | None], object] = lambda _: None
        """Called with the name of a namespace when the faults of its connections may have changed.

        It may be called on any thread and must not block.
        """
        self._idle_seconds = idle_seconds
        self._on_expired = on_expired
        self._by_name: OrderedDict[str, Namespace] = OrderedDict()
        """The least recently used comes first, so a search for idle ones can stop early."""
        self._mutex = threading.Lock()

    def use(self, name: str | None) -> Namespace:
        """Return a namespace; make it if it does not exist.

        Raises:
            BadNamespace: the name is not valid.
            TooManyNamespaces: it does not exist, and there are too many to make it.
        """
        if name is None and not self._by_name:
            # Nothing can expire. This is the case at each handshake of most servers.
            return self.default
        with self._expiring():
            return self._use(name)

    def find(self, name: str | None) -> Namespace | None:
        """Return a namespace, or None if it does not exist. This does not count as use."""
        if not self._by_name:
            return self.default if name is None else None
        with self._expiring():
            return self.default if name is None else self._by_name.get(name)

    def names(self) -> list[str]:
        """Return the names of all namespaces, sorted."""
        with self._expiring():
            return sorted(self._by_name)

    def remove(self, name: str) -> None:
        """Remove a namespace with all that belongs to it. Its clients are no longer answered."""
        with self._mutex:
            namespace = self._by_name.pop(name, None)
        if namespace is not None:
            namespace.forget()

    def enter(self, namespace: Namespace) -> Namespace:
        """Count a client of a namespace until it leaves; return the client's namespace.

        This is another object if the namespace was removed and made again since the handshake.
        """
        with self._mutex:
            present = namespace
            if namespace.name is not None:
                present = self._by_name.setdefault(namespace.name, namespace)
            present.users += 1
            self._touch(present)
            return present

    def leave(self, namespace: Namespace) -> None:
        """Stop counting a client that has left."""
        with self._mutex:
            namespace.users -= 1
            self._touch(namespace)

    @contextmanager
    def holding(self, name: str | None) -> Iterator[Namespace]:
        """Use a namespace in a `with` block, in which it does not expire.

        Raises:
            BadNamespace: the name is not valid.
            TooManyNamespaces: it does not exist, and there are too many to make it.
        """
        namespace = self.enter(self.use(name))
        try:
            yield namespace
        finally:
            self.leave(namespace)

    def _use(self, name: str | None) -> Namespace:
        if name is None:
            return self.default
        namespace = self._by_name.get(name)
        if namespace is None:
            check_name(name)
            if len(self._by_name) >= MAX_NAMESPACES:
                raise TooManyNamespaces(
                    f"there are {MAX_NAMESPACES:,} namespaces, which is the limit: remove one, "
                    "or wait until one expires"
                )
            namespace = self._by_name[name] = Namespace(name, self._tell_of_faults)
        self._touch(namespace)
        return namespace

    def _tell_of_faults(self, name: str | None) -> None:
        self.on_faults_changed(name)

    def _touch(self, namespace: Namespace) -> None:
        namespace.last_used = self.clock.monotonic()
        if namespace.name is not None and self._by_name.get(namespace.name) is namespace:
            self._by_name.move_to_end(namespace.name)

    @contextmanager
    def _expiring(self) -> Iterator[None]:
        """Take out all idle namespaces and hold the mutex; clear them after it is released.

        The callbacks run without the mutex, because they may use the library.
        """
        expired: list[tuple[str, Namespace]] = []
        try:
            with self._mutex:
                expired = self._take_expired()
                yield
        finally:
            for name, namespace in expired:
                namespace.forget()
                self._on_expired(name)

    def _take_expired(self) -> list[tuple[str, Namespace]]:
        expired: list[tuple[str, Namespace]] = []
        now = self.clock.monotonic()
        while self._by_name:
            name, oldest = next(iter(self._by_name.items()))
            if now - oldest.last_used < self._idle_seconds:
                break
            if oldest.users:
                self._touch(oldest)
                continue
            del self._by_name[name]
            expired.append((name, oldest))
        return expired


def client_key(found: Found, request: HandshakeRequest) -> str:
    """Return the key that identifies the logical client of a request to an endpoint."""
    key = found.endpoint.client_key
    value: str | None = None
    if key is None:
        return request.remote_address
    if key.path is not None:
        value = found.captures.get(key.path)
    elif key.query is not None:
        value = request.query.get(key.query)
    elif key.header is not None:
        value = request.headers.get(key.header.lower())
    elif key.cookie is not None:
        value = request.cookies.get(key.cookie)
    return request.remote_address if value is None else value
