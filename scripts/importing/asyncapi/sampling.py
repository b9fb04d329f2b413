"""Makes values that conform to a JSON Schema, where it is not too hard.

Own code: the libraries for it (jsf, fences, hypothesis-jsonschema) have not been released for
years, or need Faker or hypothesis at run time. It knows what most documents have; what it does not
know, such as `not` or `if`, may make a value that does not conform. So `sample` checks the value.
"""

import base64
import math
import string
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

from websocket_mock.actors.matching.json_schema import compile_check
from websocket_mock.actors.values.randomness import seeded
from websocket_mock.scripts.importing.asyncapi.bundle import PREFIX, closed
from websocket_mock.scripts.importing.asyncapi.patterns import text_like
from websocket_mock.scripts.importing.nodes import REFERENCE

TRIES = 10
"""How many values are made until one conforms."""

MAX_DEPTH = 6
"""Lists and objects in each other; below them there is only what is required."""

MAX_VALUES = 500
"""The most values in one sample; then there is only what is required."""

MAX_STEPS = 10_000
"""The most schemas that are looked at for one sample. References can multiply them."""

MAX_ITEMS = 20
MAX_LENGTH = 1_000

_DAYS = 28
_WORDS = ("alpha", "bravo", "delta", "echo", "kilo", "lima", "oscar", "sierra", "tango", "zulu")


def sample(schema: Any, definitions: Mapping[str, Any], seed: str) -> tuple[Any, str]:  # noqa: ANN401 - JSON
    """Return a value for a schema, and why it does not conform, which is empty if it does.

    Args:
        schema: the schema, with references into `definitions`.
        definitions: the schemas by their names.
        seed: the same seed makes the same value.
    """
    check = compile_check(closed(schema, definitions))
    random, first = seeded(seed), None
    for number in range(TRIES):
        sampler = _Sampler(definitions, random, turn=number)
        value = sampler.value(schema)
        try:
            why = check(value)
        except Exception as error:  # noqa: BLE001 - such as a reference without an end
            return value, f"the check failed: {error}"
        if not why:
            return value, ""
        first = (value, why) if first is None else first
    assert first is not None
    return first


class _Sampler:
    """Makes one value.

    Args:
        definitions: the schemas by their names.
        random: where its choices come from.
        turn: the number of the try, from 0. Later ones take other alternatives, ignore examples and
            defaults, which may not conform, and at last leave out all that is not required.
    """

    def __init__(self, definitions: Mapping[str, Any], random: Random, *, turn: int) -> None:
        self._definitions, self._random, self._turn = definitions, random, turn
        self._only_required = turn >= TRIES // 2
        self._count = self._looked_at = 0
        self._entered: list[Any] = []
        """The references that led to what is being made."""

    def value(self, schema: Any, depth: int = 0) -> Any:  # noqa: ANN401 - a JSON Schema, a JSON value
        """Return a value for a schema."""
        self._count += 1
        flat = self._flat(schema, frozenset())
        if "const" in flat:
            return flat["const"]
        if self._turn % 2 == 0:
            if "examples" in flat:
                return flat["examples"][0]
            if "default" in flat:
                return flat["default"]
        if "enum" in flat:
            # The first one is mostly the usual one.
            return self._random.choice(flat["enum"]) if self._turn else flat["enum"][0]
        self._entered.append(_reference(schema))
        made = self._made(_type_of(flat), flat, depth)
        self._entered.pop()
        return made

    def _is_again(self, schema: Any) -> bool:  # noqa: ANN401 - a JSON Schema
        """Tell whether a schema is one of those whose value is being made."""
        return _reference(schema) is not None and _reference(schema) in self._entered

    def _made(self, kind: str, flat: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 - a JSON value
        match kind:
            case "object":
                return self._object(flat, depth)
            case "array":
                return self._array(flat, depth)
            case "integer" | "number":
                return self._number(flat, is_whole=kind == "integer")
            case "boolean":
                return self._random.choice([True, False])
            case "null":
                return None
        return self._text(flat)

    # --- one schema of many -------------------------------------------------------------------

    def _flat(self, schema: Any, passed: frozenset[str]) -> dict[str, Any]:  # noqa: ANN401 - a JSON Schema
        """Return a schema without references and alternatives at its top."""
        self._looked_at += 1
        if not isinstance(schema, dict) or self._looked_at > MAX_STEPS:
            return {}
        if REFERENCE in schema:
            name = schema[REFERENCE].removeprefix(PREFIX)
            return {} if name in passed else self._flat(self._definitions[name], passed | {name})
        flat = {key: value for key, value in schema.items() if key not in _PARTS}
        for part in schema.get("allOf", ()):
            flat = _both(flat, self._flat(part, passed))
        for key in ("oneOf", "anyOf"):
            if key in schema:
                chosen = schema[key][self._turn // 2 % len(schema[key])]
                flat = _both(flat, self._flat(chosen, passed))
        return flat

    # --- values -------------------------------------------------------------------------------

    def _object(self, flat: dict[str, Any], depth: int) -> dict[str, Any]:
        required = flat.get("required", [])
        is_short = self._only_required or depth >= MAX_DEPTH or self._count > MAX_VALUES
        properties = flat.get("properties", {})
        names = [
            name
            for name, one in properties.items()
            if name in required or not (is_short or self._is_again(one))
        ]
        names += [name for name in required if name not in properties]
        made = {name: self.value(properties.get(name, {}), depth + 1) for name in names}
        extra = flat.get("additionalProperties", True)
        for number in range(min(flat.get("minProperties", 0), MAX_ITEMS) - len(made)):
            made[f"key{number + 1}"] = self.value(extra, depth + 1)
        return made

    def _array(self, flat: dict[str, Any], depth: int) -> list[Any]:
        first: list[Any] = flat.get("prefixItems", [])
        others = flat.get("items", True)
        is_short = depth >= MAX_DEPTH or self._count > MAX_VALUES
        wanted = 0 if is_short or others is False or self._is_again(others) else 1
        lowest = max(flat.get("minItems", 0), min(wanted, flat.get("maxItems", 1)), len(first))
        made = [self.value(one, depth + 1) for one in first]
        more = range(min(lowest, MAX_ITEMS) - len(made))
        return made + [self.value(flat.get("contains", others), depth + 1) for _ in more]

    def _number(self, flat: dict[str, Any], *, is_whole: bool) -> float:
        step = flat.get("multipleOf", 1 if is_whole else 0)
        gap = step or 0.01
        lowest, highest = flat.get("minimum"), flat.get("maximum")
        if "exclusiveMinimum" in flat:
            above = flat["exclusiveMinimum"] + gap
            lowest = above if lowest is None else max(lowest, above)
        if "exclusiveMaximum" in flat:
            below = flat["exclusiveMaximum"] - gap
            highest = below if highest is None else min(highest, below)
        if lowest is None:
            lowest = 1 if highest is None or highest >= 1 else highest - 100 * gap
        if highest is None:
            highest = max(lowest, 0) + 100 * max(gap, 1)
        return self._between(lowest, highest, step, is_whole=is_whole)

    def _between(self, lowest: float, highest: float, step: float, *, is_whole: bool) -> float:
        if not step:
            drawn = self._random.uniform(lowest, highest)
            rounded = round(drawn, 2)
            return rounded if lowest <= rounded <= highest else drawn
        first, last = math.ceil(lowest / step), math.floor(highest / step)
        made = self._random.randint(first, max(first, last)) * step
        return int(made) if is_whole else round(made, 10)

    def _text(self, flat: dict[str, Any]) -> str:
        made = text_like(flat["pattern"], self._random) if "pattern" in flat else None
        if made is None:
            make = _FORMATS.get(flat.get("format", ""))
            made = make(self._random) if make else self._random.choice(_WORDS)
        lowest = min(flat.get("minLength", 0), MAX_LENGTH)
        while len(made) < lowest:
            made += self._random.choice(string.ascii_lowercase)
        highest: int | None = flat.get("maxLength")
        return made[:highest]


_PARTS = ("allOf", "anyOf", "oneOf")
_INTERSECTED = ("enum", "examples")
_LOWEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_HIGHEST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return a schema for what conforms to both."""
    both = {**one, **{key: value for key, value in other.items() if key not in one}}
    for key in one.keys() & other.keys():
        first, second = one[key], other[key]
        match key:
            case "properties":
                shared = {
                    name: {"allOf": [first[name], second[name]]} if name in second else first[name]
                    for name in first
                }
                both[key] = {**second, **shared}
                both[key] = {name: both[key][name] for name in (*first, *second)}
            case "required":
                both[key] = list(dict.fromkeys((*first, *second)))
            case "type":
                both[key] = [one for one in _names(first) if one in _names(second)] or first
            case _ if key in _INTERSECTED:
                both[key] = [one for one in first if one in second] or first
            case _ if key in _LOWEST:
                both[key] = min(first, second)
            case _ if key in _HIGHEST:
                both[key] = max(first, second)
    return both


def _reference(schema: Any) -> str | None:  # noqa: ANN401 - a JSON Schema
    return schema.get(REFERENCE) if isinstance(schema, dict) else None


def _names(kind: Any) -> list[str]:  # noqa: ANN401 - a name or a list of names
    return kind if isinstance(kind, list) else [kind]


def _type_of(flat: dict[str, Any]) -> str:
    """Return the type of value to make: the first one that is not null, or what keywords tell."""
    names = _names(flat.get("type", []))
    for name in [*(one for one in names if one != "null"), *names]:
        return name
    return next((kind for key, kind in _SIGNS if key in flat), "string")


_SIGNS = (
    ("properties", "object"),
    ("required", "object"),
    ("additionalProperties", "object"),
    ("minProperties", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
    ("minItems", "array"),
    ("minimum", "number"),
    ("maximum", "number"),
    ("multipleOf", "number"),
)


def _date(random: Random) -> str:
    return f"2030-{random.randint(1, 12):02}-{random.randint(1, _DAYS):02}"


def _time(random: Random) -> str:
    hour, minute, second = random.randint(0, 23), random.randint(0, 59), random.randint(0, 59)
    return f"{hour:02}:{minute:02}:{second:02}Z"


def _bytes(random: Random) -> str:
    return base64.b64encode(random.randbytes(6)).decode()


_FORMATS: Mapping[str, Callable[[Random], str]] = {
    "date": _date,
    "time": _time,
    "date-time": lambda random: f"{_date(random)}T{_time(random)}",
    "duration": lambda random: f"PT{random.randint(1, 59)}M",
    "email": lambda random: f"{random.choice(_WORDS)}@example.com",
    "idn-email": lambda random: f"{random.choice(_WORDS)}@example.com",
    "hostname": lambda random: f"{random.choice(_WORDS)}.example.com",
    "ipv4": lambda random: f"192.0.2.{random.randint(1, 254)}",
    "ipv6": lambda random: f"2001:db8::{random.randint(1, 0xFFFF):x}",
    "uri": lambda random: f"https://example.com/{random.choice(_WORDS)}",
    "url": lambda random: f"https://example.com/{random.choice(_WORDS)}",
    "uri-reference": lambda random: f"/{random.choice(_WORDS)}",
    "uuid": lambda random: str(UUID(int=random.getrandbits(128), version=4)),
    "byte": _bytes,
    "binary": _bytes,
    "json-pointer": lambda random: f"/{random.choice(_WORDS)}",
    "regex": lambda _: "^[a-z]+$",
}
