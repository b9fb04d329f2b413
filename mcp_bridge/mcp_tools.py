"""The tools as MCP clients see them: short schemas, annotations, and errors as tool errors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio.from_thread
from fastmcp import Context
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_context, get_http_request
from fastmcp.tools import Tool as FastMCPTool
from fastmcp.tools import ToolResult
from mcp_types import Tool as McpTool
from mcp_types import ToolAnnotations
from pydantic import PrivateAttr

from websocket_mock.mcp_bridge.calls import HasLeft, call_tool
from websocket_mock.mcp_bridge.service.errors import ServiceError
from websocket_mock.mcp_bridge.service.gateway import ProgressCallback
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.mcp_bridge.tools.schemas import brief_input, whole_output
from websocket_mock.mcp_bridge.tools.tool import Effect, Tool

SHORT_OUTPUT = 500
"""The longest schema of a result that is listed, in characters of JSON."""

PROGRESS_STEPS = 20

# All four hints are set: the defaults do not fit.
ANNOTATIONS = {
    Effect.READS: ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    Effect.SENDS: ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
    ),
    Effect.CHANGES: ToolAnnotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
    ),
}


class ServedTool(FastMCPTool):
    """A tool of the catalogue as a tool of FastMCP. Our own code checks the arguments."""

    _tool: Tool = PrivateAttr()
    _state: BridgeState = PrivateAttr()

    @classmethod
    def of(cls, tool: Tool, state: BridgeState) -> "ServedTool":
        """Return the MCP form of a tool."""
        output = whole_output(tool)
        is_short = len(json.dumps(output, separators=(",", ":"))) <= SHORT_OUTPUT
        served = cls(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            parameters=brief_input(tool),
            output_schema=output if is_short else None,
            annotations=ANNOTATIONS[tool.effect],
        )
        served._tool, served._state = tool, state
        return served

    def to_mcp_tool(self, **overrides: Any) -> McpTool:  # noqa: ANN401 - passed on
        """Return the tool as it is listed, without FastMCP's list of tags, which is empty."""
        return super().to_mcp_tool(**{"_meta": None, **overrides})

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """Call the tool.

        Raises:
            ToolError: it refused the call, or could not answer.
        """
        with translated():
            try:
                result = await call_tool(
                    self._state, self._tool, arguments, _has_left(), _progress(get_context())
                )
            except ServiceError as error:
                if error.result is None:
                    raise
                return ToolResult(str(error), error.result, is_error=True)
        return ToolResult(structured_content=result)


def served_tools(state: BridgeState) -> list[FastMCPTool]:
    """Return all tools as FastMCP serves them."""
    return [ServedTool.of(tool, state) for tool in TOOLS.values()]


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the service into tool errors with the same text.

    Raises:
        ToolError: the service refused the call, or could not answer.
    """
    try:
        yield
    except ServiceError as error:
        raise ToolError(str(error)) from error


def _has_left() -> HasLeft | None:
    """Return how to tell that the caller's http connection has ended; None: there is none.

    In MCP's protocol with sessions a request goes on without its connection. The one without
    sessions cancels the request.
    """
    try:
        return get_http_request().is_disconnected
    except RuntimeError:
        return None


def _progress(context: Context) -> ProgressCallback:
    def report(done: int, total: int) -> None:
        if done == total or done % max(1, total // PROGRESS_STEPS) == 0:
            anyio.from_thread.run(context.report_progress, done, total)

    return report
