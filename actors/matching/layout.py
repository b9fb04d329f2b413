"""The layout of binary messages: names for their parts. Pure.

A layout is compiled once per endpoint. It has no side effects; any thread may use it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from websocket_mock.actors.matching.layout_schema import LENGTH_TYPES, BinaryField, ItemField
from websocket_mock.actors.matching.number_types import is_whole, read_number
from websocket_mock.actors.values.suggestions import nearest

MAX_ITEMS = 1_000
"""The most items of a list; a message with more does not have the field."""

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
    item: tuple["_Part", ...] = ()
    """Of a list: the parts of each item, in their order."""

    @property
    def is_from_the_end(self) -> bool:
        """Whether its place or its length depends on the end of the message."""
        is_number = self.kind not in ("bytes", "text", "list")
        has_length = is_number or (self.length, self.length_type, self.length_field) != (None,) * 3
        return self.at < 0 or not has_length

    def start(self, size: int, ends: Mapping[str, int], base: int = 0) -> int | None:
        """Return the offset of the field in a message; None: it is not there.

        Args:
            size: the offset of the end of the message.
            ends: the offsets behind the fields that were read before.
            base: the offset of the beginning of the message.
        """
        if self.after is not None:
            return ends.get(self.after)
        start = base + self.at if self.at >= 0 else size + self.at
        return start if base <= start <= size else None

    def read(self, data: bytes, start: int, values: Mapping[str, Any]) -> tuple[Any, int] | None:
        """Return the value and the offset behind it; None: it is incomplete.

        The value of a text that is not UTF-8 is None, and so is that of a list that has something
        else than whole items.
        """
        if self.kind not in ("bytes", "text", "list"):
            return read_number(self.kind, data, start)
        found = self._content(data, start, values)
        if found is None or self.kind == "bytes":
            return found
        content, end = found
        if self.kind == "list":
            return self._items(content), end
        try:
            return content.decode(), end
        except UnicodeDecodeError:
            return None, end

    def _items(self, content: bytes) -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = []
        start = 0
        while start < len(content):
            item: dict[str, Any] = {}
            for part in self.item:
                found = part.read(content, start, item)
                if found is None or found[0] is None:
                    return None
                item[part.name], start = found
            items.append(item)
            if len(items) > MAX_ITEMS:
                return None
        return items

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

    @property
    def is_stand_in(self) -> bool:
        """Whether it only stands for a layout with errors."""
        return bool(self.kinds) and not self._parts

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


@dataclass(frozen=True, slots=True)
class PacketEnd:
    """Where a packet ends in a stream of bytes: behind one of its fields. Immutable; any thread."""

    _name: str
    _parts: tuple[_Part, ...]
    """The field and those that it depends on, each behind those that it depends on."""

    def find(self, data: bytes, base: int) -> int | None:
        """Return the offset behind the packet that begins at `base`; None: it is incomplete."""
        values: dict[str, Any] = {}
        ends: dict[str, int] = {}
        for part in self._parts:
            start = part.start(len(data), ends, base)
            found = None if start is None else part.read(data, start, values)
            if found is None:
                return None
            values[part.name], ends[part.name] = found
        return ends[self._name]


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
    needs = {part.name: _needs(part) for part in parts.values()}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        cycle = error.args[1]
        text = f"fields depend on each other: {' → '.join(reversed(cycle))}"
        raise BadLayout([((cycle[-1],), text)]) from None
    return Layout(_kinds(fields), tuple(parts[name] for name in order))


def compile_packet_end(layout: Layout, name: str) -> PacketEnd:
    """Return where packets end whose last field has this name.

    Raises:
        BadLayout: there is no such field, or its end depends on that of the message; the problem
            has no place.
    """
    parts = {part.name: part for part in layout._parts}  # noqa: SLF001 - of the same module
    if name not in parts:
        hint = nearest(name, parts) if parts else "name the parts of a packet under `fields`"
        raise BadLayout([((), f"there is no field {name!r}; {hint}")])
    needed, waiting = {name}, [name]
    while waiting:
        for one in _needs(parts[waiting.pop()]):
            if one not in needed:
                needed.add(one)
                waiting.append(one)
    for part in parts.values():
        if part.name in needed and part.is_from_the_end:
            raise BadLayout([((), f"the place of {part.name!r} depends on the end of the message")])
    return PacketEnd(name, tuple(part for part in layout._parts if part.name in needed))  # noqa: SLF001


def stand_in(fields: Mapping[str, BinaryField]) -> Layout:
    """Return a layout that knows the names but reads nothing, in place of one with errors."""
    return Layout(_kinds(fields))


def _kinds(fields: Mapping[str, BinaryField]) -> dict[str, str]:
    return {name: field.as_ for name, field in fields.items()}


def _needs(part: _Part) -> list[str]:
    """Return the names of the fields that a field depends on."""
    return [one for one in (part.after, part.length_field) if one is not None]


def _part(name: str, field: BinaryField | ItemField) -> _Part:
    length = field.length
    is_type = length in LENGTH_TYPES
    at, after, of = (
        (field.at or 0, field.after, field.of or {})
        if isinstance(field, BinaryField)
        else (0, None, {})
    )
    return _Part(
        name=name,
        kind=field.as_,
        at=at,
        after=after,
        item=tuple(_part(*one) for one in of.items()),
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
    for text in _check_length(field.length, fields):
        yield (name, "length"), text
    before: dict[str, ItemField] = {}
    for part, inner in (field.of or {}).items():
        if _NAME.fullmatch(part) is None or part in LENGTH_TYPES:
            yield (name, "of", part), _NAME_WANTED
        for text in _check_length(inner.length, before):
            yield (name, "of", part, "length"), text
        before[part] = inner


def _check_length(
    length: int | str | None, fields: Mapping[str, BinaryField] | Mapping[str, ItemField]
) -> Iterator[str]:
    if not isinstance(length, str) or length in LENGTH_TYPES:
        return
    if length not in fields:
        words = [*fields, *LENGTH_TYPES]
        yield f"there is no field or type {length!r}; {nearest(length, words)}"
    elif not is_whole(fields[length].as_):
        yield f"a length is a whole number, but {length!r} is {fields[length].as_}"
