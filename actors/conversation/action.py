"""The base class of all actions, and what they work with.

Each action is one class in a module of `actions`, which the registry finds by its key. The class
compiles what the document gives for the key. An instance is a compiled action.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, ClassVar, Protocol, Self

from websocket_mock.actors.conversation.core import ConnectionContext, Effect
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.streams import Streams
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.problems import Place


class BadAction(ValueError):
    """Raised when an action cannot be compiled; the text says why."""


class Setting(Protocol):
    """What an action may use while it is compiled."""

    def read_file(self, name: str, /) -> bytes:
        """Return the content of a file that belongs to the mocks.

        Raises:
            BadAction: the file cannot be read or may not be sent.
        """

    def compile_actions(
        self, actions: Sequence[Action], place: Place, /
    ) -> "tuple[CompiledAction, ...]":
        """Compile a list of actions inside this one."""


@dataclass(slots=True)
class Memory:
    """What the actions of one connection read and change. Only its connection uses it."""

    context: ConnectionContext
    random: Random
    """Seeded, so that a run can be repeated with the same random numbers."""
    state: str
    variables: dict[str, Any] = field(default_factory=dict)
    streams: Streams = field(default_factory=Streams)
    received: int = 0
    sent: int = 0


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
    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Run the action: change the memory and return the effects.

        Args:
            memory: the memory of the connection.
            why: the reason why the action runs, with the message that caused it.
            names: the names that templates see. A change is also seen by the actions that follow.

        Raises:
            TemplateFailed: a template in it cannot be rendered.
        """


Actions = tuple[CompiledAction, ...]
