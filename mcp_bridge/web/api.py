"""The tools over REST: `POST /api/TOOL`, and `GET /api/TOOL` for those that only read."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from loguru import logger
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from websocket_mock.actors.values.codec import decode
from websocket_mock.mcp_bridge.calls import call_tool
from websocket_mock.mcp_bridge.service.errors import ServiceError
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS, find_tool
from websocket_mock.mcp_bridge.tools.parameters import read_json_text
from websocket_mock.mcp_bridge.tools.tool import Effect, Tool
from websocket_mock.mcp_bridge.web.answers import error_answer, refusal, result_answer

WANTED = "Send the arguments as one JSON object, such as {}."


def api_routes(state: BridgeState) -> list[Route]:
    """Return the routes of the tools."""
    api = _Api(state)
    return [Route("/api", api), Route("/api/{tool:path}", api)]


class _Api:
    """Answers for every path and method below /api, so that it can say which ones there are."""

    def __init__(self, state: BridgeState) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._handle(Request(scope, receive, send))
        except ClientDisconnect:
            return  # in the middle of the body: nobody is left to be answered
        await response(scope, receive, send)

    async def _handle(self, request: Request) -> Response:
        try:
            tool = find_tool(request.path_params.get("tool", ""))
        except ServiceError as error:
            return refusal(error)
        arguments = await _read_arguments(tool, request)
        if isinstance(arguments, Response):
            return arguments
        try:
            has_left = request.is_disconnected
            return result_answer(await call_tool(self._state, tool, arguments, has_left))
        except ServiceError as error:
            return refusal(error)
        except Exception:  # noqa: BLE001 - a caller must see nothing of the inside
            logger.exception("{} failed", tool.name)
            return error_answer(500, f"{tool.name} failed; the log of the server says why.")


async def _read_arguments(tool: Tool, request: Request) -> dict[str, Any] | Response:
    """Return the arguments of a call, or why there are none."""
    if request.method == "POST":
        return _read_body(await request.body())
    if tool.effect is not Effect.READS:
        text = f"{tool.name} changes something: use POST, not {request.method}."
        return error_answer(405, text, {"Allow": "POST"})
    if request.method not in ("GET", "HEAD"):
        text = f"{tool.name} takes POST or GET, not {request.method}."
        return error_answer(405, text, {"Allow": "GET, HEAD, POST"})
    return _read_query(tool, request)


def _read_body(body: bytes) -> dict[str, Any] | Response:
    """Return the arguments in a body; an empty one has none."""
    if not body.strip():
        return {}
    try:
        arguments = decode(body.decode())
    except UnicodeDecodeError as error:
        return error_answer(400, f"The body is not UTF-8, see byte {error.start}. {WANTED}")
    except ValueError as error:
        return error_answer(400, f"The body is not JSON: {error}. {WANTED}")
    if isinstance(arguments, dict):
        return arguments
    return error_answer(400, f"The body is not a JSON object. {WANTED}")


def _read_query(tool: Tool, request: Request) -> dict[str, Any]:
    """Return the arguments in a query. A list is JSON, or its name is given for each item."""
    types = _types(tool.name)
    arguments: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        alone = len(values) == 1
        arguments[name] = _read_value(values[0], types.get(name, ())) if alone else values
    return arguments


def _read_value(text: str, types: Collection[str]) -> object:
    value = read_json_text(text)
    if "array" in types:
        return value if isinstance(value, list) else [text]
    if "string" in types and "number" in types and type(value) in (int, float):
        return value
    return text


@cache
def _types(tool_name: str) -> Mapping[str, Collection[str]]:
    """Return the JSON types that each argument of a tool may have."""
    schema = TOOLS[tool_name].arguments.model_json_schema()
    return {
        name: {str(one.get("type")) for one in whole.get("anyOf", [whole])}
        for name, whole in schema.get("properties", {}).items()
    }
