"""Path patterns: ``/orders/{customer}`` captures a segment, a final ``/**`` captures the rest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

_SEGMENT = re.compile(r"\{(\w+)\}")
_NAME = re.compile(r"[A-Za-z_]\w*")

REST = "rest"
"""The name of the capture of a final ``/**``."""


class BadPath(ValueError):
    """Raised when a path pattern is not valid; the text says why."""


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A compiled pattern. Immutable; any thread may use it."""

    source: str
    segments: tuple[str, ...]
    """The segments as written: a capture begins with a brace, all others are literal."""
    takes_rest: bool

    @property
    def is_plain(self) -> bool:
        """Whether it matches only the path that it is written as."""
        return not self.takes_rest and "{" not in self.source

    @property
    def captures(self) -> tuple[str, ...]:
        """The names of its captures."""
        found = map(_SEGMENT.fullmatch, self.segments)
        names = tuple(one[1] for one in found if one is not None)
        return (*names, REST) if self.takes_rest else names

    @property
    def specificity(self) -> tuple[int, ...]:
        """A sort key: literal segments come before captures, and captures before a rest."""
        kinds = [1 if _SEGMENT.fullmatch(segment) else 0 for segment in self.segments]
        return (*kinds, 2) if self.takes_rest else tuple(kinds)

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return the captures of a path, percent-decoded, or None if it does not match."""
        parts = path.split("/")[1:]
        count = len(self.segments)
        if len(parts) < count or (len(parts) > count and not self.takes_rest):
            return None
        captures: dict[str, str] = {}
        for segment, part in zip(self.segments, parts, strict=False):
            name = _SEGMENT.fullmatch(segment)
            if name is None:
                if segment != part:
                    return None
            elif not part:
                return None
            else:
                captures[name[1]] = unquote(part)
        if self.takes_rest:
            captures[REST] = unquote("/".join(parts[count:]))
        return captures


def compile_path_pattern(source: str) -> PathPattern:
    """Compile a pattern.

    Raises:
        BadPath: it does not begin with a slash, or a capture in it is not valid.
    """
    if not source.startswith("/"):
        raise BadPath(f"path {source!r} must begin with /")
    body, takes_rest = (source[:-3], True) if source.endswith("/**") else (source, False)
    segments = tuple(body.split("/")[1:])
    names = [match[1] for segment in segments if (match := _SEGMENT.fullmatch(segment))]
    for segment in segments:
        is_plain = not set(segment) & set("{}*")
        capture = _SEGMENT.fullmatch(segment)
        if not is_plain and (capture is None or not _NAME.fullmatch(capture[1])):
            raise BadPath(f"path {source!r}: {segment!r} is neither a plain segment nor {{name}}")
    if len(set(names)) != len(names) or (takes_rest and REST in names):
        raise BadPath(f"path {source!r}: each capture needs a name of its own")
    return PathPattern(source, segments, takes_rest)
