"""The MCP tools on traffic: read, wait, verify, close, reset.

Those that may wait for minutes are async and block a thread of their own limiter; see `waits`.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field, ValidationError

from websocket_mock.actors.documents.mocks import Close
from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.actors.matching.matchers import BadMatcher
from websocket_mock.actors.matching.units import parse_duration
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.actors.values.targets import OneClient, Target
from websocket_mock.mcp_bridge.annotations import CHANGES, READS
from websocket_mock.mcp_bridge.arguments import AlsoAsText
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.history import RECORDING_IS_OFF, History, Waited
from websocket_mock.mcp_bridge.mock_schemas import (
    CloseResult,
    Detail,
    EntryModel,
    ResetResult,
    TrafficResult,
    VerifyResult,
    WaitResult,
)
from websocket_mock.mcp_bridge.namespaces import OfNamespaces, holding, one_namespace, scope_of
from websocket_mock.mcp_bridge.sizes import take_fitting
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.targets import (
    TargetClient,
    TargetEndpoint,
    TargetGroup,
    choose_target,
    why_nobody,
)

MAX_WAIT = 300.0
MAX_CLOSED_SHOWN = 1_000

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
What = Literal["traffic", "faults", "mocks", "attempts", "state", "namespace"]
IgnoreStrict = Annotated[bool, Field(description="pass in spite of failed verdicts")]


def add_traffic_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="Read WebSocket traffic")
    def get_websocket_traffic(
        match: Wanted = EntryMatch(),  # noqa: B008 - immutable
        after: After = 0,
        limit: Annotated[int, Field(ge=1, le=200, description="entries")] = 50,
        detail: Annotated[
            Detail, Field(description="summary: no payloads; concise: cut; full: whole")
        ] = "concise",
        seq: Annotated[int | None, Field(ge=1, description="this one entry, in full")] = None,
        namespace: OfNamespaces = None,
    ) -> TrafficResult:
        """Read the journal: handshakes, messages both ways, pings, closes, rules, faults, errors.

        Example: get_websocket_traffic({"kind": "close", "endpoint": "prices"}).
        """
        with translated():
            scope = scope_of(state, namespace)
            if seq is not None:
                return _one(state, seq, scope)
            return _read(state, match, after, limit, detail, scope)

    @mcp.tool(annotations=READS, title="Wait for a WebSocket event")
    async def wait_for_websocket_event(
        match: Wanted,
        after: After = 0,
        timeout: Annotated[float, Field(gt=0, le=MAX_WAIT, description="seconds")] = 30.0,  # noqa: ASYNC109 - a tool's parameter; the thread keeps the time
        quiet: Annotated[
            str | float | None,
            Field(description="wait until nothing has matched for so long, such as 2s"),
        ] = None,
        namespace: OfNamespaces = None,
    ) -> WaitResult:
        """Wait until something happens, or, with `quiet`, until it has stopped happening.

        What is in the journal already counts, unless `after` is given; so nothing is missed
        between two calls when the `next_cursor` of the one is the `after` of the next.

        Example, the fourth connection of a client: wait_for_websocket_event({"kind": "open",
        "endpoint": "prices", "attempt": 4}).
        """
        return await state.waits.run(
            lambda gone: _wait(state, match, after, timeout, quiet, namespace, gone)
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
        return await state.waits.run(
            lambda gone: _verify(
                state, wanted, after, within, namespace, gone, ignore_strict=ignore_strict
            )
        )

    @mcp.tool(annotations=CHANGES, title="Close WebSocket clients")
    def close_websocket_client(
        target_client: TargetClient = None,
        code: Annotated[
            int, Field(ge=1000, le=4999, description="1000 to 1014 or 3000 to 4999")
        ] = 1000,
        reason: Annotated[
            str, Field(max_length=123, description="at most 123 bytes of UTF-8")
        ] = "",
        abort: Annotated[
            Literal["reset", "close"] | None,
            Field(description="no close frame: reset sends RST, close sends FIN"),
        ] = None,
        target_group: TargetGroup = None,
        target_endpoint: TargetEndpoint = None,
        namespace: OfNamespaces = None,
    ) -> CloseResult:
        """Close live connections with a code, or break them off without a close frame.

        Example: close_websocket_client(code=1012, reason="restart", target_endpoint="prices").
        """
        with translated():
            target = choose_target(target_client, target_group, target_endpoint)
            return _close(state, target, scope_of(state, namespace), code, reason, abort)

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
        wanted = list(dict.fromkeys(what))
        with translated():
            _reset(state, wanted, namespace)
        return ResetResult(reset=wanted)


class _readable:  # noqa: N801 - reads as a statement
    """Turns conditions that cannot be compiled into a tool error."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, BadMatcher):
            raise ToolError(f"The conditions are not valid: {error}.") from error


def _flushed(state: BridgeState) -> History:
    """Return the history, with everything in it that happened before the call."""
    state.gateway.flush()
    return state.gateway.history


def _recorded(state: BridgeState) -> History:
    """Return the history as `_flushed` does, or refuse where none is kept."""
    if not state.gateway.history.is_recording:
        raise ToolError(RECORDING_IS_OFF)
    return _flushed(state)


def _reset(state: BridgeState, what: list[What], name: str | None) -> None:
    gateway = state.gateway
    if what == ["traffic"] and name == EVERY_NAMESPACE:
        gateway.clear_traffic(name)
        return
    namespace = one_namespace(state, name)
    # What cannot be done is refused before anything is.
    if "namespace" in what:
        if name is None:
            raise ToolError("namespace: name the one to remove.")
        # With it goes all the rest.
        gateway.remove_namespace(name)
        return
    resets: Mapping[str, Callable[[], None]] = {
        "traffic": lambda: gateway.clear_traffic(name),
        "faults": lambda: gateway.reset_faults(namespace),
        "mocks": lambda: gateway.clear_mocks(namespace),
        "attempts": namespace.forget_attempts,
        "state": lambda: gateway.reset_state(name),
    }
    for one in what:
        resets[one]()


def _one(state: BridgeState, seq: int, scope: Scope) -> TrafficResult:
    entry = _flushed(state).get(seq, scope)
    if entry is None:
        is_on = state.gateway.history.is_recording
        hint = f"Entry {seq} is not kept (any more)." if is_on else RECORDING_IS_OFF
        return TrafficResult(entries=[], matched=0, next_cursor=seq, hint=hint)
    model = EntryModel.of(entry, "full", state.gateway.redaction)
    return TrafficResult(entries=[model], matched=1, next_cursor=seq)


def _read(
    state: BridgeState, match: EntryMatch, after: int, limit: int, detail: Detail, scope: Scope
) -> TrafficResult:
    with _readable():
        found = _flushed(state).read(match, after, limit, scope)
    redaction = state.gateway.redaction
    models = (EntryModel.of(entry, detail, redaction) for entry in found.entries)
    entries = list(models) if detail == "full" else take_fitting(models)
    is_all = len(entries) == found.matched
    cursor = found.last if is_all else entries[-1].seq
    hint = None if is_all else "There are more: pass next_cursor as after."
    if not state.gateway.history.is_recording:
        hint = RECORDING_IS_OFF
    elif not found.matched:
        hint = "Nothing matches; leave out conditions to see what there is."
    return TrafficResult(entries=entries, matched=found.matched, next_cursor=cursor, hint=hint)


def _verify(
    state: BridgeState,
    wanted: Expectation | EntrySequence,
    after: int,
    within: float,
    scope: Scope,
    gone: threading.Event,
    *,
    ignore_strict: bool,
) -> VerifyResult:
    with translated(), _readable(), holding(state, scope):
        history = _recorded(state)
        finding = history.verify(wanted, after, within, scope, gone, ignore_strict=ignore_strict)
    return VerifyResult(
        passed=finding.passed,
        verdict=finding.text,
        count=finding.count,
        evidence=list(finding.evidence),
        nearest_miss=_miss(state, finding.nearest, finding.why_not),
        strict_failures=list(finding.strict_failures),
    )


def _wait(
    state: BridgeState,
    match: EntryMatch,
    after: int,
    timeout: float,
    quiet: str | float | None,
    scope: Scope,
    gone: threading.Event,
) -> WaitResult:
    with translated(), _readable(), holding(state, scope):
        return _wait_here(state, match, after, timeout, quiet, scope, gone)


def _wait_here(
    state: BridgeState,
    match: EntryMatch,
    after: int,
    timeout: float,
    quiet: str | float | None,
    scope: Scope,
    gone: threading.Event,
) -> WaitResult:
    history = _recorded(state)
    if quiet is None:
        waited = history.wait(match, after, timeout, scope, gone)
        return _wait_result(state, waited, "timed_out" if waited.entry is None else "happened")
    try:
        seconds = parse_duration(quiet)
    except ValueError as error:
        raise ToolError(f"quiet: {error}.") from None
    if seconds > timeout:
        raise ToolError(f"quiet: {seconds:g} s do not fit into a timeout of {timeout:g} s.")
    waited = history.wait_for_quiet(match, after, seconds, timeout, scope, gone)
    return _wait_result(state, waited, "quiet" if waited.entry is None else "timed_out")


def _wait_result(
    state: BridgeState, waited: Waited, status: Literal["happened", "quiet", "timed_out"]
) -> WaitResult:
    entry = waited.entry
    return WaitResult(
        status=status,
        entry=None if entry is None else EntryModel.of(entry, "concise", state.gateway.redaction),
        next_cursor=waited.last if entry is None else entry.sequence,
        entries_meanwhile=waited.happened,
        nearest_miss=_miss(state, waited.nearest, waited.why_not),
    )


def _miss(state: BridgeState, nearest: int | None, why_not: str) -> str | None:
    if nearest is None:
        return None
    return f"entry {nearest}: {state.gateway.redaction.reason(why_not)}"


def _close(
    state: BridgeState,
    target: Target,
    scope: Scope,
    code: int,
    reason: str,
    abort: Literal["reset", "close"] | None,
) -> CloseResult:
    try:
        Close(code=code, reason=reason)
    except ValidationError as refused:
        raise ToolError(str(refused.errors()[0]["msg"]).removeprefix("Value error, ")) from None
    closed = state.gateway.close_clients(target, scope, code, reason, abort)
    if closed:
        shown = list(closed[:MAX_CLOSED_SHOWN])
        return CloseResult(status="closed", clients=shown, total=len(closed), errors=[])
    outcome: Literal["error", "no_clients"] = (
        "error" if isinstance(target, OneClient) else "no_clients"
    )
    return CloseResult(status=outcome, clients=[], total=0, errors=why_nobody(target, scope))
