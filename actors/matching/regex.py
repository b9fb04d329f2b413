"""Regular expressions in linear time (RE2), so that no pattern can hang a connection."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class Match(Protocol):
    """What a search found."""

    def groupdict(self) -> dict[str, str]:
        """Return the named groups."""


class Pattern(Protocol):
    """A compiled pattern."""

    @property
    def groupindex(self) -> Mapping[str, int]:
        """The numbers of the named groups, by their names."""

    def search(self, text: str, /) -> Match | None:
        """Return the first place that matches."""

    def fullmatch(self, text: str, /) -> Match | None:
        """Return the match of the whole text."""


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Pattern:
    """Return a compiled pattern in RE2's syntax; no look-around, no back-references.

    Raises:
        ValueError: it is not valid; the text says why.
    """
    try:
        compiled: Pattern = re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"not a valid regular expression (RE2): {text}") from None
    return compiled
