"""Finds all actions: every class in a module of `actions` that has a key."""

from collections.abc import Collection, Mapping
from types import ModuleType

from websocket_mock.actors.conversation import actions
from websocket_mock.actors.conversation.action import CompiledAction
from websocket_mock.actors.documents.actions import ACTION_KEYS
from websocket_mock.actors.values.registration import BadRegistration, find_keyed


def find_actions(package: ModuleType, keys: Collection[str]) -> Mapping[str, type[CompiledAction]]:
    """Return the actions of a package by their keys.

    Args:
        package: has one or more actions in each module.
        keys: the keys that the schema allows.

    Raises:
        BadRegistration: the keys of the actions are not exactly those of the schema, two actions
            have the same key, or a module has no action.
    """
    found = find_keyed(package, CompiledAction)  # type: ignore[type-abstract] # it makes no instance
    for key in keys:
        if key not in found:
            raise BadRegistration(f"no module of {package.__name__} has a class for {key!r}")
    for key, action in found.items():
        if key not in keys:
            raise BadRegistration(f"{action.__module__}: the schema of actions has no key {key!r}")
    return found


ACTIONS = find_actions(actions, ACTION_KEYS)
"""Every action by its key."""
