"""The http connections of uvicorn, with the limits of time that it does not have.

Uvicorn's stop waits for open streams, it keeps what a client does not read for as long as the
client likes, and it waits for ever for the head of a request.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import h11
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

STOP_GRACE = 0.5
"""Seconds that a stream may take to end when the server stops. Then it is cut."""

HEAD_TIMEOUT = 10.0
"""Seconds in which the head of a request must be complete, counted from the connection on, or from
the first byte of a later request."""

_KEY = "http_connection"

_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class HttpConnection(H11Protocol):
    """An http connection that a stream can cut, and that tells its stream when the server stops.

    It closes if the head of a request is not complete within `HEAD_TIMEOUT`.

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
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and wait for the first request. Only the event loop calls this."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self._end_without_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """End. Only the event loop calls this."""
        self._stop_head_timer()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle what has been received. Only uvicorn calls this."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop_head_timer()
        elif self._head_timer is None and self._has_part_of_head:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self._end_without_head)

    @property
    def _has_part_of_head(self) -> bool:
        return bool(self.conn.trailing_data[0])

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end_without_head(self) -> None:
        if self._has_part_of_head:
            self.transport.write(_TOO_LATE)
        self.transport.close()

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
        if self.scheme == "https" and self.transport.is_closing():
            # TLS waits for the answer to its end. A client that is idle does not give one.
            self.loop.call_later(STOP_GRACE, self.cut)

    def _end_stream(self) -> None:
        if self._on_stop is not None:
            self._on_stop()
            self.loop.call_later(STOP_GRACE, self.cut)


def connection_of(scope: Scope) -> HttpConnection | None:
    """Return the connection of a request; None if another kind of server serves it."""
    connection = scope.get("state", {}).get(_KEY)
    return connection if isinstance(connection, HttpConnection) else None
