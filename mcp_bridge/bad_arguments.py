"""The errors about tool arguments, in our words instead of the validator's."""

from collections.abc import Mapping
from typing import Any, get_type_hints

import pydantic
from fastmcp.exceptions import ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from fastmcp.tools.function_tool import FunctionTool
from mcp_types import CallToolRequestParams

from websocket_mock.actors.documents.problems import problems_of
from websocket_mock.mcp_bridge.parameters import read_json_text


class PlainBadArguments(Middleware):
    """Says where an argument is wrong, what is allowed there, and what was probably meant."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Call a tool.

        Raises:
            ToolError: its arguments cannot be used.
        """
        try:
            return await call_next(context)
        except ValidationError as error:
            cause, server = error.__cause__, context.fastmcp_context
            if not isinstance(cause, pydantic.ValidationError) or server is None:
                raise
            tool = await server.fastmcp.get_tool(context.message.name)
            if not isinstance(tool, FunctionTool):
                raise
            raise ToolError(_explain(cause, tool, context.message.arguments or {})) from error


def _explain(
    error: pydantic.ValidationError, tool: FunctionTool, arguments: Mapping[str, Any]
) -> str:
    hints = get_type_hints(tool.fn, include_extras=True)
    types = {name: hints.get(name) for name in tool.parameters.get("properties", ())}
    # Some clients send an object as JSON text.
    given = {name: read_json_text(value) for name, value in arguments.items()}
    return "\n".join(map(str, problems_of(error, given, types)))
