"""Why rules match a message, or do not. Pure: nothing is counted, nothing is sent."""

from dataclasses import dataclass

from actors.mocks.compiled import CompiledEndpoint
from actors.mocks.seen import Seen


@dataclass(frozen=True, slots=True)
class Explained:
    """One rule, tried on a message."""

    rule: str
    matches: bool
    why: str
    """The first thing that differs; empty when it matches."""
    acts: bool
    """Whether it is the one that would act: the first that matches."""


def explain(endpoint: CompiledEndpoint, seen: Seen, state: str) -> tuple[Explained, ...]:
    """Try the message rules of an endpoint in their order.

    Counts (times, after_times, every_nth) belong to a connection and are not looked at.
    """
    explained: list[Explained] = []
    is_taken = False
    for rule in endpoint.rules.get("message", ()):
        why = ""
        if rule.states is not None and state not in rule.states:
            why = f"state: expected {' or '.join(sorted(rule.states))}, is {state}"
        else:
            try:
                why = rule.condition.test(seen).why
            except Exception as error:  # noqa: BLE001 - a JSON Schema may lead anywhere
                why = f"{type(error).__name__}: {error}"
        explained.append(Explained(rule.label, not why, why, acts=not why and not is_taken))
        is_taken = is_taken or not why
    return tuple(explained)
