"""The verbs `wait` and `verify`: wait for events, and check what happened.

Both may block for minutes. They end soon after the caller's `gone` event is set.
"""

import threading
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.actors.journal.verification import Finding
from websocket_mock.actors.matching.units import parse_duration
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.mcp_bridge.service.check_register import CheckStatus
from websocket_mock.mcp_bridge.service.errors import BadArgument, argument, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.history import Waited
from websocket_mock.mcp_bridge.service.namespaces import holding, scope_of
from websocket_mock.mcp_bridge.service.sizes import shorten
from websocket_mock.mcp_bridge.service.traffic import EntryModel, recorded
from websocket_mock.mcp_bridge.service.unknown_names import unknown_names

Cursor = int | Literal["now", "start"]
"""Which entries count: those after a sequence number, new ones only, or all in the journal."""

MAX_ERRORS = 1_000
"""The most errors that are counted after something did not happen."""

WaitStatus = Literal["happened", "quiet", "timed_out"]


class WaitResult(BaseModel):
    """The result of a wait."""

    status: WaitStatus
    entry: EntryModel | None
    next_cursor: int = Field(description="pass it as `after` to wait for the next one")
    entries_meanwhile: int = Field(description="the number of entries that came during the wait")
    nearest_miss: str | None = Field(description="the entry that came nearest, and how it differs")
    hint: str | None = Field(
        default=None, description="if it did not happen: which rule could not do its work, and why"
    )


class VerifyResult(BaseModel):
    """The result of a verification."""

    passed: bool
    verdict: str = Field(description="what was expected, and what was found")
    count: int
    evidence: list[int] = Field(description="the sequence numbers of the matching entries")
    nearest_miss: str | None = Field(description="the entry that came nearest, and how it differs")
    strict_failures: list[int] = Field(
        description="the sequence numbers of failed verdicts (of a script, of unmatched: strict, "
        "or of a contract: accepts, sends) that concern the expected endpoint and client; each of "
        "them fails the verification"
    )


@verb
def wait_for_event(
    gateway: Gateway,
    match: EntryMatch,
    after: Cursor = "now",
    timeout: float = 30.0,
    quiet: str | float | None = None,
    namespace: str | None = None,
    gone: threading.Event | None = None,
) -> WaitResult:
    """Wait until an event happens. With `quiet`: wait until such events have stopped.

    Args:
        gateway: gives access to the actors.
        match: conditions of the event.
        after: which entries count.
        timeout: the longest time to block, in seconds.
        quiet: a duration: wait until nothing has matched for this time.
        namespace: of the entries; None: outside namespaces, "*": all.
        gone: set when the caller has left; the wait then ends within a second, as if timed out.

    Raises:
        ServiceError: an argument cannot be used, nothing is recorded, or nothing answers.
    """
    gone, scope = gone or threading.Event(), scope_of(gateway, namespace)
    checks, conditions = gateway.traffic_checks, _written(match, quiet)
    with holding(gateway, scope), checks.running("wait", conditions, scope, timeout) as report:
        history = recorded(gateway)
        if after == "now":
            after = history.last()
        cursor = 0 if after == "start" else after
        if quiet is None:
            waited = history.wait(match, cursor, timeout, scope, gone, report.progress)
            status: WaitStatus = "timed_out" if waited.entry is None else "happened"
        else:
            seconds = _quiet_seconds(quiet, timeout)
            waited = history.wait_for_quiet(
                match, cursor, seconds, timeout, scope, gone, report.progress
            )
            status = "quiet" if waited.entry is None else "timed_out"
        result = _wait_result(gateway, waited, status)
        if status == "timed_out":
            result.hint = _broken_rules(gateway, cursor, scope)
        evidence = () if result.entry is None else (result.entry.seq,)
        report.end(_unless_left(gone, status), "", result.nearest_miss, evidence)
    return result


def _unless_left(gone: threading.Event, status: CheckStatus) -> CheckStatus:
    return "left" if gone.is_set() else status


def _written(
    wanted: EntryMatch | EntrySequence, quiet: str | float | None = None
) -> dict[str, Any]:
    written: dict[str, Any] = wanted.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return written if quiet is None else {**written, "quiet": quiet}


def _quiet_seconds(quiet: str | float, timeout: float) -> float:
    with argument("quiet"):
        seconds = parse_duration(quiet)
    if seconds > timeout:
        raise BadArgument(f"quiet: {seconds:g} s is longer than the timeout of {timeout:g} s.")
    return seconds


def _wait_result(gateway: Gateway, waited: Waited, status: WaitStatus) -> WaitResult:
    entry = waited.entry
    return WaitResult(
        status=status,
        entry=None if entry is None else EntryModel.of(entry, "concise", gateway.redaction),
        next_cursor=waited.last if entry is None else entry.sequence,
        entries_meanwhile=waited.happened,
        nearest_miss=_miss(gateway, waited.nearest, waited.why_not),
    )


@verb
def verify_traffic(
    gateway: Gateway,
    expected: Expectation | EntrySequence,
    after: int = 0,
    within: float = 0.0,
    namespace: str | None = None,
    gone: threading.Event | None = None,
    *,
    ignore_strict: bool = False,
) -> VerifyResult:
    """Check what happened, and what happens within the next seconds.

    Args:
        gateway: gives access to the actors.
        expected: how often entries are expected, or in which order.
        after: only entries after this sequence number count.
        within: the longest time to block until it holds, in seconds.
        namespace: of the entries; None: outside namespaces, "*": all.
        gone: set when the caller has left; the result then comes within a second.
        ignore_strict: whether to ignore failed verdicts of scripts, strict endpoints and contracts.

    Raises:
        ServiceError: an argument cannot be used, nothing is recorded, or nothing answers.
    """
    gone, scope = gone or threading.Event(), scope_of(gateway, namespace)
    checks, conditions = gateway.traffic_checks, _written(expected)
    with holding(gateway, scope), checks.running("verify", conditions, scope, within) as report:
        finding = recorded(gateway).verify(
            expected,
            after,
            within,
            scope,
            gone,
            ignore_strict=ignore_strict,
            progress=report.progress,
        )
        miss = _miss(gateway, finding.nearest, finding.why_not)
        status: CheckStatus = "passed" if finding.passed else "failed"
        unmatched = _unmatched(expected, finding)
        unknown = unknown_names(gateway, scope, unmatched, report.progress.entries)
        reasons = [finding.text, unknown if unmatched else ""]
        text = "; ".join(filter(None, reasons)) + _why_failed(gateway, finding)
        broken = None if finding.passed else _broken_rules(gateway, after, scope)
        text += f"; {broken}" if broken else ""
        report.end(_unless_left(gone, status), text, miss, finding.evidence)
    return VerifyResult(
        passed=finding.passed,
        verdict=text,
        count=finding.count,
        evidence=list(finding.evidence),
        nearest_miss=miss,
        strict_failures=list(finding.strict_failures),
    )


def _unmatched(expected: Expectation | EntrySequence, finding: Finding) -> Sequence[EntryMatch]:
    """Return the conditions that may have matched nothing."""
    if isinstance(expected, EntrySequence):
        return () if finding.passed else expected.entries
    return () if finding.count else (expected,)


def _miss(gateway: Gateway, nearest: int | None, why_not: str) -> str | None:
    if nearest is None:
        return None
    return f"entry {nearest}: {gateway.redaction.reason(why_not)}"


def _broken_rules(gateway: Gateway, after: int, scope: Scope) -> str | None:
    """Return which rule could not do its work since an entry; None: all could."""
    found = gateway.history.read(EntryMatch(kind="error"), after, MAX_ERRORS, scope).entries
    broken = [entry for entry in found if "rule" in entry.details]
    if not broken:
        return None
    last = broken[-1]
    details = gateway.redaction.details(last)
    count = "a rule" if len(broken) == 1 else f"{len(broken):,} times a rule"
    why = shorten(details["reason"])
    return f"{count} could not do its work; entry {last.sequence}: {details['rule']}: {why}"


def _why_failed(gateway: Gateway, finding: Finding) -> str:
    """Return what the first failed verdict says."""
    entry = finding.first_failure
    if entry is None:
        return ""
    return f"; entry {entry.sequence}: {gateway.redaction.details(entry)['text']}"
