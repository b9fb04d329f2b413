"""The final check of a test: what happened that it did not expect, and what did not happen."""

from collections.abc import Iterator, Sequence

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.testing.endpoint import Endpoint, count_fired
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.errors import UnexpectedTraffic
from websocket_mock.testing.host import Host
from websocket_mock.testing.tables import summary
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.values import json_text
from websocket_mock.testing.words import counted, times

ECHO_PATH = "/echo"
"""The path that the server answers by itself."""

MAX_SHOWN = 5
"""The most entries of one kind of problem that are shown."""


def check(host: Host, endpoints: Sequence[Endpoint]) -> None:
    """Check what a test left behind. Blocks while callbacks run, for a few seconds at most.

    Args:
        host: the namespace of the test.
        endpoints: the endpoints that the test has made.

    Raises:
        UnexpectedTraffic: there are problems.
    """
    failures = host.settle()
    problems = [*map(str, failures), *_Judge(host, endpoints).problems()]
    if problems:
        error = UnexpectedTraffic(problems)
        raise error from next((one.error for one in failures if one.error is not None), None)


class _Judge:
    """Finds the problems in the traffic of a test."""

    def __init__(self, host: Host, endpoints: Sequence[Endpoint]) -> None:
        self._traffic: Traffic = host.traffic
        self._is_strict = host.is_strict
        self._endpoints = endpoints
        self._entries = host.traffic.read({})
        self._causes = _causes(self._entries)

    def problems(self) -> Iterator[str]:
        yield from self._verdicts()
        yield from self._errors()
        if self._is_strict:
            yield from self._messages()
            yield from self._strangers()
        for endpoint in self._endpoints:
            yield from _unfinished(endpoint)
            yield from self._rules(endpoint)

    def _new(self, kind: str) -> list[Entry]:
        """Return the entries of a kind that the test has not expected."""
        expected = self._traffic.expected
        return [one for one in self._entries if one.kind == kind and one.seq not in expected]

    def _verdicts(self) -> Iterator[str]:
        failed = [one for one in self._new("verdict") if not one.details.get("passed")]
        strict = [one for one in failed if one.details.get("strict")]
        contract = [one for one in failed if one.details.get("contract")]
        script = [one for one in failed if one not in strict and one not in contract]
        # Whoever has waited for a message has expected it, whatever the endpoint made of it.
        strict = [one for one in strict if not self._is_cause_expected(one)]
        if strict:
            shown = self._with_causes(strict)
            yield f"{counted(len(strict), 'message')} nobody expected:\n{shown}"
        if contract:
            shown = self._with_causes(contract)
            yield f"{counted(len(contract), 'message')} broke a contract:\n{shown}"
        if script:
            yield f"{counted(len(script), 'script')} failed:\n{summary(script)}"

    def _is_cause_expected(self, verdict: Entry) -> bool:
        cause = self._causes.get(verdict.seq)
        return cause is not None and cause.seq in self._traffic.expected

    def _with_causes(self, verdicts: Sequence[Entry]) -> str:
        """Return verdicts on messages, each with its message."""
        lines = []
        for verdict in verdicts[:MAX_SHOWN]:
            cause = self._causes.get(verdict.seq)
            lines += [] if cause is None else [summary([cause])]
            lines.append(f"     {verdict.details.get('text', '')}")
        if len(verdicts) > MAX_SHOWN:
            lines.append(f"  … and {len(verdicts) - MAX_SHOWN:,} more")
        return "\n".join(lines)

    def _errors(self) -> Iterator[str]:
        errors = [one for one in self._new("error") if "rule" in one.details]
        if errors:
            yield f"{counted(len(errors), 'error')} in rules:\n{summary(errors)}"

    def _messages(self) -> Iterator[str]:
        """Name the messages that the test had to receive itself, and has not received."""
        by_hand = {one.name for one in self._endpoints if one.is_judged_by_hand}
        messages = [
            one
            for one in [*self._new("text"), *self._new("binary")]
            if one.direction == "received" and one.endpoint in by_hand
        ]
        if messages:
            messages.sort(key=lambda one: one.seq)
            yield f"{counted(len(messages), 'message')} nobody expected:\n{summary(messages)}"

    def _strangers(self) -> Iterator[str]:
        strangers = [
            one for one in self._new("handshake") if one.endpoint is None and one.path != ECHO_PATH
        ]
        if strangers:
            known = ", ".join(one.path for one in self._endpoints) or "none"
            yield (
                f"{counted(len(strangers), 'connection')} to a path without an endpoint "
                f"(the paths are: {known}):\n{summary(strangers)}"
            )

    def _rules(self, endpoint: Endpoint) -> Iterator[str]:
        own = {rule.label: rule.expected for rule in endpoint.rules if rule.expected is not None}
        expected = {**endpoint.expected, **own}
        fired = count_fired(endpoint, self._entries) if expected else {}
        for label, wanted in expected.items():
            if label not in fired:
                yield f"{endpoint.name}: there is no rule {label!r}; {nearest(label, fired)}."
            elif not wanted.hold(fired[label]):
                yield (
                    f"{endpoint.name}: {label} was expected to fire {wanted}, but it "
                    f"{_so_often(fired[label])}.{self._why_not(endpoint, label, fired[label])}"
                )

    def _why_not(self, endpoint: Endpoint, rule: str, fired: int) -> str:
        """Say why the last message of the client did not make a rule fire."""
        messages = [
            one
            for one in self._entries
            if one.endpoint == endpoint.name
            and one.direction == "received"
            and one.kind in ("text", "binary")
        ]
        if fired:
            return ""
        if not messages:
            return " The client sent no message to this endpoint."
        result = self._traffic.call(
            "explain_websocket_message", endpoint=endpoint.name, seq=messages[-1].seq
        )
        why = next((one["why"] for one in result["rules"] if one["rule"] == rule), "")
        return f" The last message was:\n{summary(messages[-1:])}\n     {why}" if why else ""


def _so_often(fired: int) -> str:
    return f"fired {times(fired)}" if fired else "never fired"


def _causes(entries: Sequence[Entry]) -> dict[int, Entry]:
    """Return the message that each verdict is about, by the verdict's number."""
    latest: dict[tuple[str | None, str], Entry] = {}
    found: dict[int, Entry] = {}
    for entry in entries:
        if entry.direction:
            latest[entry.client, entry.direction] = entry
        elif entry.kind == "verdict":
            direction = "sent" if entry.details.get("contract") == "sends" else "received"
            if (cause := latest.get((entry.client, direction))) is not None:
                found[entry.seq] = cause
    return found


def _unfinished(endpoint: Endpoint) -> Iterator[str]:
    for rule in endpoint.rules:
        if rule.is_empty and not rule.was_refused:
            yield (
                f"{endpoint.name}: the rule {json_text(rule.document)} does nothing yet. "
                "Give it an action, such as send or ignore."
            )
    for handshake in endpoint.handshakes:
        if handshake.is_empty and not handshake.was_refused:
            yield (
                f"{endpoint.name}: the handshake rule {json_text(handshake.match)} does nothing "
                "yet. Give it an outcome, such as reject or accept."
            )
