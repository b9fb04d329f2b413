"""Decides when the timer and idle rules of one connection are due. Pure: callers pass the time.

Each rule has one valid timer, which its number identifies. When the rule's times change, the rule
gets a new timer, and the old one no longer does anything.
"""

from dataclasses import dataclass
from itertools import count

from websocket_mock.actors.conversation.compiled import CompiledEndpoint, CompiledRule
from websocket_mock.actors.conversation.core import Effect, StartTimer
from websocket_mock.actors.conversation.timer_payloads import RuleDue

_EARLY = 0.0005
"""How early a timer may fire, in seconds."""


@dataclass(slots=True)
class _Armed:
    rule: CompiledRule
    """The current version of the rule."""
    since: float
    """Where its time starts: when the rule was added, or when it last fired."""
    number: int | None = None
    """The number of the valid timer."""
    has_fired: bool = False


class RuleTimers:
    """The timed rules of a conversation. Only its connection uses it."""

    def __init__(self) -> None:
        self.last_heard = 0.0
        """When the client last sent anything."""
        self._armed: dict[str, _Armed] = {}
        self._numbers = count()

    def arm(self, endpoint: CompiledEndpoint, now: float) -> list[Effect]:
        """Return timers for the rules that are new or whose times have changed."""
        rules = [*endpoint.rules.get("timer", ()), *endpoint.rules.get("idle", ())]
        before, self._armed = self._armed, {}
        effects: list[Effect] = []
        for rule in rules:
            armed = before.get(rule.key)
            if armed is None or armed.rule.trigger != rule.trigger:
                armed = _Armed(rule, since=now)
            has_other_times = armed.number is None or _times(armed.rule) != _times(rule)
            armed.rule = rule
            self._armed[rule.key] = armed
            if has_other_times:
                armed.number = next(self._numbers)
                effects += self._start(armed, now)
        return effects

    def take(self, timer: RuleDue, now: float) -> tuple[CompiledRule | None, list[Effect]]:
        """Return the rule if it is due, otherwise None; and the timer for its next turn."""
        armed = self._armed.get(timer.rule_key)
        if armed is None or armed.number != timer.number:
            return None, []
        if armed.rule.trigger == "idle" and self._left(armed, now) > _EARLY:
            return None, self._start(armed, now)
        armed.since, armed.has_fired = now, True
        return armed.rule, self._start(armed, now, is_periodic=armed.rule.trigger == "timer")

    def _start(self, armed: _Armed, now: float, *, is_periodic: bool = False) -> list[Effect]:
        if self._wait(armed) is None:
            return []
        left = max(0.0, self._left(armed, now))
        return [StartTimer(left, RuleDue(armed.rule.key, armed.number), is_periodic)]

    def _left(self, armed: _Armed, now: float) -> float:
        is_idle = armed.rule.trigger == "idle"
        since = max(armed.since, self.last_heard) if is_idle else armed.since
        return (self._wait(armed) or 0.0) - (now - since)

    def _wait(self, armed: _Armed) -> float | None:
        is_again = armed.rule.trigger == "timer" and armed.has_fired
        return armed.rule.interval if is_again else armed.rule.after


def _times(rule: CompiledRule) -> tuple[object, ...]:
    return rule.trigger, rule.after, rule.interval
