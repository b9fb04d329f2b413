"""The tools about traffic: read, wait, verify, reset.

The tools that may wait for minutes are async. Each wait blocks a thread of a pool of its own; see
`waits`.
"""

from typing import Annotated, Literal

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field

from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.mcp_bridge.annotations import CHANGES, READS
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.parameters import AlsoAsText, OfNamespaces
from websocket_mock.mcp_bridge.service.resetting import ResetResult, What, reset
from websocket_mock.mcp_bridge.service.traffic import (
    Detail,
    TrafficResult,
    read_entry,
    read_traffic,
)
from websocket_mock.mcp_bridge.service.waiting import (
    VerifyResult,
    WaitResult,
    verify_traffic,
    wait_for_event,
)
from websocket_mock.mcp_bridge.state import BridgeState

MAX_WAIT = 300.0

After = Annotated[
    int,
    Field(ge=0, description="only entries after this number (`next_cursor` of an earlier call)"),
]
Wanted = Annotated[
    EntryMatch,
    AlsoAsText,
    Field(
        description='conditions that must all hold, such as {"kind": "message", "direction": '
        '"received", "endpoint": "prices", "match": {"json": {"$.type": "subscribe"}}}'
    ),
]
Within = Annotated[float, Field(ge=0, le=MAX_WAIT, description="seconds to wait until it holds")]
IgnoreStrict = Annotated[
    bool, Field(description="true: ignore failed verdicts (scripts, strict, contracts)")
]


def add_traffic_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="Read WebSocket traffic")
    def get_websocket_traffic(
        match: Wanted = EntryMatch(),  # noqa: B008 - immutable
        after: After = 0,
        limit: Annotated[
            int, Field(ge=1, le=200, description="the largest number of entries")
        ] = 50,
        detail: Annotated[
            Detail,
            Field(
                description="how much of each payload: summary: none; concise: the beginning; "
                "full: up to 12,000 characters"
            ),
        ] = "concise",
        seq: Annotated[
            int | None, Field(ge=1, description="the number of one entry, to read it in full")
        ] = None,
        payload_offset: Annotated[
            int, Field(ge=0, description="with seq: the first byte of the payload to read")
        ] = 0,
        namespace: OfNamespaces = None,
    ) -> TrafficResult:
        """Read the traffic: handshakes, messages both ways, pings, closes, rules, faults, errors.

        A long result is cut to a size that MCP clients accept. Then `hint` says how to read on.

        Example: get_websocket_traffic({"kind": "close", "endpoint": "prices"}).
        """
        with translated():
            if seq is not None:
                return read_entry(state.gateway, seq, payload_offset, namespace)
            return read_traffic(state.gateway, match, after, limit, detail, namespace)

    @mcp.tool(annotations=READS, title="Wait for a WebSocket event")
    async def wait_for_websocket_event(
        match: Wanted,
        after: Annotated[
            int | Literal["now", "start"],
            Field(
                description='"now": only new events; "start": also everything recorded so far; '
                "a number: everything after that entry (`next_cursor` of an earlier call)"
            ),
        ] = "now",
        timeout: Annotated[float, Field(gt=0, le=MAX_WAIT, description="seconds to wait")] = 30.0,  # noqa: ASYNC109 - a tool's parameter; the thread keeps the time
        quiet: Annotated[
            str | float | None,
            Field(description="such as 2s: wait until nothing has matched for this time"),
        ] = None,
        namespace: OfNamespaces = None,
    ) -> WaitResult:
        """Wait until an event happens. With `quiet`: wait until such events have stopped.

        By default only new events count. If the event may have happened already, set `after` to
        "start", or to the `next_cursor` of an earlier call so that nothing between is missed.

        Example, the fourth connection of a client: wait_for_websocket_event({"kind": "open",
        "endpoint": "prices", "attempt": 4}, after="start").
        """
        with translated():
            return await state.waits.run(
                lambda gone: wait_for_event(
                    state.gateway, match, after, timeout, quiet, namespace, gone
                )
            )

    @mcp.tool(annotations=READS, title="Verify WebSocket traffic")
    async def verify_websocket_traffic(
        expect: Annotated[
            Expectation | None,
            AlsoAsText,
            Field(
                description="conditions of the entries, how many are expected (exactly, at_least, "
                "at_most, never; default: at least one), and how far apart (spacing)"
            ),
        ] = None,
        sequence: Annotated[
            EntrySequence | None,
            AlsoAsText,
            Field(description="instead of expect: entries expected in this order"),
        ] = None,
        after: After = 0,
        within: Within = 0.0,
        namespace: OfNamespaces = None,
        ignore_strict: IgnoreStrict = False,  # noqa: FBT002 - a tool's parameter has a name
    ) -> VerifyResult:
        """Verify what happened. Returns evidence, or the nearest miss and how it differs.

        It also fails on a failed verdict after `after`: of a script, of a message that no rule
        matched at an endpoint with `unmatched: strict`, or of a message that breaks the contract
        of its endpoint (`accepts`, `sends`). If you name an endpoint or a client, only its
        verdicts count. A verdict that you expect does not make it fail.

        Example, back-off: verify_websocket_traffic({"kind": "handshake", "endpoint": "prices",
        "at_least": 3, "spacing": {"grows": true}}).
        """
        if (expect is None) == (sequence is None):
            raise ToolError("Give either expect or sequence.")
        wanted = expect or sequence or Expectation()
        with translated():
            return await state.waits.run(
                lambda gone: verify_traffic(
                    state.gateway,
                    wanted,
                    after,
                    within,
                    namespace,
                    gone,
                    ignore_strict=ignore_strict,
                )
            )

    @mcp.tool(annotations=CHANGES, title="Reset the WebSocket server")
    def reset_websocket_server(
        what: Annotated[
            list[What],
            Field(
                min_length=1,
                description="traffic: delete it; faults: clear all except those in mocks; "
                "mocks: remove all; attempts: count from 1 again; state: restart mock "
                "conversations (state, variables, counts, groups, timers); "
                "variables: forget client_vars, endpoint_vars and the messages kept for `missed`; "
                "namespace: remove it with its clients and all of the above",
            ),
        ],
        namespace: Annotated[
            str | None,
            Field(
                description="the name of a namespace; null: everything outside namespaces; "
                '"*": everything, for traffic only'
            ),
        ] = None,
    ) -> ResetResult:
        """Reset the parts you name, and nothing else. Only `namespace` closes connections.

        Example, between two tests: reset_websocket_server(["traffic", "attempts", "state"]).
        """
        with translated():
            return reset(state.gateway, what, namespace)
