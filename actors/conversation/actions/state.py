"""The actions `state`, `identify` and `set`: the memory of a connection and of its client."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, get_args

from websocket_mock.actors.conversation.action import BadAction, CompiledAction, Setting
from websocket_mock.actors.conversation.core import Effect
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import (
    Render,
    TemplateNames,
    compile_text,
    compile_value,
)
from websocket_mock.actors.conversation.variables import OPERATIONS, SET, Change, ScopeName
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.units import is_template

MOST_TRIES = 10
"""How often a `set` is tried when other connections change the same variables meanwhile."""

_SHARED = ("client_vars", "endpoint_vars")


@dataclass(frozen=True, slots=True)
class DoState(CompiledAction):
    """Set the connection's state."""

    key = "state"

    state: str

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Return the action; it has nothing to compile."""
        return cls(given)

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Set the state, also for the templates of the actions that follow."""
        memory.state = names["state"] = self.state
        return ()


@dataclass(frozen=True, slots=True)
class DoIdentify(CompiledAction):
    """Say which logical client the connection belongs to."""

    key = "identify"

    client_key: Callable[[TemplateNames], str]

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Compile the key."""
        return cls(compile_text(given))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Use the variables and the kept messages of the client from now on."""
        memory.identify(self.client_key(names))
        names.update(memory.variables())
        names["replay"] = memory.shared.replay
        return ()


@dataclass(frozen=True, slots=True)
class _Setter:
    """How one variable changes."""

    scope: ScopeName
    name: Callable[[TemplateNames], str]
    operation: str
    render: Render

    @classmethod
    def compile(cls, written: str, value: Any) -> Self:  # noqa: ANN401 - any JSON value
        """Compile the value of one key of `set`."""
        scope, _, after_scope = written.partition(".")
        if scope not in get_args(ScopeName):
            # As before there were scopes: any name is one of the connection's variables.
            scope, after_scope = "vars", written
        name = compile_text(after_scope)
        operation = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else SET
        if operation not in OPERATIONS or operation == SET:
            return cls(scope, name, SET, compile_value(value))  # type: ignore[arg-type] # see above
        operand = value[operation]
        if operation == "increment" and (isinstance(operand, bool) or not _may_be_number(operand)):
            raise BadAction(f"{written}: increment takes a number, not {operand!r:.80}")
        return cls(scope, name, operation, compile_value(operand))  # type: ignore[arg-type]

    def change(self, names: TemplateNames) -> Change:
        """Return the change."""
        return Change(self.scope, self.name(names), self.operation, self.render(names))


def _may_be_number(operand: object) -> bool:
    return isinstance(operand, int | float) or (isinstance(operand, str) and is_template(operand))


@dataclass(frozen=True, slots=True)
class DoSet(CompiledAction):
    """Set variables."""

    key = "set"

    setters: tuple[_Setter, ...]
    is_plain: bool
    """Whether it only gives values to variables of the connection, as most do."""

    @classmethod
    def compile(cls, given: dict[str, Any], setting: Setting, place: Place) -> Self:
        """Compile the values."""
        setters = tuple(_Setter.compile(name, value) for name, value in given.items())
        is_plain = all(one.scope == "vars" and one.operation == SET for one in setters)
        return cls(setters, is_plain)

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Change all variables, or none if a template fails or a change is not possible."""
        if self.is_plain:
            memory.assign({setter.name(names): setter.render(names) for setter in self.setters})
            names["vars"] = memory.own.values
        else:
            self._change(memory, names)
        return ()

    def _change(self, memory: Memory, names: Names) -> None:
        """Change variables that others may change, too, on another thread.

        What the templates have read must still hold. Otherwise they are rendered once more.
        """
        for left in reversed(range(MOST_TRIES)):
            changes = [setter.change(names) for setter in self.setters]
            after = memory.change(changes, names.seen(_SHARED) if left else None)
            if after is not None:
                names.update(after)
                return
            names.forget(_SHARED)
