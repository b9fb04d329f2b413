"""The tools about traffic: read, wait, verify, reset."""

from typing import Annotated, Literal

from pydantic import Field

from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.actors.matching.units import DURATION_PATTERN
from websocket_mock.mcp_bridge.service.checks import ChecksResult, list_checks
from websocket_mock.mcp_bridge.service.errors import BadArgument
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
from websocket_mock.mcp_bridge.tools.parameters import (
    AlsoAsText,
    AnObject,
    Brief,
    OfNamespaces,
    Seconds,
)
from websocket_mock.mcp_bridge.tools.tool import Call, Effect, tool

MAX_WAIT = 300.0

After = Annotated[int, Field(ge=0, description="only entries after this number (a `next_cursor`)")]
Wanted = Annotated[
    EntryMatch,
    AlsoAsText,
    AnObject,
    Field(
        description="conditions on an entry, all must hold: kind (handshake, open, message, text, "
        "binary, ping, pong, close, http, request, response, event, error, rule, verdict, fault), "
        "direction (received, sent), endpoint, client, path, attempt, code, was_clean, by, method, "
        "status, rule, fault, passed, contract, and match for the payload: text, json, binary, "
        "type, size. A value is a constant or tests: equals, contains, starts_with, ends_with, "
        "matches (regex), at_least, at_most, one_of, present, includes, not, any, … Example: "
        '{"kind": "message", "direction": "received", "endpoint": "prices", "match": {"json": '
        '{"$.type": "subscribe", "$.depth": {"at_least": 5}}}}'
    ),
]
Within = Annotated[
    Seconds,
    Brief({"type": "number", "minimum": 0, "maximum": MAX_WAIT}),
    Field(ge=0, le=MAX_WAIT, description="seconds to wait until it holds"),
]
Timeout = Annotated[
    Seconds,
    Brief({"type": "number", "exclusiveMinimum": 0, "maximum": MAX_WAIT}),
    Field(gt=0, le=MAX_WAIT, description="seconds to wait"),
]
IgnoreStrict = Annotated[
    bool, Field(description="true: ignore failed verdicts (scripts, strict, contracts)")
]


@tool("Read WebSocket traffic", Effect.READS)
def get_websocket_traffic(
    call: Call,
    match: Wanted = EntryMatch(),  # noqa: B008 - immutable
    after: After = 0,
    limit: Annotated[int, Field(ge=1, le=200, description="most entries")] = 50,
    detail: Annotated[
        Detail,
        Field(
            description="of each payload: summary: none; concise: the beginning; full: up to "
            "12,000 characters"
        ),
    ] = "concise",
    seq: Annotated[
        int | None, Field(ge=1, description="number of one entry, to read it in full")
    ] = None,
    payload_offset: Annotated[
        int, Field(ge=0, description="with seq: first byte of the payload to read")
    ] = 0,
    newest: Annotated[
        bool, Field(description="true: the newest entries, if there are more than fit")
    ] = False,
    namespace: OfNamespaces = None,
) -> TrafficResult:
    """Read the traffic: handshakes, messages both ways, HTTP, pings, closes, rules, faults, errors.

    A long result is cut; `hint` then says how to read on.

    Example: {"match": {"kind": "close", "endpoint": "prices"}}
    """
    if seq is not None:
        return read_entry(call.gateway, seq, payload_offset, namespace)
    return read_traffic(call.gateway, match, after, limit, detail, namespace, newest=newest)


@tool("Wait for a WebSocket event", Effect.READS, is_long=True)
def wait_for_websocket_event(
    call: Call,
    match: Wanted,
    after: Annotated[
        int | Literal["now", "start"],
        Field(
            description='"now": only new events; "start": also everything recorded so far; a '
            "number: what came after that entry (a `next_cursor`)"
        ),
    ] = "now",
    timeout: Timeout = 30.0,
    quiet: Annotated[
        str | float | None,
        AlsoAsText,
        Brief({"type": "string"}),
        Field(
            description="such as 2s: wait until nothing has matched for this time",
            json_schema_extra={"pattern": DURATION_PATTERN},
        ),
    ] = None,
    namespace: OfNamespaces = None,
) -> WaitResult:
    """Wait until an event happens. With `quiet`: wait until such events have stopped.

    If it may have happened already, set `after` to "start", or to the `next_cursor` of an earlier
    call, so that nothing between is missed.

    Example, the fourth connection of a client:
    {"match": {"kind": "open", "endpoint": "prices", "attempt": 4}, "after": "start"}
    """
    return wait_for_event(call.gateway, match, after, timeout, quiet, namespace, call.gone)


@tool("Verify WebSocket traffic", Effect.READS, is_long=True)
def verify_websocket_traffic(
    call: Call,
    expect: Annotated[
        Expectation | None,
        AlsoAsText,
        AnObject,
        Field(
            description="conditions as in get_websocket_traffic, and how many entries: exactly, "
            "at_least, at_most, never (true); default: at least one; and the times between them: "
            "spacing {at_least, at_most, grows}"
        ),
    ] = None,
    sequence: Annotated[
        EntrySequence | None,
        AlsoAsText,
        AnObject,
        Field(
            description="instead: entries in this order: {entries: [conditions, …], gaps: whether "
            "others may come between (true)}"
        ),
    ] = None,
    after: After = 0,
    within: Within = 0.0,
    namespace: OfNamespaces = None,
    ignore_strict: IgnoreStrict = False,
) -> VerifyResult:
    """Verify what happened. Returns evidence, or the nearest miss and how it differs.

    It also fails on a failed verdict after `after`: of a script, of a message that no rule matched
    at an endpoint with `unmatched: strict`, or of a message that breaks a contract. If you name an
    endpoint or a client, only its verdicts count. A verdict that you expect does not make it fail.

    Example, back-off: {"expect": {"kind": "handshake", "endpoint": "prices", "at_least": 3,
    "spacing": {"grows": true}}}
    """
    if (expect is None) == (sequence is None):
        raise BadArgument("Give either expect or sequence.")
    wanted = expect or sequence or Expectation()
    return verify_traffic(
        call.gateway, wanted, after, within, namespace, call.gone, ignore_strict=ignore_strict
    )


@tool("List WebSocket checks", Effect.READS)
def list_websocket_checks(call: Call, namespace: OfNamespaces = None) -> ChecksResult:
    """List the waits and verifications that run now, and the last 100 that have ended.

    Example, those of all callers: {"namespace": "*"}
    """
    return list_checks(call.gateway, namespace)


@tool("Reset the WebSocket server", Effect.CHANGES)
def reset_websocket_server(
    call: Call,
    what: Annotated[
        list[What],
        AlsoAsText,
        Field(
            min_length=1,
            description="traffic: delete it; faults: clear all except those in mocks; "
            "mocks: remove all; attempts: count from 1 again; state: restart mock "
            "conversations (state, variables, counts, groups, timers); "
            "variables: forget client_vars, endpoint_vars and the messages kept for `missed`; "
            "namespace: remove it with its clients and all of the above",
        ),
    ],
    namespace: OfNamespaces = None,
) -> ResetResult:
    """Reset the parts you name, and nothing else. Only `namespace` closes connections.

    Example, between two tests: {"what": ["traffic", "attempts", "state"]}
    """
    return reset(call.gateway, what, namespace)


TRAFFIC_TOOLS = (
    get_websocket_traffic,
    wait_for_websocket_event,
    verify_websocket_traffic,
    list_websocket_checks,
    reset_websocket_server,
)
