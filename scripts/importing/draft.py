"""A mocks document that is being written, with comments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Part:
    """A rule or a handshake rule."""

    body: dict[str, Any]
    comments: Sequence[str] = ()
    """What stands above it, a paragraph each."""
    others: Sequence[dict[str, Any]] = ()
    """Actions that could stand in `do` as well; they are written as comments below it."""


@dataclass(slots=True)
class EndpointDraft:
    """An endpoint; its keys are written in this order."""

    keys: dict[str, Any]
    comments: list[str] = field(default_factory=list)
    handshake: list[Part] = field(default_factory=list)
    rules: list[Part] = field(default_factory=list)
    contracts: dict[str, Any] = field(default_factory=dict)
    """`accepts` and `sends`."""


@dataclass(slots=True)
class MocksDraft:
    """A whole mocks file."""

    comments: list[str]
    endpoints: list[EndpointDraft]
