"""The tools about traffic: read, wait, verify, reset.

Those that may wait for minutes are async and block a thread of their own limiter; see `waits`.
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
    int, Field(ge=0, description="only entries behind this sequence number (`next_cursor`)")
]
Wanted = Annotated[
    EntryMatch,
    AlsoAsText,
    Field(
        description='conditions, all must hold; example: {"kind": "message", "direction": '
        '"received", "endpoint": "prices", "match": {"json": {"$.type": "subscribe"}}}'
    ),
]
Within = Annotated[float, Field(ge=0, le=MAX_WAIT, description="seconds to wait for it")]
IgnoreStrict = Annotated[bool, Field(description="pass in spite of failed verdicts")]


def add_traffic_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="Read WebSocket traffic")
    def get_websocket_traffic(
        match: Wanted = EntryMatch(),  # noqa: B008 - immutable
        after: After = 0,
        limit: Annotated[int, Field(ge=1, le=200, description="entries")] = 50,
        detail: Annotated[
            Detail,
            Field(
                description="summary: no payloads; concise: cut short; full: 12,000 characters each"
            ),
        ] = "concise",
        seq: Annotated[int | None, Field(ge=1, description="this one entry, in full")] = None,
        payload_offset: Annotated[
            int, Field(ge=0, description="with seq: the payload from this byte on")
        ] = 0,
        namespace: OfNamespaces = None,
    ) -> TrafficResult:
        """Read the journal: handshakes, messages both ways, pings, closes, rules, faults, errors.

        A result is cut to a size that MCP clients take. Its `hint` then says how to go on.

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
                description='"now": only what comes from now on; "start": also all that is kept; '
                "a number: what comes behind it (`next_cursor` of an earlier call)"
            ),
        ] = "now",
        timeout: Annotated[float, Field(gt=0, le=MAX_WAIT, description="seconds")] = 30.0,  # noqa: ASYNC109 - a tool's parameter; the thread keeps the time
        quiet: Annotated[
            str | float | None,
            Field(description="a time such as 2s: wait until nothing has matched for that time"),
        ] = None,
        namespace: OfNamespaces = None,
    ) -> WaitResult:
        """Wait until something happens, or, with `quiet`, until it has stopped happening.

        It waits for what comes from now on. If the event may have happened already, give `after`:
        the `next_cursor` of an earlier call, so that nothing is missed in between, or "start".

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
                description="how often entries like this are expected (exactly, at_least, "
                "at_most, never; default at least once) and how far apart (spacing)"
            ),
        ] = None,
        sequence: Annotated[
            EntrySequence | None,
            AlsoAsText,
            Field(description="entries expected one after the other"),
        ] = None,
        after: After = 0,
        within: Within = 0.0,
        namespace: OfNamespaces = None,
        ignore_strict: IgnoreStrict = False,  # noqa: FBT002 - a tool's parameter has a name
    ) -> VerifyResult:
        """Verify what happened, with evidence, or the nearest miss and what is different about it.

        A failed verdict behind `after` makes it fail, unless it is what you expect: that of a
        script, or of a message that no rule of an endpoint with `unmatched: strict` takes. Where
        you give an endpoint or a client, only theirs count.

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
                description="traffic: forget it; faults: clear all, but those of mocks; "
                "mocks: remove all; attempts: count anew; state: "
                "mock conversations begin anew (state, variables, counts, groups, timers); "
                "namespace: remove it, with its clients and all of the above",
            ),
        ],
        namespace: Annotated[
            str | None,
            Field(
                description="name of a namespace; null: outside of any; "
                '"*": everything, for traffic only'
            ),
        ] = None,
    ) -> ResetResult:
        """Reset what you say, and nothing else. Connections stay open, but for `namespace`.

        Example, between two tests: reset_websocket_server(["traffic", "attempts", "state"]).
        """
        with translated():
            return reset(state.gateway, what, namespace)
