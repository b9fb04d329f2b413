"""Why rules match a message, or do not. Pure: nothing is counted, nothing is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from websocket_mock.actors.conversation.compiled import CompiledEndpoint, CompiledRule
from websocket_mock.actors.matching.conditions import Condition
from websocket_mock.actors.matching.message_view import MessageView

AT_ITS_STEP = "when the script waits at this step"


@dataclass(frozen=True, slots=True)
class Explained:
    """One rule, or step of a script, tried on a message."""

    rule: str
    matches: bool
    why: str
    """The first thing that differs; empty when it matches."""
    acts: bool
    """Whether it is the one that would act: the first that matches."""
    note: str
    """What it depends on besides, and what is not looked at here; empty if nothing."""
    depth: int
    """How far the message got: conditions that hold before the first that does not."""


def explain(endpoint: CompiledEndpoint, message: MessageView, state: str) -> tuple[Explained, ...]:
    """Try what an endpoint has for messages, in its order: its rules, or its script's steps.

    Where a script waits, and how often a rule has fired, belongs to a connection: it is a note.
    """
    tried = (
        _try_steps(endpoint, message) if endpoint.script else _try_rules(endpoint, message, state)
    )
    explained: list[Explained] = []
    is_taken = False
    for rule, why, note, depth in tried:
        acts = not why and not is_taken
        explained.append(Explained(rule, not why, why, acts, note, depth))
        is_taken = is_taken or acts
    return tuple(explained)


def otherwise(endpoint: CompiledEndpoint, explained: Sequence[Explained]) -> str | None:
    """Return what happens when the one that acts may not; None when it always may."""
    if endpoint.script:
        if endpoint.tolerates_unexpected:
            return f"unmatched: {endpoint.unmatched}; the script waits on"
        return "the script fails, and the connection is closed with 1008"
    choices: list[str] = []
    for one in explained:
        if one.matches:
            choices.append(one.rule)
            if not one.note:
                break
    else:
        choices.append(f"unmatched: {endpoint.unmatched}")
    has_matched = any(one.acts for one in explained)
    return ", else ".join(choices[1:] if has_matched else choices) or None


def describe_nearest(endpoint: CompiledEndpoint, message: MessageView, state: str) -> str:
    """Return which message rule came nearest to a message that none took, and why it did not."""
    tried = explain(endpoint, message, state)
    if not tried:
        return "there is no rule for messages"
    nearest = max(tried, key=lambda one: one.depth)
    return f"nearest is {nearest.rule}: {nearest.why or f'it fires {nearest.note}'}"


_Tried = Iterator[tuple[str, str, str, int]]
"""Label, why not, note, depth."""


def _try_rules(endpoint: CompiledEndpoint, message: MessageView, state: str) -> _Tried:
    for rule in endpoint.rules.get("message", ()):
        if rule.states is not None and state not in rule.states:
            why = f"state: expected {' or '.join(sorted(rule.states))}, is {state}"
            yield rule.label, why, _limits(rule), 0
        else:
            why, depth = _test(rule.condition, message)
            yield rule.label, why, _limits(rule), depth + 1


def _try_steps(endpoint: CompiledEndpoint, message: MessageView) -> _Tried:
    for step in endpoint.script:
        if step.expect is not None:
            why, depth = _test(step.expect, message)
            yield step.label, why, AT_ITS_STEP, depth


def _test(condition: Condition, message: MessageView) -> tuple[str, int]:
    try:
        return condition.test(message).why, condition.count_matching(message)
    except Exception as error:  # noqa: BLE001 - a JSON Schema may lead anywhere
        return f"{type(error).__name__}: {error}", 0


def _limits(rule: CompiledRule) -> str:
    limits = []
    if rule.times is not None:
        limits.append(f"at most {rule.times} times (times)")
    if rule.after_times:
        limits.append(f"not the first {rule.after_times} times (after_times)")
    if rule.every_nth > 1:
        limits.append(f"only each {rule.every_nth}th time (every_nth)")
    return f"{', '.join(limits)}, per connection" if limits else ""
