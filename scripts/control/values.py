"""Reads the values of a command line: text, JSON, files, standard input."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websocket_mock.scripts.control.problems import WrongUsage

MAX_FILE = 16 * 1024 * 1024
"""The most bytes of a file, or of standard input."""

STANDARD_INPUT = "-"

WORD = re.compile(r"(\w+)(:=|=)(.*)", re.DOTALL)

Schemas = Mapping[str, Mapping[str, Any]]
"""The JSON Schema of each argument of a tool."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def json_value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON, or a file of JSON as `@FILE`.

    Raises:
        WrongUsage: it is not JSON.
    """
    given = read_file(text[1:]) if text.startswith("@") else text
    try:
        return json.loads(given)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"{text!r} is not JSON: {error}") from None


def json_object(text: str) -> dict[str, Any]:
    """Read a JSON object, or a file of one as `@FILE`.

    Raises:
        WrongUsage: it is not a JSON object.
    """
    value = json_value(text)
    if not isinstance(value, dict):
        raise WrongUsage(f"{text!r} is not a JSON object")
    return value


def fault(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a fault: the name of a kind, JSON, or a file of YAML or JSON as `@FILE`.

    Raises:
        WrongUsage: the file cannot be read.
    """
    return document(text[1:]) if text.startswith("@") else json_or_text(text)


def json_or_text(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON, or take a text that is not JSON as it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def document(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read YAML or JSON of a file, or of standard input as `-`.

    Raises:
        WrongUsage: it cannot be read.
    """
    return written_document(text).value


@dataclass(frozen=True, slots=True)
class Written:
    """A document, and how it is written."""

    value: Any
    text: str | None
    """The text; None: it is too long for a tool."""


def written_document(name: str) -> Written:
    """Read YAML or JSON as `document` does, and keep its text.

    Raises:
        WrongUsage: it cannot be read.
    """
    from websocket_mock.actors.documents.yaml_files import MAX_TEXT  # noqa: PLC0415 - as below

    text = read_file(name)
    value = yaml_value(text, "standard input" if name == STANDARD_INPUT else name)
    return Written(value, text if len(text) <= MAX_TEXT else None)


def yaml_value(text: str, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read YAML, which JSON is too, with the types of JSON.

    Raises:
        WrongUsage: it is not valid; the text begins with the name.
    """
    # Only here, because YAML takes longer to load than the rest.
    from websocket_mock.actors.documents.yaml_files import NotYaml, read_yaml  # noqa: PLC0415

    try:
        return read_yaml(text, json_types=True)
    except NotYaml as error:
        raise WrongUsage(f"{name}: {error}") from None


def to_yaml(definition: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a definition as YAML, see `write_yaml`."""
    # Only here, because YAML takes longer to load than the rest.
    from websocket_mock.actors.documents.yaml_writing import write_yaml  # noqa: PLC0415

    return write_yaml(definition)


def text_or_input(text: str) -> str:
    """Return a text; `-` is standard input."""
    return read_file(text) if text == STANDARD_INPUT else text


def read_file(name: str) -> str:
    """Return the text of a file, or of standard input as `-`. Blocks.

    Raises:
        WrongUsage: it cannot be read, is not text, or is too large.
    """
    try:
        if name == STANDARD_INPUT:
            data = sys.stdin.buffer.read(MAX_FILE + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise WrongUsage(f"{name}: more than {MAX_FILE // 2**20} MiB")
        return data.decode()
    except OSError as error:
        raise WrongUsage(f"{name}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise WrongUsage(f"{name}: not UTF-8; binary messages are written as hex:…") from None


def read_words(words: Sequence[str], schemas: Schemas) -> dict[str, Any]:
    """Return the arguments in words: `key=value`, `key:=JSON`, `key=@file`, `-` or a JSON object.

    Args:
        words: the words; a later one overrides what an object says.
        schemas: decide whether a value is text or JSON. Their references are resolved.

    Raises:
        WrongUsage: a word is none of these.
    """
    whole: dict[str, Any] = {}
    single: dict[str, Any] = {}
    for word in words:
        if word == STANDARD_INPUT or word.startswith("{"):
            whole.update(_object(word))
            continue
        name, value = _read_word(word, schemas)
        if name not in single:
            single[name] = value
        elif isinstance(single[name], list) and isinstance(value, list):
            single[name] = [*single[name], *value]
        else:
            raise WrongUsage(f"{name} is given twice")
    return {**whole, **single}


def _read_word(word: str, schemas: Schemas) -> tuple[str, Any]:
    parts = WORD.fullmatch(word)
    if parts is None:
        raise WrongUsage(
            f"{word!r} is not an argument; write key=value, key:=JSON, key=@file, or - for a JSON "
            "object on standard input"
        )
    name, sign, value = parts.groups()
    schema = schemas.get(name, {"type": "string"})
    if sign == ":=":
        return name, json_value(value)
    if value.startswith("@"):
        text = read_file(value[1:])
        is_text = any(_is_text(option, text) for option in schema.get("anyOf", (schema,)))
        return name, (text if is_text else yaml_value(text, value[1:]))
    return name, _typed(value, schema)


def _typed(text: str, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as the schema wants it: JSON of another type than text goes first.

    What fits nothing stays text, and the server says what is wrong.
    """
    options = schema.get("anyOf", (schema,))
    value = json_or_text(text)
    if any(_is_json(value, option) for option in options):
        return value
    if any(_is_text(option, text) for option in options):
        return text
    # One item of a list.
    return [text] if any(option.get("type") == "array" for option in options) else text


def _is_json(value: Any, option: Mapping[str, Any]) -> bool:  # noqa: ANN401
    if not option:
        return True
    wanted = _TYPES.get(option.get("type", ""))
    if wanted is None:
        return False
    return isinstance(value, wanted) and (isinstance(value, bool) == (wanted is bool))


def _is_text(option: Mapping[str, Any], text: str) -> bool:
    if option.get("type") != "string":
        return False
    return text in option.get("enum", (option.get("const", text),))


def _object(word: str) -> dict[str, Any]:
    name = "standard input" if word == STANDARD_INPUT else word
    try:
        value = json.loads(read_file(word) if word == STANDARD_INPUT else word)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"{name}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise WrongUsage(f"{name}: not a JSON object")
    return value
