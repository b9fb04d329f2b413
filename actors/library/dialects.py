"""The dialects that come with the server: mocks documents for well-known protocols.

They are data of the package. Reading one blocks on the file system, once.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from websocket_mock.actors.documents.yaml_files import read_yaml
from websocket_mock.actors.values.suggestions import nearest

PREFIX = "dialect:"
"""What stands before the name of a dialect where a file could be named, too."""


class UnknownDialect(ValueError):
    """Raised when there is no such dialect; the text has the nearest name."""


@dataclass(frozen=True, slots=True)
class DialectParameter:
    """A parameter of a dialect."""

    name: str
    description: str
    is_required: bool
    default: Any
    """Its value unless another is given; None if it is required."""
    schema: Any
    """The JSON Schema of its values; None: any value."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect."""

    name: str
    title: str
    """What it is, in one line."""
    parameters: tuple[DialectParameter, ...]
    text: str
    """As it is written, in YAML."""
    document: Any
    """What the text says. Shared, so nobody may change it."""

    def described(self) -> dict[str, Any]:
        """Return its name, title and parameters as JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "parameters": {one.name: _described(one) for one in self.parameters},
        }


@cache
def names() -> tuple[str, ...]:
    """Return the names of all dialects, sorted."""
    return tuple(sorted(one.stem for one in _folder().glob("*.yaml")))


@cache
def find(name: str) -> Dialect:
    """Return a dialect.

    Raises:
        UnknownDialect: there is none of this name.
    """
    if name not in names():
        raise UnknownDialect(f"there is no dialect {name!r}; {nearest(name, names())}")
    text = _folder().joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    document = read_yaml(text, json_types=True)
    parameters = document.get("parameters", {})
    found = tuple(_parameter(name, one) for name, one in parameters.items())
    return Dialect(name, document.get("title", ""), found, text, document)


def _parameter(name: str, written: dict[str, Any]) -> DialectParameter:
    return DialectParameter(
        name,
        written.get("description", ""),
        "default" not in written,
        written.get("default"),
        written.get("schema"),
    )


def _described(parameter: DialectParameter) -> dict[str, Any]:
    found: dict[str, Any] = {"description": parameter.description}
    if parameter.is_required:
        found["required"] = True
    else:
        found["default"] = parameter.default
    return found if parameter.schema is None else {**found, "schema": parameter.schema}


def read_code(name: str) -> str:
    """Return the text of a Python file that a dialect uses.

    Raises:
        FileNotFoundError: no dialect has it.
    """
    return _folder().joinpath(name).read_text(encoding="utf-8")


def _folder() -> Path:
    # By its name: the Python files of dialects import what is above this module.
    folder: Path = import_module("websocket_mock.dialects").FOLDER
    return folder
