"""The actions `state` and `set`: they change the state and the variables of the connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from websocket_mock.actors.conversation.action import CompiledAction, Memory, Setting
from websocket_mock.actors.conversation.core import Effect
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import Render, compile_value
from websocket_mock.actors.documents.problems import Place


@dataclass(frozen=True, slots=True)
class DoState(CompiledAction):
    """Set the connection's state."""

    key = "state"

    state: str

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Return the action; it has nothing to compile."""
        return cls(given)

    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Set the state, also for the templates of the actions that follow."""
        memory.state = names["state"] = self.state
        return ()


@dataclass(frozen=True, slots=True)
class DoSet(CompiledAction):
    """Set variables of the connection."""

    key = "set"

    values: tuple[tuple[str, Render], ...]

    @classmethod
    def compile(cls, given: dict[str, Any], setting: Setting, place: Place) -> Self:
        """Compile the values."""
        return cls(tuple((name, compile_value(value)) for name, value in given.items()))

    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Set all variables, or none if a template fails."""
        memory.variables.update({name: render(names) for name, render in self.values})
        return ()
