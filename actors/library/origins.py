"""Where the parts of an expanded document were written. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from websocket_mock.actors.documents.problems import Place

Part = tuple[str | None, Place]
"""The key of a source, and a place in it."""

Parts = Mapping[Any, "Origin"]
"""The origins of some parts of a mapping or list, by their keys or indexes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part of an expanded document was written."""

    file: str | None
    """The key of its source."""
    place: Place
    parts: "Parts" = field(default_factory=dict)
    """The parts inside of it that were written elsewhere, or that have such parts."""
    used: Part | None = None
    """The named block that was added to it."""

    def find(self, place: Place) -> "Origin":
        """Return the origin of a part, by its place in the expanded document."""
        here = self
        for part in place:
            here = here.parts.get(part) or Origin(here.file, (*here.place, part))
        return here


@dataclass(frozen=True, slots=True)
class Expanded:
    """One source, expanded."""

    file: str | None
    """The key of the source."""
    document: Any
    origin: Origin
