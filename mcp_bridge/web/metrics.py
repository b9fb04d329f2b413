"""`GET /metrics`: the numbers of the server for Prometheus."""

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from websocket_mock.mcp_bridge.per_loop import PerLoop
from websocket_mock.mcp_bridge.service.errors import ServiceError
from websocket_mock.mcp_bridge.service.metrics import expose
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.answers import refusal

MAX_SCRAPES = 2
"""The most scrapes at a time; more of them queue, so that they take no threads from the tools."""

HEADERS = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"}

_limiter = PerLoop("limiter of the scrapes", lambda: anyio.CapacityLimiter(MAX_SCRAPES))


def metrics_routes(state: BridgeState) -> list[Route]:
    """Return the route of the metrics."""

    async def metrics(_: Request) -> Response:
        try:
            text = await anyio.to_thread.run_sync(
                expose, state.gateway, state.identity.version, limiter=_limiter.get()
            )
        except ServiceError as error:
            return refusal(error)
        return Response(text, headers=HEADERS)

    return [Route("/metrics", metrics)]
