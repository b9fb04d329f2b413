"""The actions `after`, `every`, `stop` and `wait`, and the payloads of their timers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from websocket_mock.actors.conversation.action import Actions, CompiledAction, Memory, Setting
from websocket_mock.actors.conversation.core import Effect, StartTimer
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import TemplateNames, compile_text
from websocket_mock.actors.documents.actions import After, Every
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.units import MIN_INTERVAL, Duration

_Name = Callable[[TemplateNames], str] | None
"""The name of a stream; None if it has none."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Run the actions after a `wait`, or those of an `after`."""

    occasion: Occasion
    actions: Actions


@dataclass(frozen=True, slots=True)
class Repeat:
    """Run the actions of an `every` once more."""

    occasion: Occasion
    every: "DoEvery"


@dataclass(frozen=True, slots=True)
class DoAfter(CompiledAction):
    """Run actions later. The actions that follow this one do not wait for them."""

    key = "after"

    delay: float
    actions: Actions
    name: _Name = None

    @classmethod
    def compile(cls, given: After, setting: Setting, place: Place) -> Self:
        """Compile the actions inside it."""
        actions = setting.compile_actions(given.do, (*place, "do"))
        return cls(given.delay, actions, _compile_name(given.name))

    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Return the timer."""
        later = _within_stream(self.name, memory, why, names)
        return (StartTimer(self.delay, Resume(later, self.actions)),)


@dataclass(frozen=True, slots=True)
class DoEvery(CompiledAction):
    """Run actions again and again."""

    key = "every"

    interval: float
    jitter: float
    count: int | None
    actions: Actions
    name: _Name = None

    @classmethod
    def compile(cls, given: Every, setting: Setting, place: Place) -> Self:
        """Compile the actions inside it."""
        actions = setting.compile_actions(given.do, (*place, "do"))
        name = _compile_name(given.name)
        return cls(given.interval, given.jitter, given.count, actions, name)

    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Return the timer for the first turn."""
        first = replace(_within_stream(self.name, memory, why, names), repeat=0)
        return (self.start_turn(memory, first),)

    def start_turn(self, memory: Memory, why: Occasion) -> StartTimer:
        """Return the timer for a turn. The occasion has the number of the turn."""
        spread = memory.random.uniform(-self.jitter, self.jitter) if self.jitter else 0.0
        return StartTimer(max(MIN_INTERVAL, self.interval + spread), Repeat(why, self))


@dataclass(frozen=True, slots=True)
class DoStop(CompiledAction):
    """End the `every` or `after` of this name."""

    key = "stop"

    name: Callable[[TemplateNames], str]

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Compile the name."""
        return cls(compile_text(given))

    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """End the stream."""
        memory.streams.stop(self.name(names))
        return ()


@dataclass(frozen=True, slots=True)
class DoWait(CompiledAction):
    """Run the rest of the list later. The runner does this; the action itself does nothing."""

    key = "wait"

    delay: float

    @classmethod
    def compile(cls, given: Duration, setting: Setting, place: Place) -> Self:
        """Return the action; it has nothing to compile."""
        return cls(given)

    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Return no effects."""
        return ()


def _compile_name(source: str | None) -> _Name:
    return None if source is None else compile_text(source)


def _within_stream(name: _Name, memory: Memory, why: Occasion, names: TemplateNames) -> Occasion:
    """Return the occasion of the actions in an `after` or `every`. A name starts a stream."""
    return why if name is None else why.within(memory.streams.start(name(names)))
