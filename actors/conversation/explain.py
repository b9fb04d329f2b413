"""Explains why rules match a message or do not. Pure: it counts and sends nothing."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from websocket_mock.actors.conversation.batches import first_packet, split_text
from websocket_mock.actors.conversation.compiled import CompiledEndpoint, CompiledRule
from websocket_mock.actors.conversation.templates import TemplateNames
from websocket_mock.actors.matching.conditions import Condition
from websocket_mock.actors.matching.matchers import NO_CAPTURES, Captures
from websocket_mock.actors.matching.message_view import MessageView, view_message, with_layout
from websocket_mock.actors.values.explanations import Explained, Explanation
from websocket_mock.actors.values.inbound import TextReceived

AT_ITS_STEP = "when the script waits at this step"


NamesOf = Callable[[CompiledRule, Captures], TemplateNames]
"""Returns the names that the templates of a rule see on a connection."""

WhyLimited = Callable[[CompiledRule, Callable[[], TemplateNames]], str]
"""Returns which count of a connection keeps a rule from firing, see `RuleChoice.why_limited`."""


def explain(
    endpoint: CompiledEndpoint,
    message: MessageView,
    state: str,
    names_of: NamesOf | None = None,
    why_limited: WhyLimited | None = None,
) -> Explanation:
    """Try the message rules of an endpoint, or the steps of its script, in their order.

    Where a script waits depends on the connection, and without one also how often a rule has fired.
    A note says so.

    Args:
        endpoint: the endpoint.
        message: the message.
        state: the state of the connection.
        names_of: gives what the `when` of a rule sees; None: there is no connection. Then a `when`
            is tried if the message and the state suffice for it.
        why_limited: says whether a rule may fire by its counts; None: the counts are not known.
            Only with `names_of`.
    """
    message = as_received(endpoint, message)
    tried = (
        _try_steps(endpoint, message)
        if endpoint.script
        else _try_rules(endpoint, message, state, names_of, why_limited)
    )
    explained: list[Explained] = []
    is_taken = False
    for rule, why, note, depth in tried:
        acts = not why and not is_taken
        explained.append(Explained(rule, not why, why, acts, note, depth))
        is_taken = is_taken or acts
    rules = tuple(explained)
    return Explanation(
        endpoint.name, state, rules, _otherwise(endpoint, rules), _breach(endpoint, message)
    )


def _breach(endpoint: CompiledEndpoint, message: MessageView) -> str:
    if endpoint.contract is None or message.text is None:
        return ""
    if message.size > len(message.text.encode()):
        return "the journal has only its beginning, so it cannot be checked"
    return endpoint.contract.why_broken("accepts", message.text)


def as_received(endpoint: CompiledEndpoint, message: MessageView) -> MessageView:
    """Return a message as the rules of an endpoint see it: with its fields; of parts, the first."""
    if endpoint.split_by is not None and message.text is not None:
        parts = split_text(TextReceived(message.text, message.size), endpoint.split_by)
        return view_message(parts[0]) if parts else message
    if endpoint.layout is None:
        return message
    if endpoint.split_after is not None and message.type == "binary":
        data = first_packet(message.bytes or b"", endpoint.split_after)
        message = MessageView(binary=data, size=len(data))
    return with_layout(message, endpoint.layout)


def _otherwise(endpoint: CompiledEndpoint, explained: Sequence[Explained]) -> str | None:
    """Return what happens when the rule or step that acts must not; None if it always may."""
    if endpoint.script:
        if endpoint.tolerates_unexpected:
            return f"unmatched: {endpoint.unmatched}; the script keeps waiting"
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


def describe_nearest(
    endpoint: CompiledEndpoint, message: MessageView, state: str, names_of: NamesOf
) -> str:
    """Return which rule comes closest to matching a message, and why it does not match."""
    tried = explain(endpoint, message, state, names_of).rules
    if not tried:
        return "there is no rule for messages"
    nearest = max(tried, key=lambda one: (one.matches, one.depth))
    return f"the nearest is {nearest.rule}: {nearest.why or f'it fires {nearest.note}'}"


_Tried = Iterator[tuple[str, str, str, int]]
"""The label, why it does not match, the note and the depth."""


def _try_rules(
    endpoint: CompiledEndpoint,
    message: MessageView,
    state: str,
    names_of: NamesOf | None,
    why_limited: WhyLimited | None,
) -> _Tried:
    for rule in endpoint.rules.get("message", ()):
        note = _limits(rule)
        if rule.states is not None and state not in rule.states:
            why = f"state: expected {' or '.join(sorted(rule.states))}, is {state}"
            yield rule.label, why, note, 0
            continue
        why, depth = _test(rule.condition, message)
        if not why:
            captures = rule.condition.match(message) or NO_CAPTURES
            if names_of is None:
                why, note = _try_alone(rule, message, state, captures)
            else:
                names = partial(names_of, rule, captures)
                why = "" if rule.when is None else rule.when.why_not(names())
                if why_limited is not None and not why:
                    why, note = why_limited(rule, names), ""
        yield rule.label, why, note, depth + 1


def _try_alone(
    rule: CompiledRule, message: MessageView, state: str, captures: Captures
) -> tuple[str, str]:
    """Return why a rule without a connection does not fire, and what else it depends on."""
    note = _limits(rule)
    if rule.when is None:
        return "", note
    names = {"message": message, "match": dict(captures), "state": state}
    if rule.when.needs <= names.keys():
        return rule.when.why_not(names), note
    return "", ", ".join(filter(None, [f"if {rule.when.source} (when)", note]))


def _try_steps(endpoint: CompiledEndpoint, message: MessageView) -> _Tried:
    for step in endpoint.script:
        if step.expect is not None:
            why, depth = _test(step.expect, message)
            yield step.label, why, AT_ITS_STEP, depth


def _test(condition: Condition, message: MessageView) -> tuple[str, int]:
    try:
        return condition.test(message).why, condition.count_matching(message)
    except Exception as error:  # noqa: BLE001 - a JSON Schema may raise anything
        return f"{type(error).__name__}: {error}", 0


def _limits(rule: CompiledRule) -> str:
    limits = []
    if rule.times is not None:
        limits.append(f"at most {rule.times} times (times)")
    if rule.after_times:
        limits.append(f"not the first {rule.after_times} times (after_times)")
    if rule.every_nth > 1:
        limits.append(f"only once every {rule.every_nth} times (every_nth)")
    return f"{', '.join(limits)}, per connection" if limits else ""
