"""The payloads of the timers of rules and scripts.

The payloads of the timers of actions are in `actions/timers.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleDue:
    """A timer rule is due, or the client may have been silent long enough for an idle rule."""

    rule_key: str
    number: int | None
    """The number of the timer; only the latest timer of a rule is valid."""


@dataclass(frozen=True, slots=True)
class StepOverdue:
    """The time in which a step of a script expects a message is over."""

    turn: int
    """The number of the script's expectation that it belongs to, from 1."""
    seconds: float
