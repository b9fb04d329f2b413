"""The actions `join` and `leave`: the groups of the client."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from websocket_mock.actors.conversation.action import CompiledAction, Setting
from websocket_mock.actors.conversation.core import Effect, JoinGroup, LeaveGroup
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import TemplateNames, compile_text
from websocket_mock.actors.documents.problems import Place


@dataclass(frozen=True, slots=True)
class DoJoin(CompiledAction):
    """Join a group."""

    key = "join"

    group: Callable[[TemplateNames], str]

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Compile the name."""
        return cls(compile_text(given))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect."""
        group = self.group(names)
        memory.join(group)
        return (JoinGroup(group),)


@dataclass(frozen=True, slots=True)
class DoLeave(CompiledAction):
    """Leave a group."""

    key = "leave"

    group: Callable[[TemplateNames], str]

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Compile the name."""
        return cls(compile_text(given))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect."""
        group = self.group(names)
        memory.leave(group)
        return (LeaveGroup(group),)
