"""Turns validation errors into problems: the place, what is allowed there, the nearest word.

It translates the errors of pydantic into our own texts. It does not know what a document is for:
it can parse any model and the arguments of any function.
"""

import difflib
import json
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.actors.matching.schema import NOT_TEXT, Model, Tests
from websocket_mock.actors.values.suggestions import nearest

Place = tuple[str | int, ...]
"""The keys and indexes that lead to a part of a document."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error in a document, or, as a warning, something that is probably a mistake."""

    place: Place
    text: str
    is_warning: bool = False
    file: str | None = None
    """The file that has it, relative to the directory of the main file; None: the main file."""

    def __str__(self) -> str:
        """Return one line with the file, if it is not the main file, the place and the text."""
        shown = f"{show_place(self.place)}: {self.text}"
        return shown if self.file is None else f"{self.file}: {shown}"


class BadDocument(ValueError):
    """Raised when a document cannot be used; `problems` has all its errors."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def show_place(place: Place) -> str:
    """Return a place as a person would write it: ``endpoints[0].rules[2].match``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "the document"


def parse(model: type[M], value: object, place: Place = ()) -> M:
    """Return the model that a value describes.

    Args:
        model: the type to return.
        value: a value from a document or an argument.
        place: the place of the value in a larger document; the problems begin with it.

    Raises:
        BadDocument: the value is not valid. Each problem has its place and what is allowed there.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = problems_of(error, value, (model,))
        raise BadDocument([Problem((*place, *one.place), one.text) for one in problems]) from None


def parse_mocks(document: object) -> Mocks:
    """Return the mocks that a document describes.

    Args:
        document: as in `as_mapping`.

    Raises:
        BadDocument: it is not valid. Each problem has its place and what is allowed there.
    """
    mapping = as_mapping(document)
    mocks = parse(Mocks, mapping)
    halves = [Problem(place, NOT_TEXT) for place in _places_of_no_text(mapping)]
    if halves:
        raise BadDocument(halves)
    return mocks


def _places_of_no_text(document: object) -> Iterator[Place]:
    """Yield the places of texts that UTF-8 cannot express, and of mappings with such keys.

    JSON and YAML can express them. Only a seed may be one.
    """
    seen: set[int] = set()
    left: list[tuple[Place, object]] = [((), document)]
    while left:
        place, value = left.pop()
        if isinstance(value, str):
            if not _is_text(value) and place != ("seed",):
                yield place
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))  # what YAML uses again is one object, in a file maybe billions
            if isinstance(value, list):
                left += [((*place, index), one) for index, one in enumerate(value)]
                continue
            left += [((*place, key), one) for key, one in value.items()]
            if not all(_is_text(key) for key in value if isinstance(key, str)):
                yield place


def _is_text(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_mapping(document: object) -> object:
    """Return a mocks document in its long form.

    Args:
        document: a mapping with `endpoints` and `faults`, a list of endpoints, or one endpoint.
            What is none of these is returned as it is.
    """
    if is_one_endpoint(document):
        return {"endpoints": [document]}
    return {"endpoints": document} if isinstance(document, list) else document


def is_one_endpoint(document: object) -> bool:
    """Return whether a mocks document is a single endpoint, with its keys at the top."""
    return (
        isinstance(document, dict)
        and ("path" in document or "extends" in document)
        and "endpoints" not in document
    )


def problems_of(
    error: ValidationError, root: object, types: Sequence[Any] | Mapping[str, Any]
) -> list[Problem]:
    """Return the problems in an error of pydantic, in our own texts.

    Args:
        error: the error that pydantic raised.
        root: the value that was validated.
        types: the types that the value may have, or the types of arguments by their names.
    """
    found: dict[tuple[Place, str], Problem] = {}
    for details in error.errors(include_url=False):
        is_missing = details["type"] == "missing"
        place = _without_tags(details["loc"], root, is_missing=is_missing)
        text = _say(details["type"], details, place, types)
        found.setdefault((place, text), Problem(place, text))
    return list(found.values())


# --- texts --------------------------------------------------------------------------------------


def _say(
    kind: str, details: Mapping[str, Any], place: Place, types: Sequence[Any] | Mapping[str, Any]
) -> str:
    given, context = details.get("input"), details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(place, types)
    if kind == "missing":
        return f"this {_what(place, types)} is needed"
    if kind == "string_unicode":
        return NOT_TEXT
    if kind == "recursion_loop":
        return "nested too deeply"
    if kind == "literal_error":
        allowed = _QUOTED.findall(context["expected"])
        return f"{_short(given)} is not allowed; {nearest(given, allowed)}"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return _mapping_wanted(given, _models_at(place, types))
    if kind == "string_pattern_mismatch":
        return f"give text {_pattern(context['pattern'])}, not {_short(given)}"
    if kind in _EXPECTED:
        return f"give {_EXPECTED[kind]}, not {_short(given)}"
    if kind in _BOUNDS:
        return f"give {_BOUNDS[kind](context)}, not {_short(given)}"
    return str(details["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")


class _JsonWords(reprlib.Repr):
    """Writes true, false and null as in the documents, not as in Python."""

    def repr_bool(self, value: bool, _level: int) -> str:  # noqa: FBT001 - as reprlib calls it
        return json.dumps(value)

    def repr_NoneType(self, value: None, _level: int) -> str:  # noqa: N802 - the name of the type
        return json.dumps(value)


_short = _JsonWords().repr


def _pattern(pattern: str) -> str:
    if pattern in _PATTERNS:
        return _PATTERNS[pattern]
    beginning = pattern.removeprefix("^")
    if beginning == re.escape(beginning) and beginning != pattern:
        return f"that begins with {beginning}"
    return f"that matches {pattern}"


_QUOTED = re.compile(r"'([^']*)'")

_EXPECTED = {
    "list_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "none_required": "nothing",
}

_PATTERNS = {
    r"^[A-Za-z_][A-Za-z0-9_]*$": "of letters, digits and _, without a digit in front",
    r"^[A-Za-z][A-Za-z0-9_]*$": "of letters, digits and _, with a letter in front",
}

_BOUNDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda context: f"a number above {context['gt']:g}",
    "greater_than_equal": lambda context: f"a number that is at least {context['ge']:g}",
    "less_than": lambda context: f"a number below {context['lt']:g}",
    "less_than_equal": lambda context: f"a number that is at most {context['le']:g}",
    "too_short": lambda context: f"at least {context['min_length']} of them",
    "too_long": lambda context: f"at most {context['max_length']} of them",
    "string_too_short": lambda context: f"at least {context['min_length']} characters",
    "string_too_long": lambda context: f"at most {context['max_length']} characters",
}


def _mapping_wanted(given: object, models: Sequence[type[BaseModel]]) -> str:
    lists = [name for model in models for name in _list_keys(model)]
    if isinstance(given, list) and len(lists) == 1:
        # The mapping has only one list, so its key was probably forgotten.
        hint = f'a list goes under its key: {{"{lists[0]}": […]}}'
        return f"give a mapping of keys to values, not {_short(given)}; {hint}"
    example = ""
    if isinstance(given, str | int | float) and (keys := _main_keys(models)):
        written = json.dumps(given, ensure_ascii=False)
        value = written if len(written) <= _MAX_EXAMPLE else "…"
        example = f", such as {{{json.dumps(keys[0])}: {value}}}"
    return f"give a mapping of keys to values{example}, not {_short(given)}"


_MAX_EXAMPLE = 40
"""Characters of a value that is shown in an example."""


def _main_keys(models: Sequence[type[BaseModel]]) -> list[str]:
    """Return the keys of models under which a single value probably belongs."""
    return [key for model in models if (key := _main_key(model)) is not None]


def _main_key(model: type[BaseModel]) -> str | None:
    if issubclass(model, Model) and model.main_key is not None:
        return model.main_key
    needed = [
        field.alias or name for name, field in model.model_fields.items() if field.is_required()
    ]
    keys = needed or [field.alias or name for name, field in model.model_fields.items()]
    return keys[0] if len(keys) == 1 else None


def _list_keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if field.is_required() and str(field.annotation).startswith("list["):
            yield field.alias or name


def _unknown_key(place: Place, types: Sequence[Any] | Mapping[str, Any]) -> str:
    key = str(place[-1])
    return f"unknown {_what(place, types)} {key!r}; {_meant(key, place[:-1], types)}"


def _meant(key: str, parent: Place, types: Sequence[Any] | Mapping[str, Any]) -> str:
    """Return a hint: what was probably meant by a key that is not allowed at a place."""
    allowed, models = _keys_at(parent, types), _models_at(parent, types)
    foreign = _foreign(key, models)
    if foreign is not None:
        return nearest(foreign, allowed)
    if "json" in parent[-1:] and not _is_like(key, allowed, 0.7):
        return f"a path into JSON begins with $: did you mean '$.{key}'?"
    holders = _holders(key, parent, types)
    if len(holders) == 1 and (key.startswith("$") or not _is_like(key, allowed, 0.85)):
        return f"it belongs under {holders[0]!r}"
    # With a lower cutoff, the keys of a message that was written in place of `json` look similar.
    hint = nearest(key, allowed, cutoff=0.6)
    if Tests in models and hint.startswith("allowed"):
        hint += f"; to compare with an object, write {{equals: {{{key}: …}}}}"
    return hint


def _is_like(word: str, words: Sequence[str], cutoff: float) -> bool:
    """Return whether a word is similar to one of others; the cutoff is from 0 to 1."""
    return bool(difflib.get_close_matches(word, words, n=1, cutoff=cutoff))


def _holders(key: str, parent: Place, types: Sequence[Any] | Mapping[str, Any]) -> list[str]:
    """Return the keys of a place under which a key belongs."""
    wanted, behind = ("json", ".json") if key.startswith("$") else (key, "")
    fields: dict[str, list[Any]] = {}
    if not parent and isinstance(types, Mapping):
        fields = {name: [one] for name, one in types.items()}
    for model in _models_at(parent, types):
        for name, field in model.model_fields.items():
            fields.setdefault(field.alias or name, []).append(field.annotation)
    if behind and wanted in fields:
        return [wanted]
    return [name + behind for name, found in fields.items() if wanted in _keys_at((), found)]


def _what(place: Place, types: Sequence[Any] | Mapping[str, Any]) -> str:
    return "argument" if len(place) == 1 and isinstance(types, Mapping) else "key"


def _foreign(key: str, models: Sequence[type[BaseModel]]) -> str | None:
    """Return our key for a key that other tools use."""
    ours = (one.foreign_keys.get(key) for one in models if issubclass(one, Model))
    return next(filter(None, ours), None)


# --- places -------------------------------------------------------------------------------------


def _without_tags(location: Sequence[str | int], root: object, *, is_missing: bool) -> Place:
    """Remove the parts that pydantic adds to a location, those that the document does not have."""
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


def _keys_at(place: Place, types: Sequence[Any] | Mapping[str, Any]) -> list[str]:
    """Return the keys that are allowed at a place."""
    if not place and isinstance(types, Mapping):
        return sorted(types)
    fields = [field for model in _models_at(place, types) for field in model.model_fields.items()]
    return sorted({field.alias or name for name, field in fields})


def _models_at(place: Place, types: Sequence[Any] | Mapping[str, Any]) -> Sequence[type[BaseModel]]:
    if isinstance(types, Mapping):
        if not place:
            return ()
        first, *rest = place
        types, place = (types.get(str(first)),), tuple(rest)
    models = [model for one in types for model in models_in(one)]
    for part in place:
        if not isinstance(part, int):
            models = [found for model in models for found in _models_behind(model, part)] or models
    return models


def _models_behind(model: type[BaseModel], key: str) -> Iterator[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            yield from models_in(field.annotation)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type
    """Yield the models that the annotation of a field allows, at any depth of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for inner in get_args(annotation):
            yield from models_in(inner)
