"""What a mock conversation wants to be reminded of.

What the timers of actions carry stands beside these actions, in `actions/timers.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleDue:
    """A timer rule's time has come, or an idle rule's silence may be long enough."""

    rule_key: str
    number: int | None
    """Only the latest timer of a rule counts."""


@dataclass(frozen=True, slots=True)
class StepOverdue:
    """What a script's step expects should have come."""

    turn: int
    """Which of the script's expectations it belongs to, counted from 1."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """Go on with a script after a wait."""

    position: int
