"""The rules every message keeps: immutable, documented, in its union, and handled."""

import ast
import dataclasses
import inspect
import typing
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from websocket_mock.actors import messages
from websocket_mock.actors.clients import actor as client
from websocket_mock.actors.clients import receiver, sender
from websocket_mock.actors.conversation import core, timer_payloads
from websocket_mock.actors.conversation.action_registry import ACTIONS
from websocket_mock.actors.directory import broadcaster, client_registry, stats_collector
from websocket_mock.actors.journal import actor as journal
from websocket_mock.actors.kernel.refs import Query
from websocket_mock.actors.messages import (
    BroadcasterMessage,
    ClientMessage,
    ConnectionLost,
    DeliverText,
    JournalMessage,
    RegistryMessage,
    StatsMessage,
)
from websocket_mock.actors.values import inbound, models, targets
from websocket_mock.actors.values.targets import Target

UNIONS: dict[str, Any] = {
    "ClientMessage": ClientMessage,
    "RegistryMessage": RegistryMessage,
    "BroadcasterMessage": BroadcasterMessage,
    "StatsMessage": StatsMessage,
    "JournalMessage": JournalMessage,
}

SHARED = {
    "Ping": {"RegistryMessage", "BroadcasterMessage", "StatsMessage", "JournalMessage"},
    "GroupJoined": {"RegistryMessage", "BroadcasterMessage"},
    "GroupLeft": {"RegistryMessage", "BroadcasterMessage"},
    "TakeOverClient": {"RegistryMessage", "BroadcasterMessage"},
    "RefreshFaults": {"ClientMessage", "RegistryMessage"},
}
"""Messages that belong to more than one union."""

HANDLERS: list[tuple[ModuleType, str, Any]] = [
    (client, "on_receive", ClientMessage),
    (receiver, "note", inbound.Inbound),
    (client_registry, "handle", RegistryMessage),
    (client_registry, "_select", Target),
    (broadcaster, "handle", BroadcasterMessage),
    (stats_collector, "handle", StatsMessage),
    (journal, "handle", JournalMessage),
]


def dataclasses_of(module: ModuleType) -> list[type]:
    """The dataclasses that a module defines, not those it imports."""
    return [
        one
        for one in vars(module).values()
        if inspect.isclass(one)
        and dataclasses.is_dataclass(one)
        and one.__module__ == module.__name__
    ]


MESSAGES = dataclasses_of(messages)
ACTION_MODULES = {import_module(action.__module__) for action in ACTIONS.values()}
PARTS = (inbound, models, targets, core, timer_payloads, *sorted(ACTION_MODULES, key=str))
VALUES = [*MESSAGES, *(one for part in PARTS for one in dataclasses_of(part))]


def name_of(one: type) -> str:
    return one.__name__


def matched_names(module: ModuleType, function: str) -> list[str]:
    """The classes that a function tests: before its `match`, then in the order of its cases."""
    (found,) = (
        node
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef) and node.name == function
    )
    (body,) = [node.body for node in found.body if isinstance(node, ast.Try)] or [found.body]
    tests = [node.test for node in body if isinstance(node, ast.If)]
    (match,) = (node for node in body if isinstance(node, ast.Match))
    patterns = (pattern for case in match.cases for pattern in ast.walk(case.pattern))
    classes = [one.args[1] for one in tests if isinstance(one, ast.Call)]
    classes += [one.cls for one in patterns if isinstance(one, ast.MatchClass)]
    return [one.id for one in classes if isinstance(one, ast.Name)]


@pytest.mark.parametrize("message", VALUES, ids=name_of)
def test_message_is_frozen(message: Any) -> None:
    # Without `frozen` it is `immutable`, which only the type checker enforces.
    made = message.__dataclass_params__
    assert made.frozen or made.unsafe_hash


@pytest.mark.parametrize("message", VALUES, ids=name_of)
def test_message_has_slots_and_no_dictionary(message: type) -> None:
    assert "__slots__" in vars(message)
    assert "__dict__" not in dir(object.__new__(message))


@pytest.mark.parametrize("message", VALUES, ids=name_of)
def test_message_has_a_docstring_of_its_own(message: type) -> None:
    # A dataclass without one gets its signature instead.
    assert message.__doc__
    assert not message.__doc__.startswith(f"{message.__name__}(")
    assert message.__doc__.splitlines()[0].endswith(".")


@pytest.mark.parametrize("message", VALUES, ids=name_of)
def test_message_holds_no_list_set_or_dictionary(message: type) -> None:
    hints = typing.get_type_hints(message)
    mutable = {name for name, kind in hints.items() if typing.get_origin(kind) in {list, dict, set}}
    assert not mutable


@pytest.mark.parametrize("message", MESSAGES, ids=name_of)
def test_message_belongs_to_its_union_and_no_other(message: type) -> None:
    found = {name for name, union in UNIONS.items() if message in typing.get_args(union)}
    if message.__name__ in SHARED:
        assert found == SHARED[message.__name__]
    else:
        assert len(found) == 1


@pytest.mark.parametrize("module", [core, inbound], ids=["core", "inbound"])
def test_every_event_and_effect_belongs_to_one_union(module: ModuleType) -> None:
    members = [*typing.get_args(core.Event), *typing.get_args(core.Effect)]
    others = {core.ConnectionContext}
    assert [one for one in dataclasses_of(module) if members.count(one) != 1] == [
        one for one in dataclasses_of(module) if one in others
    ]


@pytest.mark.parametrize(("module", "function", "union"), HANDLERS)
def test_every_member_of_a_union_is_handled_once(
    module: ModuleType, function: str, union: Any
) -> None:
    expected = sorted(map(name_of, typing.get_args(union)))
    assert sorted(matched_names(module, function)) == expected


def test_every_effect_is_carried_out_by_the_client_or_its_sender() -> None:
    carried = {*matched_names(client, "_carry_out"), *matched_names(sender, "carry_out")}
    assert carried == set(map(name_of, typing.get_args(core.Effect)))


def test_question_is_a_query_and_nothing_else_is() -> None:
    queries = {one.__name__ for one in MESSAGES if issubclass(one, Query)}
    asked = {one.__name__ for one in MESSAGES if (one.__doc__ or "").startswith("Asked ")}
    assert queries == asked


def test_query_names_the_type_of_its_reply() -> None:
    queries = [one for one in MESSAGES if issubclass(one, Query)]
    assert queries
    for query in queries:
        bases = vars(query)["__orig_bases__"]
        (base,) = (one for one in bases if typing.get_origin(one) is Query)
        assert typing.get_args(base)


def test_message_cannot_be_changed() -> None:
    message = ConnectionLost(1000, "", was_clean=True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        message.code = 1001  # type: ignore[misc]


def test_equal_messages_are_equal() -> None:
    assert DeliverText(b"hello") == DeliverText(b"hello")
    assert DeliverText(b"hello") != DeliverText(b"other")
