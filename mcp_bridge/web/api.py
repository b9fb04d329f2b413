"""The tools over REST: `POST /api/TOOL`, and `GET /api/TOOL` for those that only read."""

from collections.abc import Mapping
from typing import Any

import orjson
from loguru import logger
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from websocket_mock.mcp_bridge.calls import call_tool
from websocket_mock.mcp_bridge.service.errors import ServiceError
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.tools.catalogue import find_tool
from websocket_mock.mcp_bridge.tools.parameters import read_json_text
from websocket_mock.mcp_bridge.tools.schemas import brief_input
from websocket_mock.mcp_bridge.tools.tool import Effect, Tool
from websocket_mock.mcp_bridge.web.answers import error_answer, refusal, result_answer

NOT_AN_OBJECT = "Send the arguments as one JSON object, such as {}."


def api_routes(state: BridgeState) -> list[Route]:
    """Return the routes of the tools."""

    async def call(request: Request) -> Response:
        try:
            tool = find_tool(request.path_params["tool"])
        except ServiceError as error:
            return refusal(error)
        if request.method == "POST":
            arguments = _read_body(await request.body())
            if arguments is None:
                return error_answer(400, NOT_AN_OBJECT)
        elif tool.effect is Effect.READS:
            arguments = _read_query(tool, request)
        else:
            return error_answer(405, f"{tool.name} changes something: use POST.", {"Allow": "POST"})
        return await _answer(state, tool, arguments, request)

    return [Route("/api/{tool}", call, methods=["GET", "POST"])]


async def _answer(
    state: BridgeState, tool: Tool, arguments: Mapping[str, Any], request: Request
) -> Response:
    try:
        return result_answer(await call_tool(state, tool, arguments, request.is_disconnected))
    except ServiceError as error:
        return refusal(error)
    except Exception:  # noqa: BLE001 - a caller must see nothing of the inside
        logger.exception("{} failed", tool.name)
        return error_answer(500, f"{tool.name} failed; the log of the server says why.")


def _read_body(body: bytes) -> dict[str, Any] | None:
    """Return the arguments in a body; an empty one has none. None: it is no JSON object."""
    try:
        arguments = orjson.loads(body) if body.strip() else {}
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None


def _read_query(tool: Tool, request: Request) -> dict[str, Any]:
    """Return the arguments in a query. A list is JSON, or a name for each item."""
    properties = brief_input(tool)["properties"]
    arguments: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        is_list = properties.get(name, {}).get("type") == "array"
        if len(values) > 1 or (is_list and not isinstance(read_json_text(values[0]), list)):
            arguments[name] = values
        else:
            arguments[name] = values[0]
    return arguments
