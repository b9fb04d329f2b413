"""The MCP tool that lets things go wrong. Sync, so FastMCP runs it on a worker thread."""

from typing import Annotated, Any, Literal

from fastmcp import FastMCP
from pydantic import Field

from websocket_mock.actors.faults.registry import KINDS
from websocket_mock.mcp_bridge.annotations import CHANGES
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.parameters import InNamespace
from websocket_mock.mcp_bridge.service.faults import FaultsResult, set_faults
from websocket_mock.mcp_bridge.state import BridgeState

Definitions = Annotated[
    list[dict[str, Any] | str],
    Field(
        description=f"each with one kind ({', '.join(KINDS)}), and what you need of name, "
        "endpoint, group, client, direction, frames, probability, match, attempt, after, duration; "
        "a kind alone, such as drop, is short for {kind: {}}",
    ),
]
Cleared = Annotated[
    list[str] | Literal["all"], Field(description='names of faults to clear, or "all"')
]


def add_fault_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tool."""

    @mcp.tool(annotations=CHANGES, title="Set WebSocket faults")
    def set_websocket_faults(
        faults: Definitions = [],  # noqa: B006 - never changed
        clear: Cleared = [],  # noqa: B006 - never changed
        expires_after: Annotated[
            str | float | None,
            Field(description="lifetime of the faults set by this call, such as 30s; null: no end"),
        ] = None,
        seed: Annotated[
            int | str, Field(description="seed of all chance in the faults set by this call")
        ] = 0,
        namespace: InNamespace = None,
    ) -> FaultsResult:
        """Let things go wrong on live and coming connections, or stop it; without arguments, list.

        First `clear`, then `faults`; one of the same name is replaced. They act at once, and those
        without an endpoint, group or client on all connections. What they do is in the traffic
        as entries of the kind `fault`.

        Example, a bad line, and the third message of each second connection attempt broken:
        set_websocket_faults([{"latency": {"mean": "80ms", "jitter": "40ms"}, "direction": "both"},
        {"invalid_utf8": {}, "endpoint": "prices", "attempt": 2, "frames": {"nth": 3}}]).
        """
        with translated():
            return set_faults(state.gateway, faults, clear, expires_after, seed, namespace)
