"""The http application of the control plane: its routes, and its lifespan."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ExceptionHandler

from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.answers import error_answer
from websocket_mock.mcp_bridge.web.api import api_routes
from websocket_mock.mcp_bridge.web.authority import authority_routes
from websocket_mock.mcp_bridge.web.events import event_routes
from websocket_mock.mcp_bridge.web.health import health_routes
from websocket_mock.mcp_bridge.web.metrics import metrics_routes
from websocket_mock.mcp_bridge.web.openapi import openapi_routes
from websocket_mock.mcp_bridge.web.page import page_routes


def control_routes(state: BridgeState) -> list[BaseRoute]:
    """Return all routes except that of MCP."""
    return [
        *page_routes(),
        *api_routes(state),
        *openapi_routes(state.identity),
        *health_routes(state),
        *event_routes(state),
        *metrics_routes(state),
        *authority_routes(state),
    ]


def control_app(state: BridgeState) -> Starlette:
    """Return the application without MCP. Its lifespan runs what the tools use."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with state.running():
            yield

    return Starlette(
        routes=control_routes(state), lifespan=lifespan, exception_handlers=EXCEPTION_HANDLERS
    )


async def _told_as_json(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = error.detail
    if error.status_code == HTTPStatus.NOT_FOUND:
        told = f"There is nothing at {request.scope['path']}. /openapi.json lists what there is."
    return error_answer(error.status_code, told, error.headers)


EXCEPTION_HANDLERS: Mapping[type[HTTPException], ExceptionHandler] = {HTTPException: _told_as_json}
"""Tells unknown paths and methods in the form of our other errors."""
