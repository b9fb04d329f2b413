"""What a function of own code gets, and what it may return: the public interface of `call`.

A function takes an event and the connection, and returns effects. It must return quickly and must
not block, because it runs on the thread that serves many connections.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, get_args

from websocket_mock.actors.conversation.core import JoinGroup, LeaveGroup, Publish
from websocket_mock.actors.conversation.variables import ScopeName
from websocket_mock.actors.values.effects import (
    Abort,
    SendBinary,
    SendFragments,
    SendPing,
    SendRaw,
    SendText,
    StartClose,
)


@dataclass(frozen=True, slots=True)
class Event:
    """What made the function run. Parts that the event does not have are None."""

    text: str | None
    """The content of a text message."""
    json: Any
    """The text, parsed as JSON; None if it is not JSON."""
    binary: bytes | None
    """The bytes of a binary message, ping or pong."""
    code: int | None
    """The code of a close frame."""
    reason: str | None
    """The reason of a close frame."""
    captures: Mapping[str, Any]
    """What the conditions of the rule captured, by name: `match` in templates."""
    turn: int
    """The number of the turn of an `every`, from 0."""
    items: Mapping[str, Any]
    """The items of the `for_each` around the action, by their names."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection at this moment. To change something, return an effect."""

    id: str
    path: Mapping[str, str]
    """What the path of the endpoint captured, by name."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case."""
    cookies: Mapping[str, str]
    attempt: int
    """The number of this connection of the same client, from 1."""
    subprotocol: str | None
    remote_address: str
    state: str
    groups: Sequence[str]
    vars: Mapping[str, Any]
    client_vars: Mapping[str, Any]
    endpoint_vars: Mapping[str, Any]
    received: int
    """The messages that have come from the client."""
    sent: int
    """The messages that have been sent to the client."""
    now: float
    """Unix seconds."""
    random: Random
    """Seeded, so that a run can be repeated with the same random numbers."""


@dataclass(frozen=True, slots=True)
class SetState:
    """Set the state of the connection."""

    state: str


@dataclass(frozen=True, slots=True)
class SetVariables:
    """Set variables, all or none. The values are any JSON."""

    values: Mapping[str, Any] = field(default_factory=dict)
    scope: ScopeName = "vars"


OwnEffect = (
    SendText
    | SendBinary
    | SendFragments
    | SendRaw
    | SendPing
    | StartClose
    | Abort
    | Publish
    | JoinGroup
    | LeaveGroup
    | SetState
    | SetVariables
)
"""Everything that a function may return."""

OWN_EFFECTS: tuple[type, ...] = get_args(OwnEffect)

Function = Callable[[Event, Connection], Iterable[OwnEffect] | None]
"""A function of own code. None stands for no effects."""
