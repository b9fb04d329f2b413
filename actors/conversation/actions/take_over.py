"""The action `take_over`: this connection takes the place of another one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from websocket_mock.actors.conversation.action import CompiledAction, Setting
from websocket_mock.actors.conversation.core import Effect, TakeOver
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import TemplateNames, compile_text
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.values.models import ClientId


@dataclass(frozen=True, slots=True)
class DoTakeOver(CompiledAction):
    """Take the place of another client."""

    key = "take_over"

    client_id: Callable[[TemplateNames], str]

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Compile the id."""
        return cls(compile_text(given))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect; none if the client is the one that takes over."""
        client_id = ClientId(self.client_id(names))
        return () if client_id == memory.context.client_id else (TakeOver(client_id),)
