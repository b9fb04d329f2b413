"""The tool for faults."""

from typing import Annotated, Any, Literal

from pydantic import Field

from websocket_mock.actors.faults.presets import PRESETS
from websocket_mock.actors.faults.registry import KINDS
from websocket_mock.actors.matching.units import DURATION_PATTERN
from websocket_mock.mcp_bridge.service.faults import FaultsResult, set_faults
from websocket_mock.mcp_bridge.tools.parameters import AlsoAsText, Brief, InNamespace
from websocket_mock.mcp_bridge.tools.tool import Call, Effect, tool

Definitions = Annotated[
    list[dict[str, Any] | str],
    AlsoAsText,
    Brief({"type": "array", "items": {"type": "object"}}),
    Field(
        description=f"Each has one kind ({', '.join(KINDS)}) and, as needed, name, endpoint, "
        "group, client, direction, frames, probability, match, attempt, after and duration; see "
        f"get_websocket_schema TargetedFault. Or a preset: {', '.join(PRESETS)}; with a target: "
        '{"preset": "slow-3g", "endpoint": "prices"}'
    ),
]
Cleared = Annotated[
    list[str] | Literal["all"],
    AlsoAsText,
    Field(description='names of the faults to clear, or "all"'),
]


@tool("Set WebSocket faults", Effect.CHANGES)
def set_websocket_faults(
    call: Call,
    faults: Definitions = [],  # noqa: B006 - never changed
    clear: Cleared = [],  # noqa: B006 - never changed
    expires_after: Annotated[
        str | float | None,
        AlsoAsText,
        Brief({"type": "string"}),
        Field(
            description="lifetime of the faults of this call, such as 30s; default: no limit",
            json_schema_extra={"pattern": DURATION_PATTERN},
        ),
    ] = None,
    seed: Annotated[
        int | str,
        Brief({"type": "integer"}),
        Field(description="seed of the random choices of these faults"),
    ] = 0,
    namespace: InNamespace = None,
) -> FaultsResult:
    """Set or clear faults on open and future connections. Without arguments: list them.

    `clear` comes first. A fault replaces one of the same name, and acts at once, on all
    connections unless it names an endpoint, group or client. The traffic shows what faults did
    (kind `fault`).

    Example, a slow line, and a broken third message on the second connection:
    {"faults": [{"latency": {"mean": "80ms", "jitter": "40ms"}, "direction": "both"},
    {"invalid_utf8": {}, "endpoint": "prices", "attempt": 2, "frames": {"nth": 3}}]}
    """
    return set_faults(call.gateway, faults, clear, expires_after, seed, namespace)


FAULT_TOOLS = (set_websocket_faults,)
