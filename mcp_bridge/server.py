"""Makes the MCP server: tools, resources, and the lifespan of everything they use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import fastmcp
from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.http import StarletteWithLifespan
from fastmcp.tools import Tool as FastMCPTool
from fastmcp.tools import ToolResult
from fastmcp.utilities.versions import VersionSpec
from starlette.routing import Mount, Route

from websocket_mock.mcp_bridge.mcp_tools import served_tools, translated
from websocket_mock.mcp_bridge.resources import GETTING_STARTED, add_resources
from websocket_mock.mcp_bridge.service.status import Identity
from websocket_mock.mcp_bridge.state import BridgeState, HostRuntime
from websocket_mock.mcp_bridge.tools.catalogue import find_tool
from websocket_mock.mcp_bridge.web.app import EXCEPTION_HANDLERS, control_routes
from websocket_mock.mcp_bridge.web.exposure import check_exposure
from websocket_mock.mcp_bridge.web.guard import Access, Guard
from websocket_mock.mcp_bridge.web.serving import UVICORN_OPTIONS
from websocket_mock.mcp_bridge.web.token import Token


class OneToken(TokenVerifier):
    """Accepts one bearer token, which is set at the start."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = Token(token)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the access of the right token, or None."""
        # Headers come as latin-1, whatever the client has encoded.
        forms = (token.encode(), token.encode("latin-1", "replace"))
        if not any(map(self._token.is_same, forms)):
            return None
        return AccessToken(token=token, client_id="mcp-client", scopes=[])


class ControlServer(FastMCP):
    """A FastMCP server that, over http, serves the whole control plane."""

    def __init__(self, state: BridgeState, token: str | None) -> None:
        @asynccontextmanager
        async def lifespan(_: FastMCP) -> AsyncIterator[None]:
            # No await on the way out: on SIGINT over http the first one would be cancelled.
            with state.running():
                yield

        identity = state.identity
        super().__init__(
            identity.name,
            instructions=f"{identity.description}\n\n{GETTING_STARTED}",
            version=identity.version,
            lifespan=lifespan,
            auth=None if token is None else OneToken(token),
            mask_error_details=True,
        )
        self._state = state
        self._token = token
        self._served = {one.name: one for one in served_tools(state)}
        for tool in self._served.values():
            self.add_tool(tool)
        self._host = fastmcp.settings.host

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        *,
        version: VersionSpec | None = None,
        run_middleware: bool = False,
    ) -> ToolResult:
        """Call a tool. If there is none of the name, the error says which was probably meant.

        Raises:
            ToolError: there is no such tool, it refused the call, or it could not answer.
        """
        with translated():
            find_tool(name)
        # No middleware looks at calls. Its chain, and the search of `get_tool` through all
        # providers, took a fifth of the time of a call.
        return await super().call_tool(
            name, arguments, version=version, run_middleware=run_middleware
        )

    async def get_tool(self, name: str, version: VersionSpec | None = None) -> FastMCPTool | None:
        """Return a tool, or None if there is none of the name."""
        if version is None and name in self._served:
            return self._served[name]
        return await super().get_tool(name, version)

    def http_app(self, *args: Any, **kwargs: Any) -> StarletteWithLifespan:  # noqa: ANN401 - passed on
        """Return the http application: REST and what belongs to it, and MCP."""
        # Our own guard stands before it.
        kwargs["host_origin_protection"] = False
        mcp = super().http_app(*args, **kwargs)

        @asynccontextmanager
        async def lifespan(_: StarletteWithLifespan) -> AsyncIterator[None]:
            async with mcp.lifespan(mcp):
                yield

        app = StarletteWithLifespan(
            routes=[*_routes_to(mcp), *control_routes(self._state)],
            lifespan=lifespan,
            exception_handlers=EXCEPTION_HANDLERS,
        )
        app.state.path = mcp.state.path
        access = Access(self._host, self._token, mcp_path=app.state.path)
        app.add_middleware(Guard, access=access)
        return app

    async def run_http_async(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        """Serve over http until a signal.

        Raises:
            PublicWithoutToken: the host is not a loopback address and there is no token.
        """
        self._host = kwargs.get("host") or fastmcp.settings.host
        check_exposure(self._host, has_token=bool(self.auth))
        kwargs["uvicorn_config"] = {**UVICORN_OPTIONS, **(kwargs.get("uvicorn_config") or {})}
        await super().run_http_async(*args, **kwargs)


def _routes_to(app: StarletteWithLifespan) -> list[Route]:
    """Return a route to an application for each path that it has."""
    # Not a mount at the root, which would answer unknown paths in its own way.
    return [
        Route(f"{one.path}/{{rest:path}}" if isinstance(one, Mount) else one.path, app)
        for one in app.routes
        if isinstance(one, Mount | Route)
    ]


def create_server(
    identity: Identity, host_runtime: HostRuntime, token: str | None = None
) -> FastMCP:
    """Return an MCP server whose lifespan runs `host_runtime`.

    Args:
        identity: how the server introduces itself.
        host_runtime: starts and stops what the tools use; entered once per lifespan.
        token: the bearer token that http clients must send; None: they need none.
    """
    state = BridgeState(identity, host_runtime)
    mcp = ControlServer(state, token)
    add_resources(mcp, state)
    return mcp
