"""Finds out of a JSON Schema which keys and constants its values have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from websocket_mock.scripts.importing.asyncapi.bundle import PREFIX, resolve
from websocket_mock.scripts.importing.asyncapi.model import Steps
from websocket_mock.scripts.importing.nodes import REFERENCE

MAX_DEPTH = 3
"""Objects in each other in which constants are looked for."""

MAX_VALUES = 20
"""The most constants of one key that are worth a condition."""

MAX_STEPS = 100_000
"""The most schemas that are looked at in one description. References can multiply them."""

Path = tuple[str, ...]

_Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Constant:
    """The values that one place of a payload can have."""

    values: tuple[_Scalar, ...]
    is_required: bool

    @property
    def is_telling(self) -> bool:
        """Whether a message can be expected to have it."""
        return self.is_required or len(self.values) == 1


class Shapes:
    """Answers questions about schemas.

    Args:
        definitions: the schemas that they refer to, by their names.
    """

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._left = MAX_STEPS

    def _is_tired(self) -> bool:
        self._left -= 1
        return self._left < 0

    def constants(
        self,
        schema: Any,  # noqa: ANN401 - a JSON Schema
        path: Path,
        *,
        is_required: bool,
        passed: frozenset[str] = frozenset(),
    ) -> dict[Path, Constant]:
        """Return the places of a payload that can have only some values."""
        if not isinstance(schema, dict) or self._is_tired():
            return {}
        if REFERENCE in schema:
            name = schema[REFERENCE].removeprefix(PREFIX)
            if name in passed:
                return {}
            inner, passed = self._definitions[name], passed | {name}
            return self.constants(inner, path, is_required=is_required, passed=passed)
        found: dict[Path, Constant] = {}
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if path and 0 < len(values) <= MAX_VALUES and all(map(_is_scalar, values)):
            found[path] = Constant(tuple(values), is_required)
        if len(path) < MAX_DEPTH:
            for key, one in schema.get("properties", {}).items():
                needed = is_required and key in schema.get("required", ())
                found |= self.constants(one, (*path, key), is_required=needed, passed=passed)
        for part in schema.get("allOf", ()):
            more = self.constants(part, path, is_required=is_required, passed=passed)
            found = _narrowed(found, more)
        found = {
            place: Constant(one.values, one.is_required or self._requires(schema, path, place))
            for place, one in found.items()
        }
        for key in ("oneOf", "anyOf"):
            parts = [
                self.constants(one, path, is_required=is_required, passed=passed)
                for one in schema.get(key, ())
            ]
            found = _narrowed(found, _united(parts))
        return found

    def _requires(self, schema: dict[str, Any], path: Path, place: Path) -> bool:
        """Tell whether an object requires a key of its own that another part of it describes."""
        return len(place) == len(path) + 1 and place[-1] in schema.get("required", ())

    def requires(self, schema: Any, steps: Steps) -> bool:  # noqa: ANN401 - a JSON Schema
        """Tell whether each payload has the part that some steps lead to."""
        if not steps:
            return True
        first, *rest = steps
        if first not in self.keys(schema)[1]:
            return False
        return not rest or self.requires(self._property(schema, str(first)), tuple(rest))

    def _property(self, schema: Any, key: str) -> Any:  # noqa: ANN401 - a JSON Schema
        inner = resolve(schema, self._definitions)
        if not isinstance(inner, dict) or self._is_tired():
            return True
        if key in inner.get("properties", ()):
            return inner["properties"][key]
        parts = (self._property(one, key) for one in inner.get("allOf", ()))
        return next((one for one in parts if one is not True), True)

    def keys(
        self,
        schema: Any,  # noqa: ANN401 - a JSON Schema
        passed: frozenset[str] = frozenset(),
    ) -> tuple[tuple[str, ...], set[str]]:
        """Return the keys that a payload can have, and those that it must have."""
        if not isinstance(schema, dict) or self._is_tired():
            return (), set()
        if REFERENCE in schema:
            name = schema[REFERENCE].removeprefix(PREFIX)
            if name in passed:
                return (), set()
            return self.keys(self._definitions[name], passed | {name})
        keys, required = [*schema.get("properties", ())], set(schema.get("required", ()))
        for part in schema.get("allOf", ()):
            more, needed = self.keys(part, passed)
            keys.extend(more)
            required |= needed
        for key in ("oneOf", "anyOf"):
            parts = [self.keys(one, passed) for one in schema.get(key, ())]
            keys.extend(one for more, _ in parts for one in more)
            if parts:
                required |= set.intersection(*(needed for _, needed in parts))
        return tuple(dict.fromkeys((*keys, *sorted(required)))), required


def _narrowed(one: Mapping[Path, Constant], other: Mapping[Path, Constant]) -> dict[Path, Constant]:
    """Return the constants of what conforms to both."""
    both = {**one, **other}
    for path in one.keys() & other.keys():
        shared = tuple(
            a for a in one[path].values if any(is_same(a, b) for b in other[path].values)
        )
        is_required = one[path].is_required or other[path].is_required
        both[path] = Constant(shared or one[path].values, is_required)
    return both


def _united(parts: Sequence[Mapping[Path, Constant]]) -> dict[Path, Constant]:
    """Return the constants of what conforms to one of several."""
    if not parts:
        return {}
    united = {}
    for path in parts[0]:
        if all(path in one for one in parts):
            values = tuple(_distinct(value for one in parts for value in one[path].values))
            is_required = all(one[path].is_required for one in parts)
            united[path] = Constant(values, is_required)
    return united


def _distinct(values: Iterator[_Scalar]) -> list[_Scalar]:
    found: list[_Scalar] = []
    for one in values:
        if not any(is_same(one, two) for two in found):
            found.append(one)
    return found


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def is_same(one: _Scalar, other: _Scalar) -> bool:
    """Tell whether two constants are one value of JSON."""
    # In JSON true is not 1.
    return isinstance(one, bool) == isinstance(other, bool) and one == other
