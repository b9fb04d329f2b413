"""The actions `after`, `every` and `stop`, and the payloads of their timers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from websocket_mock.actors.conversation.action import Actions, CompiledAction, Part, Setting
from websocket_mock.actors.conversation.core import Effect, StartTimer
from websocket_mock.actors.conversation.expressions import (
    Computed,
    Number,
    When,
    compile_number,
    read_count,
    read_duration,
)
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import TemplateNames, compile_text
from websocket_mock.actors.documents.actions import After, Every
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.units import MIN_INTERVAL
from websocket_mock.actors.values.immutable import immutable

_Name = Callable[[TemplateNames], str] | None
"""The name of a stream; None if it has none."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Run the actions after a `wait`, or those of an `after`."""

    parts: tuple[Part, ...]
    """In the order in which they run."""
    step: int | None = None
    """The step of the script that follows; None: they are not part of a script's own steps."""

    @property
    def occasion(self) -> Occasion:
        """The reason why the first actions run."""
        return self.parts[0].occasion


@immutable
class Repeat:
    """Run the actions of an `every` once more."""

    occasion: Occasion
    every: "DoEvery"
    count: int | None
    """The number of turns; None: no limit."""

    @property
    def ending(self) -> Part:
        """The actions after the last turn, if it is this one."""
        return Part(self.occasion, self.every.then, is_ending=True)


@dataclass(frozen=True, slots=True)
class DoAfter(CompiledAction):
    """Run actions later. The actions that follow this one do not wait for them."""

    key = "after"

    delay: Number[float]
    actions: Actions
    name: _Name = None

    @classmethod
    def compile(cls, given: After, setting: Setting, place: Place) -> Self:
        """Compile the delay and the actions inside it."""
        delay = compile_number(given.delay, (*place, "delay"), read_duration)
        actions = setting.compile_actions(given.do, (*place, "do"))
        return cls(delay, actions, _compile_name(given.name))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the timer."""
        delay = self.delay(names)
        later = _within_stream(self.name, memory, why, names)
        return (StartTimer(delay, Resume((Part(later, self.actions),))),)


@dataclass(frozen=True, slots=True)
class DoEvery(CompiledAction):
    """Run actions again and again."""

    key = "every"

    interval: Number[float]
    jitter: Number[float]
    count: Number[int] | None
    until: When | None
    actions: Actions
    then: Actions
    name: _Name = None
    needs_names: bool = False
    """Whether a template decides when the next turn comes, or whether there is one."""

    @classmethod
    def compile(cls, given: Every, setting: Setting, place: Place) -> Self:
        """Compile the numbers, the condition and the actions inside it."""
        count = given.count
        interval = compile_number(given.interval, (*place, "interval"), read_duration)
        jitter = compile_number(given.jitter, (*place, "jitter"), read_duration)
        is_computed = isinstance(interval, Computed) or isinstance(jitter, Computed)
        return cls(
            interval,
            jitter,
            None if count is None else compile_number(count, (*place, "count"), read_count),
            None if given.until is None else When.compile(given.until),
            setting.compile_actions(given.do, (*place, "do")),
            setting.compile_actions(given.then, (*place, "then")),
            _compile_name(given.name),
            needs_names=is_computed or given.until is not None,
        )

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the timer for the first turn."""
        count = None if self.count is None else self.count(names)
        first = replace(why, repeat=0)
        names = names.changed({"repeat": {"index": 0}})
        delay = self._delay(memory, names)
        within = _within_stream(self.name, memory, first, names)
        return (StartTimer(delay, Repeat(within, self, count)),)

    def start_turn(self, memory: Memory, turn: Repeat, names: TemplateNames) -> StartTimer:
        """Return the timer for a turn. The occasion and the names have the number of the turn.

        Raises:
            TemplateFailed: its interval cannot be rendered.
        """
        return StartTimer(self._delay(memory, names), turn, is_periodic=True)

    def is_over(self, turn: Repeat, names: TemplateNames) -> bool:
        """Return whether a turn is one too many: all have been, or `until` is true.

        Raises:
            TemplateFailed: `until` cannot be evaluated.
        """
        is_counted = turn.count is not None and turn.occasion.repeat >= turn.count
        return is_counted or (self.until is not None and self.until.holds(names))

    def _delay(self, memory: Memory, names: TemplateNames) -> float:
        interval, jitter = self.interval(names), self.jitter(names)
        spread = memory.random.uniform(-jitter, jitter) if jitter else 0.0
        return max(MIN_INTERVAL, interval + spread)


@dataclass(frozen=True, slots=True)
class DoStop(CompiledAction):
    """End the `every` or `after` of this name."""

    key = "stop"

    name: Callable[[TemplateNames], str]

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Compile the name."""
        return cls(compile_text(given))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """End the stream."""
        memory.streams.stop(self.name(names))
        return ()


def _compile_name(source: str | None) -> _Name:
    return None if source is None else compile_text(source)


def _within_stream(name: _Name, memory: Memory, why: Occasion, names: TemplateNames) -> Occasion:
    """Return the occasion of the actions in an `after` or `every`. A name starts a stream."""
    return why if name is None else why.within(memory.streams.start(name(names)))
