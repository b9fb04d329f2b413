"""Chooses the rule that answers an event, and counts how often each rule matches and fires."""

from collections.abc import Callable, Container
from typing import Any, Literal

from websocket_mock.actors.conversation.compiled import CompiledRule, RuleList
from websocket_mock.actors.conversation.core import Effect, ReportProblem
from websocket_mock.actors.conversation.expressions import Computed
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.conversation.templates import TemplateFailed, TemplateNames
from websocket_mock.actors.matching.matchers import NO_CAPTURES, Captures
from websocket_mock.actors.matching.message_view import NOTHING, MessageView

Choice = tuple[CompiledRule, Occasion]
"""A rule that fires, and the reason why its actions run."""

_EMPTY: dict[str, Any] = {}


def occasion_of(rule: CompiledRule, message: MessageView, captures: Captures) -> Occasion:
    """Return the reason why the actions of a rule run."""
    # Templates see the captures, and in their sandbox only a dict has keys as attributes.
    seen = dict(captures) if captures else _EMPTY
    return Occasion(rule.key, rule.label, message, seen, 0, rule.fingerprint, _EMPTY)


class _Counts:
    """What a rule has done on one connection."""

    __slots__ = ("fired", "matched")

    def __init__(self) -> None:
        self.matched = 0
        """How often it matched before it had fired `times` times."""
        self.fired = 0


class RuleChoice:
    """The choice of rules on one connection. Only its connection uses it.

    Args:
        runner: has the state of the connection, and what conditions see.
    """

    def __init__(self, runner: ActionRunner) -> None:
        self._runner = runner
        self._counts: dict[str, _Counts] = {}

    def keep(self, keys: Container[str]) -> None:
        """Forget the counts of all rules but these."""
        for key in [key for key in self._counts if key not in keys]:
            del self._counts[key]

    def choose(
        self, rules: RuleList, message: MessageView, now: float
    ) -> tuple[Choice | None, list[Effect]]:
        """Return the first rule that fires for a message, and the problems of those before it."""
        problems: list[Effect] = []
        for rule in rules.find(message):
            if rule.states is not None and self._runner.memory.state not in rule.states:
                continue
            try:
                captures = rule.condition.match(message)
                if captures is not None and self._may_fire(rule, message, captures, now):
                    return (rule, occasion_of(rule, message, captures)), problems
            except TemplateFailed as error:
                problems.append(ReportProblem(rule.label, str(error)))
            except Exception as error:  # noqa: BLE001 - a JSON Schema may raise anything
                problems.append(ReportProblem(rule.label, f"{type(error).__name__}: {error}"))
        return None, problems

    def choose_timed(self, rule: CompiledRule, now: float) -> tuple[Choice | None, list[Effect]]:
        """Return a rule whose time has come if it fires, and its problems."""
        if rule.states is not None and self._runner.memory.state not in rule.states:
            return None, []
        try:
            if self._may_fire(rule, NOTHING, NO_CAPTURES, now):
                return (rule, occasion_of(rule, NOTHING, NO_CAPTURES)), []
        except TemplateFailed as error:
            return None, [ReportProblem(rule.label, str(error))]
        return None, []

    def _may_fire(
        self, rule: CompiledRule, message: MessageView, captures: Captures, now: float
    ) -> bool:
        """Count a match of a rule; return whether it fires. A `when` that is false is no match."""
        times = rule.times
        if rule.when is not None or isinstance(times, Computed):
            names = self._runner.names(occasion_of(rule, message, captures), now)
            if rule.when is not None and not rule.when.holds(names):
                return False
            if isinstance(times, Computed):
                times = times(names)
        counts = self._counts.get(rule.key)
        if counts is None:
            counts = self._counts[rule.key] = _Counts()
        limit = _limit(rule, times, counts)
        if limit == "times":
            return False
        counts.matched += 1
        if limit is not None:
            return False
        counts.fired += 1
        return True

    def why_limited(self, rule: CompiledRule, names_of: Callable[[], TemplateNames]) -> str:
        """Return which count keeps a rule from firing at its next match; empty: none.

        Counts nothing.

        Args:
            rule: the rule; its condition and its `when` hold.
            names_of: returns the names that its templates see; called if `times` is a template.
        """
        times = rule.times
        if isinstance(times, Computed):
            try:
                times = times(names_of())
            except TemplateFailed as error:
                return str(error)
        counts = self._counts.get(rule.key, _Counts())
        limit = _limit(rule, times, counts)
        turn = counts.matched + 1
        if limit == "times":
            return f"times: it has fired {counts.fired} of {times} times"
        if limit == "after_times":
            return f"after_times: this is match {turn}, and it skips the first {rule.after_times}"
        if limit == "every_nth":
            past = turn - rule.after_times
            counted = (
                f"match {past} after the first {rule.after_times}"
                if past < turn
                else f"match {turn}"
            )
            return f"every_nth: this is {counted}, and it fires only once every {rule.every_nth}"
        return ""


def _limit(
    rule: CompiledRule, times: int | None, counts: _Counts
) -> Literal["times", "after_times", "every_nth"] | None:
    """Return the key that keeps a rule from firing at its next match; None: it fires."""
    if times is not None and counts.fired >= times:
        return "times"
    past = counts.matched + 1 - rule.after_times
    if past <= 0:
        return "after_times"
    return "every_nth" if past % rule.every_nth else None
