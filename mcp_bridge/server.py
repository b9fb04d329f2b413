"""Makes the MCP server: tools, resources, health, and the lifespan of everything they use."""

import hmac
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import fastmcp
from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken, TokenVerifier
from starlette.requests import Request
from starlette.responses import JSONResponse

from websocket_mock.mcp_bridge.bad_arguments import PlainBadArguments
from websocket_mock.mcp_bridge.resources import GETTING_STARTED, add_resources
from websocket_mock.mcp_bridge.service.status import HealthModel, Identity
from websocket_mock.mcp_bridge.state import BridgeState, HostRuntime
from websocket_mock.mcp_bridge.tools.clients import add_client_tools
from websocket_mock.mcp_bridge.tools.faults import add_fault_tools
from websocket_mock.mcp_bridge.tools.mocks import add_mock_tools
from websocket_mock.mcp_bridge.tools.traffic import add_traffic_tools


class OneToken(TokenVerifier):
    """Accepts one bearer token, which is set at the start."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the access of the right token, or None. Takes the same time for every token."""
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token=token, client_id="mcp-client", scopes=[])


class PublicWithoutToken(Exception):
    """Raised when the server would listen beyond loopback without a token."""


class GuardedServer(FastMCP):
    """A FastMCP server that over http is closed to web pages, and to others without a token.

    By default, FastMCP does not check Host and Origin.
    """

    async def run_http_async(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        """Serve over http with the guard on.

        Raises:
            PublicWithoutToken: the host is not a loopback address and there is no token.
        """
        check_exposure(kwargs.get("host") or fastmcp.settings.host, has_token=bool(self.auth))
        if kwargs.get("host_origin_protection") is None:
            kwargs["host_origin_protection"] = "auto"
        await super().run_http_async(*args, **kwargs)


def check_exposure(host: str, *, has_token: bool) -> None:
    """Check that other machines need a token.

    Raises:
        PublicWithoutToken: they would; the text says what to do.
    """
    if not has_token and not is_loopback(host):
        raise PublicWithoutToken(
            f"MCP on {host} is reachable from other machines: "
            "give a token with --token or MCP_TOKEN, or use --host localhost"
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address is reachable from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def create_server(
    identity: Identity, host_runtime: HostRuntime, token: str | None = None
) -> FastMCP:
    """Return an MCP server whose lifespan runs `host_runtime`.

    Args:
        identity: how the server introduces itself.
        host_runtime: starts and stops what the tools use; entered once per lifespan.
        token: the bearer token that http clients must send; None: they need none.
    """
    state = BridgeState(identity)

    @asynccontextmanager
    async def lifespan(_: FastMCP) -> AsyncIterator[None]:
        # No await on the way out: on SIGINT over http the first one would be cancelled.
        with host_runtime() as gateway:
            state.open(gateway)
            try:
                yield
            finally:
                state.close()

    mcp = GuardedServer(
        identity.name,
        instructions=f"{identity.description}\n\n{GETTING_STARTED}",
        version=identity.version,
        lifespan=lifespan,
        auth=None if token is None else OneToken(token),
        mask_error_details=True,
    )
    mcp.add_middleware(PlainBadArguments())
    add_client_tools(mcp, state)
    add_mock_tools(mcp, state)
    add_fault_tools(mcp, state)
    add_traffic_tools(mcp, state)
    add_resources(mcp, state)
    _add_health(mcp, state)
    return mcp


def _add_health(mcp: FastMCP, state: BridgeState) -> None:
    @mcp.custom_route("/health", methods=["GET"])
    async def health(_: Request) -> JSONResponse:
        report = await anyio.to_thread.run_sync(_check, state)
        return JSONResponse(report.model_dump(), status_code=200 if report.healthy else 503)


def _check(state: BridgeState) -> HealthModel:
    if not state.is_open:
        return HealthModel(healthy=False, checks=[])
    return HealthModel.of(state.gateway.health())
