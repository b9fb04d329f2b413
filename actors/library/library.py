"""The mocks that are in force, by namespace. Any thread."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.namespaces import MAX_NAMESPACES, TooManyNamespaces, check_name
from websocket_mock.actors.values.ports import Clock, SystemClock

IDLE_SECONDS = 1800.0
"""Seconds after which a namespace that nobody uses is forgotten."""


class MockLibrary:
    """Holds the namespaces: each comes with its first use and goes when it is idle.

    Idle is one without a client for some seconds in which nothing has named it. It is forgotten,
    with all that hangs on it, when the library is used next.

    Args:
        clock: tells how long nobody has used a namespace, and when faults are over.
        idle_seconds: how long that may be.
        on_expired: told the name of each namespace that is forgotten; must not block.
    """

    def __init__(
        self,
        clock: Clock = SystemClock(),  # noqa: B008 - it has no state
        idle_seconds: float = IDLE_SECONDS,
        on_expired: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.default = Namespace(None, self._tell_of_faults)
        """What is outside of any namespace; it never expires."""
        self.clock = clock
        self.on_faults_changed: Callable[[str | None], object] = lambda _: None
        """Told, on any thread, whose open connections may have other faults; must not block."""
        self._idle_seconds = idle_seconds
        self._on_expired = on_expired
        self._by_name: OrderedDict[str, Namespace] = OrderedDict()
        """The one used longest ago comes first, so that only stale ones are ever looked at."""
        self._mutex = threading.Lock()

    def use(self, name: str | None) -> Namespace:
        """Return a namespace, made anew where there is none of the name.

        Raises:
            BadNamespace: no namespace can have the name.
            TooManyNamespaces: there are too many to make one more.
        """
        with self._expiring():
            return self._use(name)

    def find(self, name: str | None) -> Namespace | None:
        """Return a namespace, if there is one of the name. It is not used by that."""
        with self._expiring():
            return self.default if name is None else self._by_name.get(name)

    def names(self) -> list[str]:
        """Return the names of the namespaces there are, sorted."""
        with self._expiring():
            return sorted(self._by_name)

    def remove(self, name: str) -> None:
        """Forget a namespace, with all that hangs on it; its clients are no longer answered."""
        with self._mutex:
            namespace = self._by_name.pop(name, None)
        if namespace is not None:
            namespace.forget()

    def enter(self, namespace: Namespace) -> Namespace:
        """Count a client in until it leaves; return where it is.

        That is another object where the namespace has been forgotten since the handshake, and
        made anew.
        """
        with self._mutex:
            present = namespace
            if namespace.name is not None:
                present = self._by_name.setdefault(namespace.name, namespace)
            present.users += 1
            self._touch(present)
            return present

    def leave(self, namespace: Namespace) -> None:
        """Count a client out."""
        with self._mutex:
            namespace.users -= 1
            self._touch(namespace)

    @contextmanager
    def holding(self, name: str | None) -> Iterator[Namespace]:
        """Use a namespace for a while, in which it does not expire.

        Raises:
            BadNamespace: no namespace can have the name.
            TooManyNamespaces: there are too many to make one more.
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
        """Hold the mutex, with all idle namespaces taken out; forget them when it is released.

        The callbacks of their end run without the mutex: they may use the library again.
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
