"""Runs the http application with uvicorn: on the main thread, or on a thread of its own."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from websocket_mock.mcp_bridge.web.connections import HttpConnection

GRACE = 2
"""Seconds that requests may take to end when the server stops."""

KEEP_ALIVE = 60
"""Seconds that an idle connection stays open."""

MAX_CONNECTIONS = 1000
"""The most open connections. uvicorn answers further requests with 503."""

UVICORN_OPTIONS: Mapping[str, Any] = {
    "http": HttpConnection,
    # Test clients keep connections open between tests.
    "timeout_keep_alive": KEEP_ALIVE,
    "limit_concurrency": MAX_CONNECTIONS,
    # Whoever connects may not say that the request came from elsewhere, or over https.
    "proxy_headers": False,
}

STOP_TIMEOUT = 5.0
"""Seconds that the thread of a server may take to end."""


def tls_options(context: ssl.SSLContext | None) -> Mapping[str, Any]:
    """Return the options of uvicorn for https; without a context there are none."""
    return {} if context is None else {"ssl_context_factory": lambda *_: context}


def make_server(app: ASGIApp, context: ssl.SSLContext | None = None) -> uvicorn.Server:
    """Return a server for an application. It writes no log of its own.

    Args:
        app: the application.
        context: how it is served over https; None: over http.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=GRACE,
        **UVICORN_OPTIONS,
        **tls_options(context),
    )
    return uvicorn.Server(config)


@contextmanager
def serving_on_thread(
    app: ASGIApp, sockets: Sequence[socket.socket], url: str, context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve on a thread, `control-http`, for as long as the block runs; yield the URL.

    Args:
        app: the application.
        sockets: listening sockets. They must come from `getaddrinfo`: asyncio sets TCP_NODELAY
            only on sockets with the protocol number of TCP.
        url: where they listen.
        context: how it is served over https; None: over http.
    """
    server = make_server(app, context)
    thread = threading.Thread(
        target=server.run, args=(list(sockets),), name="control-http", daemon=True
    )
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(STOP_TIMEOUT)
