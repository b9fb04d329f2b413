"""The final check of a test: what happened that it did not expect, and what did not happen."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.testing.endpoint import Endpoint
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.errors import UnexpectedTraffic
from websocket_mock.testing.host import Host
from websocket_mock.testing.rules import times
from websocket_mock.testing.traffic import Traffic, summary

if TYPE_CHECKING:
    from websocket_mock.testing.callbacks import Failure

ECHO_PATH = "/echo"
"""The path that the server answers by itself."""


def check(host: Host, endpoints: Sequence[Endpoint]) -> None:
    """Check what a test left behind. Blocks while callbacks run, for a few seconds at most.

    Args:
        host: the namespace of the test.
        endpoints: the endpoints that the test has made.

    Raises:
        UnexpectedTraffic: there are problems.
    """
    failures = host.settle()
    traffic = host.traffic
    entries = traffic.read({})
    problems = [_of_callback(one) for one in failures]
    problems += _verdicts(traffic, entries)
    if host.is_strict:
        problems += _unexpected(traffic, endpoints, entries)
    for endpoint in endpoints:
        problems += _rules(traffic, endpoint, entries)
    if problems:
        error = UnexpectedTraffic(problems)
        raise error from next((one.error for one in failures if one.error is not None), None)


def _of_callback(failure: "Failure") -> str:
    text = f"The callback {failure.name} failed: {failure.text}"
    return f"{text}\n{failure.traceback}" if failure.error is not None else text


def _verdicts(traffic: Traffic, entries: Sequence[Entry]) -> Iterator[str]:
    failed = [
        one
        for one in entries
        if one.kind == "verdict" and not one.details.get("passed") and _is_new(traffic, one)
    ]
    strict = [one for one in failed if one.details.get("strict")]
    contract = [one for one in failed if one.details.get("contract")]
    script = [one for one in failed if one not in strict and one not in contract]
    if strict:
        yield f"{_count(strict, 'message')} nobody expected:\n{_with_causes(strict, entries)}"
    if contract:
        yield f"{_count(contract, 'message')} broke a contract:\n{_with_causes(contract, entries)}"
    if script:
        yield f"{_count(script, 'script')} failed:\n{summary(script)}"
    errors = [
        one
        for one in entries
        if one.kind == "error" and "rule" in one.details and _is_new(traffic, one)
    ]
    if errors:
        yield f"{_count(errors, 'rule')} could not do its work:\n{summary(errors)}"


def _with_causes(verdicts: Sequence[Entry], entries: Sequence[Entry]) -> str:
    """Return verdicts on messages, each with the message before it."""
    lines = []
    for verdict in verdicts:
        before = [
            one
            for one in entries
            if one.seq < verdict.seq and one.client == verdict.client and one.direction
        ]
        lines += [summary(before[-1:]), f"     {verdict.details.get('text', '')}"]
    return "\n".join(filter(None, lines))


def _unexpected(
    traffic: Traffic, endpoints: Sequence[Endpoint], entries: Sequence[Entry]
) -> Iterator[str]:
    manual = {one.name for one in endpoints if one.is_manual}
    messages = [
        one
        for one in entries
        if one.kind in ("text", "binary")
        and one.direction == "received"
        and one.endpoint in manual
        and _is_new(traffic, one)
    ]
    if messages:
        yield f"{_count(messages, 'message')} nobody expected:\n{summary(messages)}"
    strangers = [
        one
        for one in entries
        if one.kind == "handshake"
        and one.endpoint is None
        and one.path != ECHO_PATH
        and _is_new(traffic, one)
    ]
    if strangers:
        known = ", ".join(one.path for one in endpoints) or "none"
        yield (
            f"{_count(strangers, 'connection')} to a path without an endpoint "
            f"(the paths are: {known}):\n{summary(strangers)}"
        )


def _rules(traffic: Traffic, endpoint: Endpoint, entries: Sequence[Entry]) -> Iterator[str]:
    for rule in endpoint.rules:
        if rule.is_empty:
            yield f"{endpoint.name}: a rule has no action: add one, such as send or ignore."
    own = {rule.label: rule.expected for rule in endpoint.rules if rule.expected is not None}
    expected = {**endpoint.expected, **own}
    if not expected:
        return
    fired = endpoint.fired()
    for label, wanted in expected.items():
        if label not in fired:
            yield f"{endpoint.name}: there is no rule {label!r}; {nearest(label, fired)}."
        elif not wanted.holds(fired[label]):
            yield (
                f"{endpoint.name}: {label} was expected to fire {wanted}, "
                f"and fired {times(fired[label])}.{_nearest(endpoint, label, entries, traffic)}"
            )


def _nearest(endpoint: Endpoint, rule: str, entries: Sequence[Entry], traffic: Traffic) -> str:
    """Say why the last message of the client did not make a rule fire."""
    messages = [
        one
        for one in entries
        if one.endpoint == endpoint.name
        and one.direction == "received"
        and one.kind in ("text", "binary")
    ]
    if not messages:
        return " The client sent no message to this endpoint."
    result = traffic.call("explain_websocket_message", endpoint=endpoint.name, seq=messages[-1].seq)
    why = next((one["why"] for one in result["rules"] if one["rule"] == rule), "")
    return f"\n{summary(messages[-1:])}\n     {why}" if why else ""


def _is_new(traffic: Traffic, entry: Entry) -> bool:
    return entry.seq not in traffic.expected


def _count(entries: Sequence[Entry], noun: str) -> str:
    return f"{len(entries):,} {noun}" + ("" if len(entries) == 1 else "s")
