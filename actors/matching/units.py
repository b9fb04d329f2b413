"""The units that people write: durations, sizes, and bytes as text."""

import base64
import binascii
import re
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag, WithJsonSchema

MAX_DURATION = 86_400.0
"""The longest duration: a day, in seconds."""

MIN_INTERVAL = 0.001
"""The shortest time between two repetitions, in seconds."""

FOR_EVER = float("inf")
"""The seconds of a time that never ends."""

TEMPLATE_MARKS = ("{{", "{%", "{#")
"""What begins a template, or a part of it."""

WHOLE_EXPRESSION = re.compile(r"\s*\{\{((?:(?!\{\{|\}\}).)*)\}\}\s*", re.DOTALL)
"""A text that is one whole ``{{ expression }}``; the group is the expression."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

_SIZE = re.compile(r"(\d+)\s*(B|KB|MB|KiB|MiB)?")
_BYTES = {None: 1, "B": 1, "KB": 1000, "MB": 1000**2, "KiB": 1024, "MiB": 1024**2}


def is_template(text: str) -> bool:
    """Return whether a text contains a template."""
    return any(mark in text for mark in TEMPLATE_MARKS)


def parse_duration(value: object) -> float:
    """Return the seconds of ``250ms``, ``3s``, ``2m``, ``1h`` or a number of seconds.

    Raises:
        ValueError: it is none of these, or longer than a day.
    """
    seconds: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        seconds = float(found[1]) * _SECONDS[found[2]]
    if seconds is None or not 0 <= seconds <= MAX_DURATION:
        raise ValueError("give a duration such as 250ms, 3s, 2m or a number of seconds, up to 24h")
    return float(seconds)


def parse_size(value: object) -> int:
    """Return the bytes of ``64KiB``, ``1MB`` or a number of bytes.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and (found := _SIZE.fullmatch(value.strip())):
        return int(found[1]) * _BYTES[found[2]]
    raise ValueError("give a size such as 64KiB, 1MB or a number of bytes")


def parse_bytes(value: str) -> bytes:
    """Return the bytes that ``hex:0a0b`` or ``base64:AAEC`` stands for.

    Raises:
        ValueError: it has neither prefix, or what follows is not valid.
    """
    kind, _, text = value.partition(":")
    try:
        if kind == "hex":
            return bytes.fromhex(text)
        if kind == "base64":
            return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(f"{value!r} is not valid {kind}") from None
    raise ValueError("give binary data as hex:… or base64:…")


def _check_bytes(value: Any) -> Any:  # noqa: ANN401 - pydantic checks the type next
    if isinstance(value, str) and not is_template(value):
        parse_bytes(value)
    return value


DURATION_PATTERN = r"^\d+(\.\d+)?\s*(ms|s|m|h)$"
"""A duration as text, as a regular expression of JSON Schema."""

_DURATION_SCHEMA = {
    "description": "250ms, 3s, 2m, 1h, or seconds as a number",
    "anyOf": [
        {"type": "string", "pattern": DURATION_PATTERN},
        {"type": "number", "minimum": 0},
    ],
}
_SIZE_SCHEMA = {
    "description": "64KiB, 1MB, or bytes as a number",
    "anyOf": [
        {"type": "string", "pattern": r"^\d+\s*(B|KB|MB|KiB|MiB)?$"},
        {"type": "integer", "minimum": 0},
    ],
}

Duration = Annotated[float, BeforeValidator(parse_duration), WithJsonSchema(_DURATION_SCHEMA)]
"""Seconds."""

Count = Annotated[int, Ge(1)]


def _check_expression(text: str) -> str:
    if WHOLE_EXPRESSION.fullmatch(text) is None:
        raise ValueError('give one whole expression, such as "{{ message.json.id == 1 }}"')
    return text


def number_or_template(value: object) -> str:
    """Return the tag of a value: `template` or `number`."""
    return "template" if isinstance(value, str) and is_template(value) else "number"


Expression = Annotated[str, AfterValidator(_check_expression)]
"""One whole ``{{ expression }}``."""

TemplateText = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"\{\{"})]
"""A text that contains a template."""

AnyDuration = Annotated[
    Annotated[Duration, Tag("number")] | Annotated[TemplateText, Tag("template")],
    Discriminator(number_or_template),
]
"""A duration, or a template that gives one."""

AnyNumber = Annotated[
    Annotated[int | float, Tag("number")] | Annotated[TemplateText, Tag("template")],
    Discriminator(number_or_template),
]
"""A number, or a template that gives one."""

AnyCount = Annotated[
    Annotated[Count, Tag("number")] | Annotated[TemplateText, Tag("template")],
    Discriminator(number_or_template),
]
"""A count from 1, or a template that gives one from 0."""

Size = Annotated[int, BeforeValidator(parse_size), WithJsonSchema(_SIZE_SCHEMA)]
"""Bytes."""

BinaryTemplate = Annotated[str, BeforeValidator(_check_bytes)]
"""``hex:…`` or ``base64:…``, checked, or a template that gives one of these or bytes."""
