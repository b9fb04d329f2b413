"""The MCP server and other ASGI apps over http, inside this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastmcp import FastMCP
from starlette.types import ASGIApp

from tests.helpers.wait import PATIENCE, eventually


@contextmanager
def serving_http(mcp: FastMCP) -> Iterator[int]:
    """Serve on a free port of the loopback address; yield the port."""
    with serving_app(mcp.http_app(host_origin_protection="auto")) as port:
        yield port


@contextmanager
def serving_app(app: ASGIApp) -> Iterator[int]:
    """Serve on a free port of the loopback address; yield the port."""
    config = uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="http-bridge")
    thread.start()
    try:
        yield eventually(
            lambda: server.servers[0].sockets[0].getsockname()[1] if server.started else 0
        )
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
