"""The base class of all actions, and what they work with.

Each action is one class in a module of `actions`, which the registry finds by its key. The class
compiles what the document gives for the key. An instance is a compiled action.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Protocol, Self

from websocket_mock.actors.conversation.core import ConnectionContext, Effect
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.own_code import Function
from websocket_mock.actors.conversation.replay import SharedMemory
from websocket_mock.actors.conversation.streams import Streams
from websocket_mock.actors.conversation.templates import ActionFailed
from websocket_mock.actors.conversation.variables import (
    BadChange,
    Change,
    ScopeName,
    Variables,
    apply_changes,
)
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.problems import Place

MAX_GROUPS = 1_000
"""The most groups that one client can be in."""


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


class Memory:
    """What the actions of one connection read and change. Only its connection uses it.

    Args:
        context: the connection.
        random: seeded, so that a run can be repeated with the same random numbers.
        state: the state at the start.
        shared: what other connections read and change, too.
    """

    def __init__(
        self, context: ConnectionContext, random: Random, state: str, shared: SharedMemory
    ) -> None:
        self.context = context
        self.random = random
        self.state = state
        self.shared = shared
        self.own = Variables()
        """The variables of the connection."""
        self.groups: list[str] = []
        """The groups that the client has joined, in this order."""
        self.streams = Streams()
        self.received = 0
        self.sent = 0
        self.is_ignoring = False
        """Whether the frame that is handled gets no answer."""

    @property
    def scopes(self) -> Mapping[ScopeName, Variables]:
        """All variables."""
        shared = self.shared
        return {"vars": self.own, "client_vars": shared.client, "endpoint_vars": shared.endpoint}

    def identify(self, client_key: str) -> None:
        """Use the memory of another logical client from now on."""
        self.shared = self.shared.recall(client_key)

    def join(self, group: str) -> None:
        """Note that the client joins a group.

        Raises:
            ActionFailed: it is in too many.
        """
        if group not in self.groups:
            if len(self.groups) >= MAX_GROUPS:
                raise ActionFailed(f"the client is in {MAX_GROUPS:,} groups, which is the limit")
            self.groups.append(group)

    def leave(self, group: str | None) -> None:
        """Note that the client leaves a group; None: all groups."""
        if group is None:
            self.groups.clear()
        elif group in self.groups:
            self.groups.remove(group)

    def variables(self) -> dict[str, Mapping[str, Any]]:
        """Return the current variables by the names that templates see."""
        return {name: variables.values for name, variables in self.scopes.items()}

    def assign(self, values: Mapping[str, Any]) -> None:
        """Set variables of the connection.

        Raises:
            ActionFailed: they are too many or too large, and nothing was changed.
        """
        try:
            self.own.assign(values)
        except BadChange as error:
            raise ActionFailed(str(error)) from None

    def change(self, changes: Sequence[Change]) -> dict[str, Mapping[str, Any]]:
        """Change variables: all of them, or none.

        Returns:
            the variables of the changed scopes as they are right after the change, before any other
            connection changes them, by the names that templates see.

        Raises:
            ActionFailed: one of the changes is not possible.
        """
        is_own = all(one.scope == "vars" for one in changes)
        try:
            with nullcontext() if is_own else self.shared.mutex:
                scopes = self.scopes
                apply_changes(scopes, changes)
                return {one.scope: scopes[one.scope].values for one in changes}
        except BadChange as error:
            raise ActionFailed(str(error)) from None


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
        names: dict[str, Any],  # noqa: ARG002
    ) -> Sequence[Effect]:
        """Return no effects: what it does is to be entered."""
        return ()

    @abstractmethod
    def enter(
        self, memory: Memory, why: Occasion, names: dict[str, Any]
    ) -> "Sequence[Part] | Pause":
        """Return the actions to run before the rest of the list, or a pause.

        Raises:
            ActionFailed: it cannot be done, for example because a template cannot be rendered.
        """
