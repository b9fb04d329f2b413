"""The MCP tools on traffic: read, wait, verify, close, reset.

Those that may wait for minutes are async and block a thread of their own limiter; see `waits`.
"""

import threading
from collections.abc import Callable
from typing import Annotated, Literal

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field, ValidationError

from actors.mocks.entry_schema import EntryMatch, Expectation, Sequence
from actors.mocks.matchers import BadMatcher
from actors.mocks.schema import Close
from actors.mocks.units import parse_duration
from actors.models import ClientId
from mcp_bridge.annotations import CHANGES, READS
from mcp_bridge.errors import translated
from mcp_bridge.history import History, Waited
from mcp_bridge.mock_schemas import (
    CloseResult,
    Detail,
    EntryModel,
    ResetResult,
    TrafficResult,
    VerifyResult,
    WaitResult,
)
from mcp_bridge.sizes import take_fitting
from mcp_bridge.state import BridgeState

MAX_WAIT = 300.0
MAX_CLOSED_SHOWN = 1_000

After = Annotated[
    int, Field(ge=0, description="only entries behind this sequence number (`next_cursor`)")
]
Wanted = Annotated[
    EntryMatch,
    Field(
        description='conditions, all must hold; example: {"kind": "message", "direction": '
        '"received", "endpoint": "prices", "match": {"json": {"$.type": "subscribe"}}}'
    ),
]
Within = Annotated[float, Field(ge=0, le=MAX_WAIT, description="seconds to wait for it")]
IgnoreStrict = Annotated[bool, Field(description="pass in spite of failed verdicts")]
What = Literal["traffic", "mocks", "attempts"]


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
    ) -> TrafficResult:
        """Read the journal: handshakes, messages both ways, pings, closes, rules, errors, verdicts.

        Example: get_websocket_traffic({"kind": "close", "endpoint": "prices"}).
        """
        with translated():
            if seq is not None:
                return _one(state, seq)
            return _read(state, match, after, limit, detail)

    @mcp.tool(annotations=READS, title="Wait for a WebSocket event")
    async def wait_for_websocket_event(
        match: Wanted,
        after: After = 0,
        timeout: Annotated[float, Field(gt=0, le=MAX_WAIT, description="seconds")] = 30.0,  # noqa: ASYNC109 - a tool's parameter; the thread keeps the time
        quiet: Annotated[
            str | float | None,
            Field(description="wait until nothing has matched for so long, such as 2s"),
        ] = None,
    ) -> WaitResult:
        """Wait until something happens, or, with `quiet`, until it has stopped happening.

        What is in the journal already counts, unless `after` is given; so nothing is missed
        between two calls when the `next_cursor` of the one is the `after` of the next.

        Example, the fourth connection of a client: wait_for_websocket_event({"kind": "open",
        "endpoint": "prices", "attempt": 4}).
        """
        return await state.waits.run(lambda gone: _wait(state, match, after, timeout, quiet, gone))

    @mcp.tool(annotations=READS, title="Verify WebSocket traffic")
    async def verify_websocket_traffic(
        expect: Annotated[
            Expectation | None,
            Field(
                description="how often entries like this are expected (exactly, at_least, "
                "at_most, never; default at least once) and how far apart (spacing)"
            ),
        ] = None,
        sequence: Annotated[
            Sequence | None, Field(description="entries expected one after the other")
        ] = None,
        after: After = 0,
        within: Within = 0.0,
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
            lambda gone: _verify(state, wanted, after, within, gone, ignore_strict=ignore_strict)
        )

    @mcp.tool(annotations=CHANGES, title="Close WebSocket clients")
    def close_websocket_client(
        target_client: Annotated[
            str | None, Field(description="id of one client; null for all")
        ] = None,
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
    ) -> CloseResult:
        """Close live connections with a code, or break them off without a close frame."""
        with translated():
            return _close(state, target_client, code, reason, abort)

    @mcp.tool(annotations=CHANGES, title="Reset the WebSocket server")
    def reset_websocket_server(
        what: Annotated[
            list[What],
            Field(
                min_length=1,
                description="traffic: empty the journal; mocks: remove all; attempts: count anew",
            ),
        ],
    ) -> ResetResult:
        """Reset what you say, and nothing else. Connections stay open."""
        gateway = state.gateway
        resets: dict[What, Callable[[], None]] = {
            "traffic": lambda: _flushed(state).clear(None),
            "mocks": gateway.library.clear,
            "attempts": gateway.library.forget_attempts,
        }
        with translated():
            for one in dict.fromkeys(what):
                resets[one]()
        return ResetResult(reset=list(dict.fromkeys(what)))


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


def _one(state: BridgeState, seq: int) -> TrafficResult:
    entry = _flushed(state).get(seq)
    if entry is None:
        return TrafficResult(
            entries=[], matched=0, next_cursor=seq, hint=f"Entry {seq} is not kept (any more)."
        )
    model = EntryModel.of(entry, "full", state.gateway.redaction)
    return TrafficResult(entries=[model], matched=1, next_cursor=seq)


def _read(
    state: BridgeState, match: EntryMatch, after: int, limit: int, detail: Detail
) -> TrafficResult:
    with _readable():
        found = _flushed(state).read(match, after, limit, None)
    redaction = state.gateway.redaction
    models = (EntryModel.of(entry, detail, redaction) for entry in found.entries)
    entries = list(models) if detail == "full" else take_fitting(models)
    is_all = len(entries) == found.matched
    cursor = found.last if is_all else entries[-1].seq
    hint = None if is_all else "There are more: pass next_cursor as after."
    if not found.matched:
        hint = "Nothing matches; leave out conditions to see what there is."
    return TrafficResult(entries=entries, matched=found.matched, next_cursor=cursor, hint=hint)


def _verify(
    state: BridgeState,
    wanted: Expectation | Sequence,
    after: int,
    within: float,
    gone: threading.Event,
    *,
    ignore_strict: bool,
) -> VerifyResult:
    with translated(), _readable():
        history = _flushed(state)
        finding = history.verify(wanted, after, within, None, gone, ignore_strict=ignore_strict)
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
    gone: threading.Event,
) -> WaitResult:
    with translated(), _readable():
        return _wait_here(state, match, after, timeout, quiet, gone)


def _wait_here(
    state: BridgeState,
    match: EntryMatch,
    after: int,
    timeout: float,
    quiet: str | float | None,
    gone: threading.Event,
) -> WaitResult:
    history = _flushed(state)
    if quiet is None:
        waited = history.wait(match, after, timeout, None, gone)
        return _wait_result(state, waited, "timed_out" if waited.entry is None else "happened")
    try:
        seconds = parse_duration(quiet)
    except ValueError as error:
        raise ToolError(f"quiet: {error}.") from None
    if seconds > timeout:
        raise ToolError(f"quiet: {seconds:g} s do not fit into a timeout of {timeout:g} s.")
    waited = history.wait_for_quiet(match, after, seconds, timeout, None, gone)
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
    target: str | None,
    code: int,
    reason: str,
    abort: Literal["reset", "close"] | None,
) -> CloseResult:
    try:
        Close(code=code, reason=reason)
    except ValidationError as refused:
        raise ToolError(str(refused.errors()[0]["msg"]).removeprefix("Value error, ")) from None
    client_id = None if target is None else ClientId(target)
    closed = state.gateway.close_clients(client_id, code, reason, abort)
    if closed:
        shown = list(closed[:MAX_CLOSED_SHOWN])
        return CloseResult(status="closed", clients=shown, total=len(closed), errors=[])
    if target is None:
        return CloseResult(status="no_clients", clients=[], total=0, errors=[])
    error = f"No client {target!r} is connected. Call get_websocket_clients for the ids."
    return CloseResult(status="error", clients=[], total=0, errors=[error])
