"""The layout of binary messages: names for their parts. Pure.

A layout is compiled once per endpoint. It has no side effects; any thread may use it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from websocket_mock.actors.matching.layout_schema import BinaryField
from websocket_mock.actors.matching.number_types import is_whole, read_number
from websocket_mock.actors.values.suggestions import nearest

LENGTH_TYPES = ("uint8", "uint16", "uint16le", "uint32", "uint32le", "varint")
"""The types of a number that stands before bytes or text and gives their length."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME_WANTED = (
    "give a name of letters, digits and _ that does not begin with a digit and is not the type of "
    "a length"
)

LayoutProblem = tuple[tuple[str, ...], str]
"""The keys that lead to a part of a layout, and what is wrong there."""


class BadLayout(ValueError):
    """Raised when a layout cannot be compiled; `problems` has all its errors."""

    def __init__(self, problems: Sequence[LayoutProblem]) -> None:
        super().__init__("; ".join(f"{'.'.join(place)}: {text}" for place, text in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class _Part:
    """One field, with the field or the type that gives its length told apart."""

    name: str
    kind: str
    at: int
    after: str | None
    length: int | None
    length_type: str | None
    length_field: str | None

    def start(self, size: int, ends: Mapping[str, int]) -> int | None:
        """Return the offset of the field in a message of `size` bytes; None: it is not there."""
        if self.after is not None:
            return ends.get(self.after)
        start = self.at if self.at >= 0 else size + self.at
        return start if 0 <= start <= size else None

    def read(
        self, data: bytes, start: int, values: Mapping[str, Any]
    ) -> tuple[int | float | bytes | str | None, int] | None:
        """Return the value and the offset behind it; None: it is incomplete.

        The value of a text that is not UTF-8 is None.
        """
        if self.kind not in ("bytes", "text"):
            return read_number(self.kind, data, start)
        found = self._content(data, start, values)
        if found is None or self.kind == "bytes":
            return found
        content, end = found
        try:
            return content.decode(), end
        except UnicodeDecodeError:
            return None, end

    def _content(
        self, data: bytes, start: int, values: Mapping[str, Any]
    ) -> tuple[bytes, int] | None:
        """Return the bytes of the field and the offset behind them; None: they are incomplete."""
        length: Any = self.length
        if self.length_type is not None:
            found = read_number(self.length_type, data, start)
            if found is None:
                return None
            length, start = found
        elif self.length_field is not None:
            length = values.get(self.length_field, -1)
        elif length is None:
            length = len(data) - start
        end = start + length
        return (data[start:end], end) if length >= 0 and end <= len(data) else None


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of binary messages. Immutable; any thread."""

    kinds: Mapping[str, str]
    """The type of each field, by its name."""
    _parts: tuple[_Part, ...] = ()
    """In an order in which each follows those that it depends on."""

    def read(self, data: bytes) -> dict[str, Any]:
        """Return the values of all fields that a message has, in the order of writing."""
        values: dict[str, Any] = {}
        ends: dict[str, int] = {}
        for part in self._parts:
            start = part.start(len(data), ends)
            found = None if start is None else part.read(data, start, values)
            if found is None:
                continue
            value, ends[part.name] = found
            # The end of a text that is not UTF-8 is known, so that fields may follow it.
            if value is not None:
                values[part.name] = value
        return {name: values[name] for name in self.kinds if name in values}


def compile_layout(fields: Mapping[str, BinaryField]) -> Layout:
    """Return the layout that a schema describes.

    Raises:
        BadLayout: a name is not possible, a field depends on one that does not exist or on itself,
            or a length is not a whole number.
    """
    problems = [
        problem for name, field in fields.items() for problem in _check(name, field, fields)
    ]
    parts = {name: _part(name, field) for name, field in fields.items()}
    if problems:
        raise BadLayout(problems)
    needs = {
        part.name: [one for one in (part.after, part.length_field) if one is not None]
        for part in parts.values()
    }
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        cycle = error.args[1]
        text = f"fields depend on each other: {' → '.join(reversed(cycle))}"
        raise BadLayout([((cycle[-1],), text)]) from None
    return Layout(_kinds(fields), tuple(parts[name] for name in order))


def stand_in(fields: Mapping[str, BinaryField]) -> Layout:
    """Return a layout that knows the names but reads nothing, in place of one with errors."""
    return Layout(_kinds(fields))


def _kinds(fields: Mapping[str, BinaryField]) -> dict[str, str]:
    return {name: field.as_ for name, field in fields.items()}


def _part(name: str, field: BinaryField) -> _Part:
    length = field.length
    is_type = length in LENGTH_TYPES
    return _Part(
        name=name,
        kind=field.as_,
        at=field.at or 0,
        after=field.after,
        length=length if isinstance(length, int) else None,
        length_type=length if isinstance(length, str) and is_type else None,
        length_field=length if isinstance(length, str) and not is_type else None,
    )


def _check(
    name: str, field: BinaryField, fields: Mapping[str, BinaryField]
) -> Iterator[LayoutProblem]:
    if _NAME.fullmatch(name) is None or name in LENGTH_TYPES:
        yield (name,), _NAME_WANTED
    if field.after is not None and field.after not in fields:
        yield (name, "after"), f"there is no field {field.after!r}; {nearest(field.after, fields)}"
    length = field.length
    if not isinstance(length, str) or length in LENGTH_TYPES:
        return
    if length not in fields:
        words = [*fields, *LENGTH_TYPES]
        yield (name, "length"), f"there is no field or type {length!r}; {nearest(length, words)}"
    elif not is_whole(fields[length].as_):
        text = f"a length is a whole number, but {length!r} is {fields[length].as_}"
        yield (name, "length"), text
