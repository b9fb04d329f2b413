"""Values for JSON Schemas."""

from typing import Any
from uuid import UUID

import pytest

from websocket_mock.actors.matching import json_schema
from websocket_mock.actors.matching.json_schema import compile_check
from websocket_mock.scripts.importing.asyncapi.sampling import MAX_ITEMS, sample

TEXT = {"type": "string"}


def made(schema: Any, definitions: Any = None, seed: str = "0") -> Any:
    value, why = sample(schema, definitions or {}, seed)
    assert why == ""
    return value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": [1]}, [1]),
        ({"type": "string", "examples": ["first", "second"]}, "first"),
        ({"type": "integer", "default": 7, "minimum": 1}, 7),
        ({"enum": ["on", "off"]}, "on"),
        ({"type": "integer", "minimum": 3, "maximum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}, 4),
        ({"type": "integer", "multipleOf": 10, "minimum": 15, "maximum": 25}, 20),
        ({"type": "number", "minimum": 0.5, "maximum": 0.5}, 0.5),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"const": 1}, "minItems": 2}, [1, 1]),
        ({"type": "array", "maxItems": 0}, []),
        ({"prefixItems": [{"const": 1}, {"const": "a"}], "items": False}, [1, "a"]),
        ({"required": ["a"], "properties": {"a": {"const": 1}}}, {"a": 1}),
        ({"minProperties": 2, "additionalProperties": {"const": 1}}, {"key1": 1, "key2": 1}),
        ({"allOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]}, 2),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, 1),
        ({"oneOf": [{"const": 1}, {"const": 2}], "not": {"const": 1}}, 2),
    ],
)
def test_value_is_what_the_schema_says(schema: Any, value: Any) -> None:
    assert made(schema) == value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^[A-Z]{2}\\d$"},
        {"type": "string", "minLength": 30},
        {"type": "string", "maxLength": 2},
        {"type": ["null", "boolean"]},
        {"type": "number", "multipleOf": 0.01},
        {"type": "number", "exclusiveMaximum": -3},
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False},
        {"allOf": [{"properties": {"a": {"minimum": 4}}}, {"properties": {"a": {"maximum": 5}}}]},
        {"allOf": [{"type": ["integer", "null"]}, {"type": ["string", "null"]}]},
        {"type": "string", "default": 3},
        {"type": "string", "examples": [3], "minLength": 4},
        {"type": "array", "contains": {"const": 4}},
    ],
)
@pytest.mark.parametrize("seed", "abc")
def test_value_conforms(schema: Any, seed: str) -> None:
    assert compile_check(schema)(made(schema, seed=seed)) == ""


def test_formats_have_texts_of_their_kind() -> None:
    assert UUID(made({"type": "string", "format": "uuid"})).version == 4
    assert "T" in made({"type": "string", "format": "date-time"})
    assert "@" in made({"type": "string", "format": "email"})
    assert isinstance(made({"type": "string", "format": "of my own"}), str)


def test_same_seed_makes_the_same_value() -> None:
    schema = {"type": "object", "properties": dict.fromkeys("abcdef", TEXT)}
    assert made(schema, seed="a") == made(schema, seed="a") != made(schema, seed="b")


def test_schema_that_refers_to_itself_ends() -> None:
    node = {"properties": {"next": {"$ref": "#/$defs/node"}, "n": {"const": 1}}}
    tree = {"properties": {"parts": {"items": {"$ref": "#/$defs/tree"}}}}
    definitions = {"node": node, "tree": tree}
    assert made({"$ref": "#/$defs/node"}, definitions) == {"n": 1}
    assert made({"$ref": "#/$defs/tree"}, definitions) == {"parts": []}


def test_circle_of_references_has_a_reason() -> None:
    _, why = sample({"$ref": "#/$defs/a"}, {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "0")
    assert why.startswith("the check failed")


def test_references_that_multiply_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "MAX_STEPS", 1_000)
    definitions: dict[str, Any] = {
        f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(30)
    }
    _, why = sample({"$ref": "#/$defs/s0"}, {**definitions, "s30": {"type": "string"}}, "0")
    assert why


def test_value_that_cannot_conform_has_a_reason() -> None:
    value, why = sample({"type": "array", "minItems": MAX_ITEMS + 1}, {}, "0")
    assert len(value) == MAX_ITEMS
    assert "too short" in why
    assert sample(False, {}, "0")[1] != ""
