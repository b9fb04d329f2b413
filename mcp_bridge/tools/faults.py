"""The MCP tool for faults. Sync: FastMCP runs it on a worker thread."""

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
        description=f"Each fault has one kind ({', '.join(KINDS)}) and, as needed, name, "
        "endpoint, group, client, direction, frames, probability, match, attempt, after and "
        'duration. A word such as "drop" is short for {"drop": {}}.',
    ),
]
Cleared = Annotated[
    list[str] | Literal["all"], Field(description='the names of the faults to clear, or "all"')
]


def add_fault_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tool."""

    @mcp.tool(annotations=CHANGES, title="Set WebSocket faults")
    def set_websocket_faults(
        faults: Definitions = [],  # noqa: B006 - never changed
        clear: Cleared = [],  # noqa: B006 - never changed
        expires_after: Annotated[
            str | float | None,
            Field(
                description="lifetime of the faults set by this call, such as 30s; null: no limit"
            ),
        ] = None,
        seed: Annotated[
            int | str,
            Field(description="seed of all random choices of the faults set by this call"),
        ] = 0,
        namespace: InNamespace = None,
    ) -> FaultsResult:
        """Set or clear faults on open and future connections. Without arguments: list them.

        `clear` comes first, then `faults`. A fault replaces one of the same name. Faults act at
        once, on all connections unless they name an endpoint, group or client. The traffic
        shows what they did, as entries of the kind `fault`.

        Example, a slow line, and a broken third message on the second connection attempt:
        set_websocket_faults([{"latency": {"mean": "80ms", "jitter": "40ms"}, "direction": "both"},
        {"invalid_utf8": {}, "endpoint": "prices", "attempt": 2, "frames": {"nth": 3}}]).
        """
        with translated():
            return set_faults(state.gateway, faults, clear, expires_after, seed, namespace)
