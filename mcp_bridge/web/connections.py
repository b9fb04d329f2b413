"""The http connections of uvicorn, for streams that the server itself must be able to end.

Uvicorn offers no way to do this: its stop waits for open streams, and it keeps what a client does
not read for as long as the client likes.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

STOP_GRACE = 0.5
"""Seconds that a stream may take to end when the server stops. Then it is cut."""

_KEY = "http_connection"


class HttpConnection(H11Protocol):
    """An http connection that a stream can cut, and that tells its stream when the server stops.

    Only for the event loop's thread. An application finds it with `connection_of`.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, _KEY: self}, _loop)
        self._on_stop: Callable[[], object] | None = None
        self._is_stopping = False

    @contextmanager
    def streaming(self, on_stop: Callable[[], object]) -> Iterator[None]:
        """Stream in the `with` block. `on_stop` is called when the server stops."""
        self._on_stop = on_stop
        if self._is_stopping:
            self._end_stream()
        try:
            yield
        finally:
            self._on_stop = None

    def cut(self) -> None:
        """Reset the connection. What was not sent yet is lost. Idempotent."""
        self.transport.abort()

    def shutdown(self) -> None:
        """Begin to end, because the server stops. Only uvicorn calls this."""
        self._is_stopping = True
        super().shutdown()
        self._end_stream()

    def _end_stream(self) -> None:
        if self._on_stop is not None:
            self._on_stop()
            self.loop.call_later(STOP_GRACE, self.cut)


def connection_of(scope: Scope) -> HttpConnection | None:
    """Return the connection of a request; None if another kind of server serves it."""
    connection = scope.get("state", {}).get(_KEY)
    return connection if isinstance(connection, HttpConnection) else None
