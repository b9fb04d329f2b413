"""From what pydantic says to what a person needs: the place, what is allowed, the nearest key."""

import difflib
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.actors.library.compiler import BadMocks, Place, Problem

_WORDS = {
    "model_type": "give a mapping of keys to values",
    "dict_type": "give a mapping of keys to values",
    "list_type": "give a list",
    "string_type": "give text",
    "missing": "this key is needed",
}
"""What we say instead of pydantic, which speaks of Python."""


def parse_mocks(document: object) -> Mocks:
    """Return the mocks a document describes: a mapping with `endpoints`, or a list of them.

    Raises:
        BadMocks: it is not valid; each problem has its place and what is allowed there.
    """
    root = {"endpoints": document} if isinstance(document, list) else document
    try:
        return Mocks.model_validate(root)
    except ValidationError as error:
        raise BadMocks(list(_problems(error, root))) from None


def _problems(error: ValidationError, root: object) -> Iterator[Problem]:
    for details in error.errors(include_url=False, include_context=False):
        place = _without_tags(details["loc"], root, is_missing=details["type"] == "missing")
        if details["type"] == "extra_forbidden":
            yield Problem(place, _unknown_key(str(place[-1]), _keys_at(place[:-1])))
        else:
            text = _WORDS.get(details["type"], details["msg"].removeprefix("Value error, "))
            yield Problem(place, text)


def _without_tags(location: Sequence[str | int], root: object, *, is_missing: bool) -> Place:
    """Drop what pydantic adds to a location, by following the document along it."""
    last = len(location) - 1
    place: list[str | int] = []
    here: Any = root
    for index, part in enumerate(location):
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            if index < last or not is_missing:
                continue
        place.append(part)
    return tuple(place)


def _unknown_key(key: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, allowed, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(allowed)}"
    return f"unknown key {key!r}; {hint}"


def _keys_at(place: Place) -> list[str]:
    """Return the keys the schema allows at a place."""
    models: list[type[BaseModel]] = [Mocks]
    for part in place:
        if not isinstance(part, int):
            models = [found for model in models for found in _models_behind(model, part)] or models
    fields = [field for model in models for field in model.model_fields.items()]
    return sorted({field.alias or name for name, field in fields})


def _models_behind(model: type[BaseModel], key: str) -> Iterator[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            yield from _models_in(field.annotation)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (list, dict, Union, UnionType) or get_args(annotation):
        for inner in get_args(annotation):
            yield from _models_in(inner)
