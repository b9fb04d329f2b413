"""Chooses the rule that answers an event, and counts how often each rule matches and fires."""

from collections.abc import Container, Sequence
from typing import Any

from websocket_mock.actors.conversation.compiled import CompiledRule
from websocket_mock.actors.conversation.core import Effect, ReportProblem
from websocket_mock.actors.conversation.expressions import Computed
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.conversation.templates import TemplateFailed
from websocket_mock.actors.matching.matchers import NO_CAPTURES, Captures
from websocket_mock.actors.matching.message_view import NOTHING, MessageView

Choice = tuple[CompiledRule, Occasion]
"""A rule that fires, and the reason why its actions run."""

_NO_CAPTURES: dict[str, Any] = {}


def occasion_of(rule: CompiledRule, message: MessageView, captures: Captures) -> Occasion:
    """Return the reason why the actions of a rule run."""
    # Templates see the captures, and in their sandbox only a dict has keys as attributes.
    seen = dict(captures) if captures else _NO_CAPTURES
    return Occasion(rule.key, rule.label, message, seen, fingerprint=rule.fingerprint)


class RuleChoice:
    """The choice of rules on one connection. Only its connection uses it.

    Args:
        runner: has the state of the connection, and what conditions see.
    """

    def __init__(self, runner: ActionRunner) -> None:
        self._runner = runner
        self._fired: dict[str, int] = {}
        self._would_fire: dict[str, int] = {}

    def keep(self, keys: Container[str]) -> None:
        """Forget the counts of all rules but these."""
        for counts in (self._fired, self._would_fire):
            for key in [key for key in counts if key not in keys]:
                del counts[key]

    def choose(
        self, rules: Sequence[CompiledRule], message: MessageView, now: float
    ) -> tuple[Choice | None, list[Effect]]:
        """Return the first rule that fires for a message, and the problems of those before it."""
        problems: list[Effect] = []
        for rule in rules:
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
        return self._count(rule, times)

    def _count(self, rule: CompiledRule, times: int | None) -> bool:
        if times is not None and self._fired.get(rule.key, 0) >= times:
            return False
        turn = self._would_fire.get(rule.key, 0) + 1
        self._would_fire[rule.key] = turn
        past = turn - rule.after_times
        if past <= 0 or past % rule.every_nth:
            return False
        self._fired[rule.key] = self._fired.get(rule.key, 0) + 1
        return True
