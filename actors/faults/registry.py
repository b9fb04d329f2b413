"""Finds all faults: every class in a module of `kinds` that has a key."""

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
from websocket_mock.actors.values.registration import BadRegistration, find_keyed

_FAMILIES = (MessageFault, FrameFault, AnswerFault, ConnectionFault, HandshakeFault)
"""In the order in which faults are listed."""


def find_kinds(package: ModuleType) -> Mapping[str, type[FaultKind]]:
    """Return the faults of a package by their keys: by family, then by the alphabet.

    Raises:
        BadRegistration: two have the same key, or a module has no fault or one without a family.
    """
    found = find_keyed(package, FaultKind)
    return dict(sorted(found.items(), key=lambda pair: (_family(pair[1]), pair[0])))


def _family(kind: type[FaultKind]) -> int:
    for index, family in enumerate(_FAMILIES):
        if issubclass(kind, family):
            return index
    raise BadRegistration(f"{kind.__name__} derives from no family of faults")


KINDS = find_kinds(kinds)
"""Every fault by its key."""
