"""The base class of all actions, and what they work with.

Each action is one class in a module of `actions`, which the registry finds by its key. The class
compiles what the document gives for the key. An instance is a compiled action.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from websocket_mock.actors.conversation.core import Effect
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.own_code import Function
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.problems import Place


class BadAction(ValueError):
    """Raised when an action cannot be compiled; the text says why."""


class Setting(Protocol):
    """What an action may use while it is compiled."""

    @property
    def replay(self) -> int:
        """The most messages that are kept for each logical client of the endpoint."""

    def find_function(self, name: str, /) -> Function:
        """Return a function of own code.

        Raises:
            BadAction: there is none of this name.
        """

    def read_file(self, name: str, /) -> bytes:
        """Return the content of a file that belongs to the mocks.

        Raises:
            BadAction: the file cannot be read or may not be sent.
        """

    def compile_actions(
        self, actions: Sequence[Action], place: Place, /
    ) -> "tuple[CompiledAction, ...]":
        """Compile a list of actions inside this one."""


class CompiledAction:
    """Base of all actions. Subclasses are frozen, slotted dataclasses; any thread may use them."""

    # Not an ABC: `isinstance` is slow with an ABC, and the runner calls it for every action.
    __slots__ = ()

    key: ClassVar[str]
    """The key of the action in a document."""

    @classmethod
    @abstractmethod
    def compile(cls, given: Any, setting: Setting, place: Place) -> Self:  # noqa: ANN401
        """Compile an action.

        Args:
            given: the value of the key, in the type that the schema has for it.
            setting: shared by all actions of the document.
            place: the place of `given` in the document.

        Raises:
            BadAction: the action cannot be compiled.
            BadTemplate: a template in it is not valid.
        """

    @abstractmethod
    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Run the action: change the memory and return the effects.

        Args:
            memory: the memory of the connection.
            why: the reason why the action runs, with the message that caused it.
            names: the names that templates see. A change is also seen by the actions that follow.

        Raises:
            ActionFailed: it cannot be done, for example because a template cannot be rendered.
        """


Actions = tuple[CompiledAction, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Actions that run one after the other for one reason."""

    occasion: Occasion
    actions: Actions
    is_ending: bool = False
    """Whether they end a stream, and so do not run if it was stopped."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Everything that follows runs later."""

    delay: float
    """Seconds."""


class FlowAction(CompiledAction):
    """Base of the actions that say which actions run next."""

    __slots__ = ()

    def do(
        self,
        memory: Memory,  # noqa: ARG002 - the signature of the base class
        why: Occasion,  # noqa: ARG002
        names: Names,  # noqa: ARG002
    ) -> Sequence[Effect]:
        """Return no effects: what it does is to be entered."""
        return ()

    @abstractmethod
    def enter(self, memory: Memory, why: Occasion, names: Names) -> "Sequence[Part] | Pause":
        """Return the actions to run before the rest of the list, or a pause.

        Raises:
            ActionFailed: it cannot be done, for example because a template cannot be rendered.
        """
