"""Finds all faults: every class in a module of `kinds` that has a key."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType

from websocket_mock.actors.faults import kinds
from websocket_mock.actors.faults.kind import (
    AnswerFault,
    ConnectionFault,
    FaultKind,
    FrameFault,
    HandshakeFault,
    MessageFault,
)

_FAMILIES = (MessageFault, FrameFault, AnswerFault, ConnectionFault, HandshakeFault)
"""In the order in which faults are listed."""


class BadRegistration(Exception):
    """Raised when a module of faults is not as it must be; the text says what is wrong."""


def find_kinds(package: ModuleType) -> Mapping[str, type[FaultKind]]:
    """Return the faults of a package by their keys: by family, then by the alphabet.

    Raises:
        BadRegistration: two have the same key, or a module has no fault or one without a family.
    """
    found: dict[str, type[FaultKind]] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        own = _faults_of(importlib.import_module(module.name))
        if not own:
            raise BadRegistration(f"{module.name} has no class with a key")
        for one in own:
            if one.key in found:
                raise BadRegistration(f"{module.name}: there is a fault {one.key!r} already")
            found[one.key] = one
    return dict(sorted(found.items(), key=lambda pair: (_family(pair[1]), pair[0])))


def _faults_of(module: ModuleType) -> list[type[FaultKind]]:
    return [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, FaultKind) and "key" in vars(one)
    ]


def _family(kind: type[FaultKind]) -> int:
    for index, family in enumerate(_FAMILIES):
        if issubclass(kind, family):
            return index
    raise BadRegistration(f"{kind.__name__} derives from no family of faults")


KINDS = find_kinds(kinds)
"""Every fault by its key."""
