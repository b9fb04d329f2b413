"""The actions `when`, `for_each`, `choose` and `wait`: they say which actions run next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from websocket_mock.actors.conversation.action import (
    Actions,
    BadAction,
    FlowAction,
    Part,
    Pause,
    Setting,
)
from websocket_mock.actors.conversation.expressions import (
    Number,
    When,
    compile_lenient,
    compile_number,
    read_duration,
)
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.names import NAMES
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import ActionFailed, Render, compile_value
from websocket_mock.actors.documents.actions import Action, Choose, ForEach
from websocket_mock.actors.documents.problems import Place, show_place

MAX_ITEMS = 1_000
"""The most items of one `for_each`."""


@dataclass(frozen=True, slots=True)
class DoWhen(FlowAction):
    """Run one list of actions or another."""

    key = "when"

    condition: When
    actions: Actions
    otherwise: Actions

    @classmethod
    def compile(cls, given: Action, setting: Setting, place: Place) -> Self:
        """Compile the condition and both lists."""
        assert given.when is not None, "its kind is `when`"
        condition, here = When.compile(given.when), place[:-1]
        actions = setting.compile_actions(given.do or (), (*here, "do"))
        return cls(condition, actions, setting.compile_actions(given.else_ or (), (*here, "else")))

    def enter(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Part]:
        """Return the list of actions that the condition chooses."""
        chosen = self.actions if self.condition.holds(names) else self.otherwise
        return (Part(why, chosen),)


@dataclass(frozen=True, slots=True)
class DoForEach(FlowAction):
    """Run actions once for each item of a list."""

    key = "for_each"

    items: Render
    name: str
    actions: Actions
    place: Place

    @classmethod
    def compile(cls, given: ForEach, setting: Setting, place: Place) -> Self:
        """Compile the list and the actions."""
        _check_new(given.as_)
        actions = setting.compile_actions(given.do, (*place, "do"))
        return cls(compile_value(given.in_), given.as_, actions, (*place, "in"))

    def enter(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Part]:
        """Return the actions for each item."""
        items = self.items(names)
        if not isinstance(items, list | tuple | dict | range):
            raise ActionFailed(f"{show_place(self.place)}: give a list, not {items!r:.80}")
        if len(items) > MAX_ITEMS:
            raise ActionFailed(
                f"{show_place(self.place)}: {len(items):,} items; at most {MAX_ITEMS:,} are allowed"
            )
        return [Part(_with_bound(why, self.name, item), self.actions) for item in items]


@dataclass(frozen=True, slots=True)
class DoChoose(FlowAction):
    """Run actions with one of several values."""

    key = "choose"

    values: Mapping[str, Render]
    keys: tuple[Render, ...]
    name: str
    actions: Actions
    otherwise: Actions

    @classmethod
    def compile(cls, given: Choose, setting: Setting, place: Place) -> Self:
        """Compile the values, the keys and both lists."""
        _check_new(given.as_)
        keys = [given.by] if isinstance(given.by, str) else given.by
        return cls(
            {key: compile_value(value) for key, value in given.from_.items()},
            tuple(compile_lenient(key) for key in keys),
            given.as_,
            setting.compile_actions(given.do, (*place, "do")),
            setting.compile_actions(given.else_, (*place, "else")),
        )

    def enter(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Part]:
        """Return the actions with the value, or those for when there is none."""
        for render_key in self.keys:
            key = render_key(names)
            render = self.values.get(str(key)) if isinstance(key, str | int) else None
            if render is not None:
                return (Part(_with_bound(why, self.name, render(names)), self.actions),)
        return (Part(why, self.otherwise),)


def _check_new(name: str) -> None:
    """Check a name that an action gives to a value.

    Raises:
        BadAction: templates have it already.
    """
    if name in NAMES:
        raise BadAction(f"templates have a name {name!r} already; choose another for `as`")


def _with_bound(why: Occasion, name: str, value: object) -> Occasion:
    """Return the reason for actions whose templates also see a value under a name."""
    return replace(why, bound={**why.bound, name: value})


@dataclass(frozen=True, slots=True)
class DoWait(FlowAction):
    """Run the rest of the list later."""

    key = "wait"

    delay: Number[float]

    @classmethod
    def compile(cls, given: float | str, setting: Setting, place: Place) -> Self:
        """Compile the delay."""
        return cls(compile_number(given, place, read_duration))

    def enter(self, memory: Memory, why: Occasion, names: Names) -> Pause:
        """Return the pause."""
        return Pause(self.delay(names))
