"""Makes schemas of AsyncAPI self-contained JSON Schemas of draft 2020-12.

The schemas of AsyncAPI are those of draft 7 with additions. What 2020-12 writes differently is
translated. Keywords with a value that cannot be theirs are left out, so whoever works on the
result need not check it.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.regex import compile_pattern
from websocket_mock.scripts.importing.nodes import REFERENCE, Node, plain

PREFIX = "#/$defs/"
"""What a reference begins with, before the name in `Schemas.definitions`."""

TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}

_Check = Callable[[Any], bool]


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_size(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text_list(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return is_list and len(set(value)) == len(value)


def _is_type(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    names = value if isinstance(value, list) else [value]
    return bool(names) and _is_text_list(names) and set(names) <= TYPES


def _is_anything(value: Any) -> bool:  # noqa: ANN401, ARG001 - any JSON value
    return True


def _is_list(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, list) and bool(value)


_VALUES: Mapping[str, _Check] = {
    "type": _is_type,
    "const": _is_anything,
    "enum": _is_list,
    "multipleOf": lambda value: _is_number(value) and value > 0,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_size),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _is_size),
    "uniqueItems": lambda value: isinstance(value, bool),
    "required": _is_text_list,
    "format": lambda value: isinstance(value, str),
    "default": _is_anything,
    "examples": _is_list,
}
"""Keywords whose value is no schema."""

_SCHEMAS = ("additionalProperties", "propertyNames", "contains", "not", "if", "then", "else")
_LISTS = ("allOf", "anyOf", "oneOf")
_MAPPINGS = ("properties", "patternProperties", "dependentSchemas")
_ANNOTATIONS = ("default", "examples")
"""Keywords that samples need and contracts do not."""


class Schemas:
    """All schemas of a description. Not thread-safe."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self._names: dict[tuple[Path, Place], str] = {}
        self.left_out: list[str] = []
        """What is not valid and was left out since the last `take_left_out`."""

    def take_left_out(self) -> tuple[str, ...]:
        """Return what was left out since the last call."""
        left_out, self.left_out = tuple(dict.fromkeys(self.left_out)), []
        return left_out

    def add(self, node: Node) -> Any:  # noqa: ANN401 - a JSON Schema
        """Return the schema of a node, with references into `definitions`.

        Args:
            node: the schema; it may be a reference.
        """
        value = node.value
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            node.fail("give a schema: a mapping of keywords, or true or false")
            return True
        if REFERENCE in value:
            target = node.followed()
            return True if not target else {REFERENCE: PREFIX + self._name_of(target)}
        return dict(self._keywords(node))

    def _name_of(self, node: Node) -> str:
        if node.identity not in self._names:
            wanted = re.sub(r"[^\w.-]", "_", node.label) or "schema"
            name, number = wanted, 1
            while name in self.definitions:
                number += 1
                name = f"{wanted}_{number}"
            self._names[node.identity] = name
            self.definitions[name] = True  # so that a reference to itself ends
            self.definitions[name] = self.add(node)
        return self._names[node.identity]

    def _keywords(self, node: Node) -> Iterator[tuple[str, Any]]:
        for key in node.value:
            child = node.child(key)
            match key:
                case "pattern":
                    yield from self._pattern(child)
                case "items" if isinstance(child.value, list):
                    yield "prefixItems", self._list(child)
                case "items" | "prefixItems":
                    yield key, self._list(child) if key == "prefixItems" else self.add(child)
                case "additionalItems" if isinstance(node.value.get("items"), list):
                    yield "items", self.add(child)
                case "dependencies":
                    yield from self._dependencies(child)
                case "example" if "examples" not in node.value:
                    yield "examples", [plain(child.value)]
                case _ if key in _VALUES:
                    yield from self._value(key, child)
                case _ if key in _SCHEMAS:
                    yield key, self.add(child)
                case _ if key in _LISTS:
                    yield key, self._alternatives(node, child)
                case _ if key in _MAPPINGS:
                    yield key, self._mapping(child)

    def _value(self, key: str, child: Node) -> Iterator[tuple[str, Any]]:
        value = plain(child.value)
        if _VALUES[key](value):
            yield key, value
        else:
            self.left_out.append(f"the value of {key!r} in a schema is not valid: {value!r:.60}")

    def _pattern(self, child: Node) -> Iterator[tuple[str, Any]]:
        pattern = plain(child.value)
        try:
            compile_pattern(pattern if isinstance(pattern, str) else "(")
            yield "pattern", pattern
        except ValueError as error:
            self.left_out.append(f"the pattern {pattern!r:.60} is {error}")

    def _list(self, node: Node) -> list[Any]:
        if not isinstance(node.value, list) or not node.value:
            node.fail("give a list of schemas")
            return [True]
        return [self.add(node.child(index)) for index in range(len(node.value))]

    def _mapping(self, node: Node) -> dict[str, Any]:
        if not isinstance(node.value, dict):
            node.fail("give a mapping of names to schemas")
            return {}
        kept: dict[str, Any] = {}
        for key in node.value:
            if node.place[-1] == "patternProperties" and not _is_pattern(str(key)):
                self.left_out.append(f"the pattern {key!r:.60} is not a valid one (RE2)")
            else:
                kept[plain(str(key))] = self.add(node.child(key))
        return kept

    def _dependencies(self, node: Node) -> Iterator[tuple[str, Any]]:
        if not isinstance(node.value, dict):
            node.fail("give a mapping of names to schemas or lists of names")
            return
        names = {key: one for key, one in node.value.items() if _is_text_list(one)}
        if names:
            yield "dependentRequired", plain(names)
        schemas = {key: self.add(node.child(key)) for key in node.value if key not in names}
        if schemas:
            yield "dependentSchemas", plain(schemas)

    def _alternatives(self, parent: Node, node: Node) -> list[Any]:
        """Return the schemas of a list; with a `discriminator`, each has its name as a constant."""
        schemas = self._list(node)
        key = parent.value.get("discriminator")
        if not isinstance(key, str) or node.place[-1] == "allOf":
            return schemas
        for index, schema in enumerate(schemas):
            target = node.child(index).followed()
            if REFERENCE in _as_mapping(schema) and not _has_constant(target, key):
                constant = {"properties": {key: {"const": target.label}}, "required": [key]}
                schemas[index] = {"allOf": [schema, constant]}
        return schemas


def resolve(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a JSON Schema
    """Return what a schema refers to, or the schema if it is no reference; {} for a circle."""
    passed: set[str] = set()
    while isinstance(schema, dict) and REFERENCE in schema:
        name = schema[REFERENCE].removeprefix(PREFIX)
        if name in passed:
            return {}
        passed.add(name)
        schema = definitions[name]
    return schema


def closed(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a JSON Schema
    """Return a schema together with all that it refers to, without annotations."""
    names: list[str] = []
    bare = _bare(schema, names)
    if not names:
        return bare
    found: dict[str, Any] = {}
    for name in names:  # grows meanwhile
        if name not in found:
            found[name] = _bare(definitions[name], names)
    return {**bare, "$defs": found}


def _bare(schema: Any, names: list[str]) -> Any:  # noqa: ANN401 - a JSON Schema
    """Return a schema without annotations, and add the names that it refers to."""
    if not isinstance(schema, dict):
        return schema
    bare: dict[str, Any] = {}
    for key, value in schema.items():
        if key == REFERENCE:
            names.append(value.removeprefix(PREFIX))
        if key in _ANNOTATIONS:
            continue
        if key in _MAPPINGS:
            bare[key] = {name: _bare(one, names) for name, one in value.items()}
        elif key in _LISTS or key == "prefixItems":
            parts = [_bare(one, names) for one in value]
            # A part that was only a description says nothing.
            bare[key] = [one for one in parts if one != {}] or [{}] if key == "allOf" else parts
        else:
            bare[key] = _bare(value, names) if key in (*_SCHEMAS, "items") else value
    if list(bare) == ["allOf"] and len(bare["allOf"]) == 1:
        return bare["allOf"][0]
    return bare


def _as_mapping(schema: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON Schema
    return schema if isinstance(schema, dict) else {}


def _has_constant(node: Node, key: str) -> bool:
    properties = node.value.get("properties") if isinstance(node.value, dict) else None
    schema = properties.get(key) if isinstance(properties, dict) else None
    return isinstance(schema, dict) and ("const" in schema or "enum" in schema)


def _is_pattern(text: str) -> bool:
    try:
        compile_pattern(text)
    except ValueError:
        return False
    return True
