"""The action `fault`: it raises a fault on the connection, from now on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from websocket_mock.actors.conversation.action import BadAction, CompiledAction, Setting
from websocket_mock.actors.conversation.core import Effect, RaiseFault
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.compiler import BadFault, compile_action_fault
from websocket_mock.actors.faults.schema import Fault


@dataclass(frozen=True, slots=True)
class DoFault(CompiledAction):
    """Raise a fault on the connection."""

    key = "fault"

    fault: CompiledFault

    @classmethod
    def compile(cls, given: Fault, setting: Setting, place: Place) -> Self:
        """Compile the fault."""
        try:
            return cls(compile_action_fault(given))
        except BadFault as error:
            raise BadAction(str(error)) from None

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect."""
        return (RaiseFault(self.fault),)
