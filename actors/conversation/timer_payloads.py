"""What a mock conversation wants to be reminded of."""

from dataclasses import dataclass, field
from typing import Any

from websocket_mock.actors.conversation.compiled import Actions
from websocket_mock.actors.conversation.streams import Stream


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why actions run, for their templates and for reports."""

    rule_key: str
    """The rule they belong to, and end with; empty in a script."""
    label: str
    message: Any
    """The `MessageView` that it began with."""
    captures: dict[str, str] = field(default_factory=dict)
    repeat: int = 0
    """Which turn of an `every` this is, from 0."""
    fingerprint: str = ""
    """Of what the rule does; they end when it does something else."""
    streams: tuple[Stream, ...] = ()
    """The named `every` and `after` they are part of; they end with any of these."""

    @property
    def has_ended(self) -> bool:
        """Whether a stream that they are part of has ended."""
        return any(stream.has_ended for stream in self.streams)


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with actions: after a `wait` or an `after`."""

    occasion: Occasion
    actions: Actions


@dataclass(frozen=True, slots=True)
class Repeat:
    """Run the actions of an `every` once more."""

    occasion: Occasion
    every: Any
    """The `DoEvery`."""


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
