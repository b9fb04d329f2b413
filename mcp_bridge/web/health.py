"""`GET /health`: whether all parts of the server answer."""

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from websocket_mock.mcp_bridge.service.status import HealthModel
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.answers import result_answer


def health_routes(state: BridgeState) -> list[Route]:
    """Return the route of the health check."""

    async def health(_: Request) -> Response:
        report = await anyio.to_thread.run_sync(_check, state)
        return result_answer(report, 200 if report.healthy else 503)

    return [Route("/health", health)]


def _check(state: BridgeState) -> HealthModel:
    if not state.is_open:
        return HealthModel(healthy=False, checks=[])
    return HealthModel.of(state.gateway.health())
