"""From the actions a person wrote to what runs: templates compiled, files read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websocket_mock.actors.conversation.action import Actions, BadAction, CompiledAction
from websocket_mock.actors.conversation.action_registry import ACTIONS
from websocket_mock.actors.conversation.templates import BadTemplate
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.problems import Place

Fail = Callable[[Place, object], None]
"""Takes what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class ActionCompiler:
    """Compiles the actions of one document."""

    read_file: Callable[[str], bytes]
    """Returns what is in a file; raises `BadAction` where it cannot be had."""
    fail: Fail

    def compile_actions(self, actions: Sequence[Action], place: Place) -> Actions:
        """Return what a list of actions does; what cannot be compiled is told and left out.

        Args:
            actions: as a person wrote them.
            place: of the list.
        """
        compiled = (
            self.compile_action(action, (*place, index)) for index, action in enumerate(actions)
        )
        return tuple(one for one in compiled if one is not None)

    def compile_action(self, action: Action, place: Place) -> CompiledAction | None:
        """Return what one action does; None where it cannot be compiled, which is told."""
        kind = action.kind
        here = (*place, kind)
        try:
            return ACTIONS[kind].compile(getattr(action, kind), self, here)
        except (BadAction, BadTemplate, UnicodeEncodeError) as error:
            self.fail(here, error)
            return None
