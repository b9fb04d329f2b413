"""The action `call`: it runs a function of the user's own code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Self

from websocket_mock.actors.conversation.action import CompiledAction, Setting
from websocket_mock.actors.conversation.core import Effect, JoinGroup, LeaveGroup
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.own_code import (
    OWN_EFFECTS,
    Connection,
    Event,
    Function,
    OwnEffect,
    SetState,
    SetVariables,
)
from websocket_mock.actors.conversation.templates import ActionFailed
from websocket_mock.actors.conversation.variables import SET, Change
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.values.effects import SendBinary, SendFragments, SendText

MAX_EFFECTS = 1_000
"""The most effects that one call may return."""


@dataclass(frozen=True, slots=True)
class DoCall(CompiledAction):
    """Run a function, and do what it returns."""

    key = "call"

    name: str
    function: Function

    @classmethod
    def compile(cls, given: str, setting: Setting, place: Place) -> Self:
        """Find the function."""
        return cls(given, setting.find_function(given))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effects; a change of the state or of variables is made at once.

        Raises:
            ActionFailed: the function raised, or returned something that is no list of effects.
        """
        try:
            found = self._call(_event(why), _connection(memory, names))
        except Exception as error:
            raise ActionFailed(f"call {self.name}: {type(error).__name__}: {error}") from error
        if len(found) > MAX_EFFECTS:
            raise ActionFailed(f"call {self.name}: more than {MAX_EFFECTS:,} effects")
        for one in found:
            if not isinstance(one, OWN_EFFECTS):
                raise ActionFailed(
                    f"call {self.name}: return a list of effects from websocket_mock.own_code, "
                    f"not {one!r:.80}"
                )
        return list(_carry_out(found, memory, names))

    def _call(self, event: Event, connection: Connection) -> list[OwnEffect]:
        return list(islice(self.function(event, connection) or (), MAX_EFFECTS + 1))


def _event(why: Occasion) -> Event:
    message = why.message
    return Event(
        text=message.text,
        json=message.json,
        binary=message.binary,
        code=message.code,
        reason=message.reason,
        captures=dict(why.captures),
        turn=why.repeat,
        items=dict(why.bound),
    )


def _connection(memory: Memory, names: Names) -> Connection:
    context, request = memory.context, memory.context.request
    return Connection(
        id=context.client_id,
        path=names["path"],
        query=request.query,
        headers=request.headers,
        cookies=request.cookies,
        attempt=request.attempt,
        subprotocol=context.subprotocol,
        remote_address=request.remote_address,
        state=memory.state,
        groups=tuple(memory.groups),
        **{name: MappingProxyType(values) for name, values in memory.variables().items()},
        received=memory.received,
        sent=memory.sent,
        now=names["now"],
        random=memory.random,
    )


def _carry_out(found: Sequence[OwnEffect], memory: Memory, names: Names) -> Iterator[Effect]:
    for one in found:
        match one:
            case SetState(state=state):
                memory.state = names["state"] = state
                continue
            case SetVariables(values=values, scope=scope):
                memory.change([Change(scope, name, SET, value) for name, value in values.items()])
                names.update(memory.variables())
                continue
            case SendText() | SendBinary() | SendFragments():
                memory.sent += 1
            case JoinGroup(group=group):
                memory.join(group)
            case LeaveGroup(group=group):
                memory.leave(group)
        yield one
