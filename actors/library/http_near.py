"""Which HTTP rule matches a request, and which came nearest if none does. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from websocket_mock.actors.conversation.http_rules import READING, CompiledHttpRule
from websocket_mock.actors.matching.http_conditions import HttpView
from websocket_mock.actors.matching.matchers import MATCHED, Verdict

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The methods that a response with 405 may name."""

ALMOST = 1_000
"""The depth of a rule whose `match` holds."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A rule that does not answer a request."""

    label: str
    why: str
    """What was expected and what was found. It may hold what a client should not learn."""
    depth: int
    """How near it came."""

    @property
    def part(self) -> str:
        """What a client may learn: the part of the rule that does not match, without values."""
        return f"{self.why.partition(':')[0]} does not match"

    @property
    def told(self) -> str:
        """Why it does not answer, for the traffic."""
        return f"the nearest is {self.label}: {self.why}"


def matches(rule: CompiledHttpRule, view: HttpView) -> tuple[Verdict, Miss | None]:
    """Return whether the conditions of a rule match a request, and how it misses if they do not.

    A request with HEAD also matches as one with GET.
    """
    if rule.serves_files and view.request.method not in READING:
        return MATCHED, Miss(rule.label, "files: only GET and HEAD read files", 0)
    try:
        verdict = rule.condition.test(view)
        if not verdict.matched and view.request.method == "HEAD":
            verdict = rule.condition.test(_with_method(view, "GET"))
        if verdict.matched:
            return verdict, None
        return verdict, Miss(rule.label, verdict.why, sum(verdict.nearness))
    except Exception as error:  # noqa: BLE001 - a JSON Schema may raise anything
        return MATCHED, Miss(rule.label, f"match: {type(error).__name__}: {error}", 0)


def nearest(misses: Sequence[Miss]) -> Miss:
    """Return the rule that came nearest to matching."""
    return max(misses, key=lambda one: one.depth)


def allowed_methods(rules: Sequence[CompiledHttpRule], view: HttpView) -> list[str]:
    """Return the methods with which the request would match."""
    return [
        method
        for method in METHODS
        if any(matches(rule, _with_method(view, method))[1] is None for rule in rules)
    ]


def _with_method(view: HttpView, method: str) -> HttpView:
    return HttpView(replace(view.request, method=method), view.message)
