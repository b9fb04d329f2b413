"""What every action is made of: one class that compiles what a person wrote, and does it.

An action is a class in a module of `actions`, which the registry finds by its key. An instance is
what the action was compiled to.
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
    """What an action may ask for while it is compiled."""

    def read_file(self, name: str, /) -> bytes:
        """Return what is in a file that belongs to the mocks.

        Raises:
            BadAction: it cannot be had.
        """

    def compile_actions(
        self, actions: Sequence[Action], place: Place, /
    ) -> "tuple[CompiledAction, ...]":
        """Return what a list of actions inside of this one does."""


@dataclass(slots=True)
class Memory:
    """What the actions of one connection read and change. Confined to its connection."""

    context: ConnectionContext
    random: Random
    """Seeded, so that all chance on the connection can be repeated."""
    state: str
    variables: dict[str, Any] = field(default_factory=dict)
    streams: Streams = field(default_factory=Streams)
    received: int = 0
    sent: int = 0


class CompiledAction:
    """Base of all actions. Frozen, slotted dataclasses derive from it; any thread may use them."""

    # Not an ABC: `isinstance` is slow with one, and the runner asks it of every action.
    __slots__ = ()

    key: ClassVar[str]
    """What a person writes."""

    @classmethod
    @abstractmethod
    def compile(cls, given: Any, setting: Setting, place: Place) -> Self:  # noqa: ANN401
        """Return what an action does.

        Args:
            given: what a person wrote behind the key; its type is that of the schema.
            setting: of all actions of the document.
            place: of what was given.

        Raises:
            BadAction: it cannot be done.
            BadTemplate: a template in it is not valid.
        """

    @abstractmethod
    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Do it: change the memory, and return what shall happen.

        Args:
            memory: of the connection.
            why: it runs, with the message that began it.
            names: what templates see, the actions that follow included.

        Raises:
            TemplateFailed: a template in it cannot be rendered.
        """


Actions = tuple[CompiledAction, ...]
