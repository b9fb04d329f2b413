"""Writes the tables of docs/mocks.md from the schema of mocks: `make docs`.

A table stands between ``<!-- keys: Model -->`` and ``<!-- end of keys -->``; several models with
few keys may share one. Everything else on the page is written by hand.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from websocket_mock.actors.documents.actions import AnyCloseCode, CloseCode
from websocket_mock.actors.documents.mocks import Included, IncludedOnes, Mocks
from websocket_mock.actors.faults.kinds.raw import Raw
from websocket_mock.actors.matching.schema import JsonMatch, Matcher, Model
from websocket_mock.actors.matching.units import (
    AnyCount,
    AnyDuration,
    AnyNumber,
    BinaryTemplate,
    Duration,
    Expression,
    Size,
)

PAGE = Path(__file__).parents[2] / "docs" / "mocks.md"

_BLOCK = re.compile(r"(<!-- keys: ([\w ]+) -->\n).*?(<!-- end of keys -->)", re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

_KINDS: tuple[tuple[Any, str], ...] = (
    (Any, "any JSON"),
    (Raw, "[bytes](#values)"),
    (Duration, "[duration](#values)"),
    (Size, "[size](#values)"),
    (BinaryTemplate, "[bytes](#values) or template"),
    (CloseCode, "close code"),
    (AnyCloseCode, "close code or template"),
    (AnyDuration, "[duration](#values) or template"),
    (AnyCount, "whole number, at least 1, or template"),
    (AnyNumber, "number or template"),
    (Expression, "[condition](#conditions)"),
    (dict[str, Any], "JSON object"),
    (Matcher, "[matcher](#matchers)"),
    (JsonMatch, "[JSON match](#json)"),
    (Included, "text or [inclusion](#include)"),
    (IncludedOnes, "text, [inclusion](#include), or a list of them"),
    (str, "text"),
    (int, "whole number"),
    (float, "number"),
    (bool, "true or false"),
)


class BadPage(Exception):
    """Raised when the page and the schema do not fit; the text says what to change."""


@cache
def models() -> dict[str, type[Model]]:
    """Return every model of the schema by its name, in the order of their first use."""
    found: dict[str, type[Model]] = {}
    waiting: list[type[Model]] = [Mocks]
    while waiting:
        model = waiting.pop(0)
        if model.__name__ not in found:
            found[model.__name__] = model
            waiting += [one for hint in _hints(model).values() for one in _models_in(hint)]
    return found


def own_keys(model: type[Model]) -> Mapping[str, FieldInfo]:
    """Return the fields of a model by the keys a person writes; not those it inherits."""
    # What a base without a table brings is the model's own.
    described = [base for base in model.__bases__ if base in models().values()]
    inherited = {name for base in described for name in getattr(base, "model_fields", ())}
    fields = model.model_fields.items()
    return {field.alias or name: field for name, field in fields if name not in inherited}


def rewrite(page: str) -> str:
    """Return the page with its tables made anew.

    Raises:
        BadPage: a model has no table, or a table has no model.
    """
    known = models()
    shown = [name for block in _BLOCK.finditer(page) for name in block[2].split()]
    unknown = [name for name in shown if name not in known]
    if unknown:
        raise BadPage(f"the schema has no {', '.join(unknown)}; take the table out of {PAGE.name}")
    missing = [name for name in known if name not in shown]
    if missing:
        places = " ".join(f"<!-- keys: {name} --> <!-- end of keys -->" for name in missing)
        raise BadPage(f"{PAGE.name} has no table for {', '.join(missing)}; add {places}")
    anchors = _anchors(page)

    def fill(block: re.Match[str]) -> str:
        rows = [row for name in block[2].split() for row in _rows(known[name], anchors)]
        head = ["| key | value | default | |", "|---|---|---|---|"]
        return "\n".join([block[1].rstrip(), "", *head, *rows, "", block[3]])

    return _BLOCK.sub(fill, page)


def _anchors(page: str) -> dict[str, str]:
    """Return where each model is described: under the heading before its table."""
    anchors = {}
    for block in _BLOCK.finditer(page):
        heading = _HEADING.findall(page[: block.start()])[-1]
        for name in block[2].split():
            anchors[name] = slug(heading)
    return anchors


def slug(heading: str) -> str:
    """Return the anchor that Markdown viewers give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _rows(model: type[Model], anchors: Mapping[str, str]) -> Iterator[str]:
    hints = {model.model_fields[name].alias or name: hint for name, hint in _hints(model).items()}
    for key, field in own_keys(model).items():
        cells = (f"`{key}`", _kind(hints[key], anchors), _default(field), field.description or "")
        yield f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _hints(model: type[Model]) -> dict[str, Any]:
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def _models_in(hint: Any) -> Iterator[type[Model]]:  # noqa: ANN401 - a type
    if isinstance(hint, type) and issubclass(hint, Model):
        if hint.model_fields and hint is not Raw:
            yield hint
    else:
        for inner in get_args(hint):
            yield from _models_in(inner)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if field.default_factory is not None or value is None or value == "":
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{_plain(value)}`"


def _plain(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, str) else json.dumps(value)


def _kind(hint: Any, anchors: Mapping[str, str]) -> str:  # noqa: ANN401 - a type
    for known, text in _KINDS:
        if hint == known:
            return text
    if isinstance(hint, type) and issubclass(hint, Model):
        if not hint.model_fields:
            return "`{}`"
        return f"[{_words(hint)}](#{anchors[hint.__name__]})"
    inner = get_args(hint)
    match get_origin(hint):
        case origin if origin is Annotated:
            return _kind(inner[0], anchors) + _range(inner[1:])
        case origin if origin in (Union, UnionType):
            return _either([_kind(one, anchors) for one in inner if one is not NoneType])
        case origin if origin is Literal:
            return _either([f"`{_plain(one)}`" for one in inner])
        case origin if origin is list:
            return f"list of {_plural(_kind(inner[0], anchors))}"
        case origin if origin is dict:
            return f"{_plural(_kind(inner[1], anchors))} by name"
        case _:
            raise BadPage(f"there are no words for {hint}; add them to {__name__}")


def _either(kinds: list[str]) -> str:
    return " or ".join((", ".join(kinds[:-1]), kinds[-1])) if kinds[1:] else kinds[0]


def _words(model: type[Model]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()


def _plural(kind: str) -> str:
    if kind.startswith(("any", "list")):
        return kind
    kind = re.sub(r"ch(\]|$)", r"che\1", kind, count=1)
    return re.sub(r"(\w)(\]|$)", r"\1s\2", kind, count=1)


def _range(metadata: tuple[Any, ...]) -> str:
    low = next((one.ge for one in metadata if isinstance(one, Ge)), None)
    high = next((one.le for one in metadata if isinstance(one, Le)), None)
    if low is None:
        return ""
    return f", at least {low}" if high is None else f", {low} to {high}"


def main() -> int:
    """Write the tables into the page; return the exit code."""
    try:
        PAGE.write_text(rewrite(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    except BadPage as error:
        print(f"mocks_reference: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
