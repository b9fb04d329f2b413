"""Routes of the control plane over real http, inside this process."""

import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from tests.helpers.bridge import IDENTITY
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.guard import Access, guarded
from websocket_mock.mcp_bridge.web.serving import make_server

RouteMaker = Callable[[BridgeState], Sequence[BaseRoute]]


class WebServer:
    """A server on a free port of the loopback address."""

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.run, name="web-under-test")
        self._thread.start()
        eventually(lambda: server.started)
        self.port: int = server.servers[0].sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        scheme = "https" if self._server.config.is_ssl else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """The open http connections."""
        return len(self._server.server_state.connections)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@contextmanager
def serving_routes(
    gateway: Gateway,
    *makers: RouteMaker,
    access: Access | None = None,
    port: int = 0,
    context: ssl.SSLContext | None = None,
) -> Iterator[WebServer]:
    """Serve routes over a gateway that runs already.

    Args:
        gateway: what the routes work with.
        makers: make the routes.
        access: who may come in; None: everybody, without the guard.
        port: 0 means a free one.
        context: how they are served over https; None: over http.
    """

    @contextmanager
    def host() -> Iterator[Gateway]:
        yield gateway

    state = BridgeState(IDENTITY, host)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with state.running():
            yield

    routes = [route for make in makers for route in make(state)]
    app: ASGIApp = Starlette(routes=routes, lifespan=lifespan)
    server = make_server(app if access is None else guarded(app, access), context)
    server.config.port = port
    web = WebServer(server)
    try:
        yield web
    finally:
        web.stop()
