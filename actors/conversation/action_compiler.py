"""Compiles the actions of a document: it compiles their templates and reads their files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from websocket_mock.actors.conversation.action import Actions, BadAction, CompiledAction
from websocket_mock.actors.conversation.action_registry import ACTIONS
from websocket_mock.actors.conversation.own_code import Function
from websocket_mock.actors.conversation.templates import BadTemplate
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.problems import Place

T = TypeVar("T")

Fail = Callable[[Place, object], None]
"""Is called with the place of a problem and what is wrong there."""


@dataclass(frozen=True, slots=True)
class ActionCompiler:
    """Compiles the actions of one endpoint."""

    read_file: Callable[[str], bytes]
    """Returns the content of a file; raises `BadAction` if it cannot be read or may not be sent."""
    fail: Fail
    replay: int
    """The most messages that the endpoint keeps for each logical client."""
    find_function: Callable[[str], Function]
    """Returns a function of own code; raises `BadAction` if there is none of this name."""

    def compile_actions(self, actions: Sequence[Action], place: Place) -> Actions:
        """Compile a list of actions. One that cannot be compiled is reported and left out.

        Args:
            actions: the actions of the document.
            place: the place of the list.
        """
        compiled = (
            self.compile_action(action, (*place, index)) for index, action in enumerate(actions)
        )
        return tuple(one for one in compiled if one is not None)

    def compile_action(self, action: Action, place: Place) -> CompiledAction | None:
        """Compile one action. If it cannot be compiled, report that and return None."""
        kind = action.kind
        here = (*place, kind)
        return self.attempt(here, lambda: ACTIONS[kind].compile(action.given, self, here))

    def attempt(self, place: Place, compile_part: Callable[[], T]) -> T | None:
        """Compile a part. If it cannot be compiled, report that and return None.

        Args:
            place: the place of the part.
            compile_part: compiles it.
        """
        try:
            return compile_part()
        except (BadAction, BadTemplate, UnicodeEncodeError) as error:
            self.fail(place, error)
            return None
