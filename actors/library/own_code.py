"""Loads the Python files that mocks `use`, and finds the functions that they `call`."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import PurePosixPath
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.conversation.own_code import Connection, Event, Function
from websocket_mock.actors.documents.problems import Place, Problem, as_mapping
from websocket_mock.actors.library.dialects import read_code
from websocket_mock.actors.library.including import (
    BadInclude,
    FileReader,
    Source,
    is_dialect,
)
from websocket_mock.actors.values.suggestions import nearest

SLOW = 0.05
"""The seconds after which a call is reported as slow: it holds up all connections of its reader."""

NO_CODE = "own code is off; the option --allow-code allows it"


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions that a document may call. Immutable; any thread."""

    by_name: Mapping[str, Function] = field(default_factory=lambda: MappingProxyType({}))
    """By the name alone, if only one file has it, and by ``file.name``."""
    is_complete: bool = True
    """Whether all files could be loaded. Otherwise any name is found, so that it is no problem."""

    def having(self, more: Mapping[str, Function]) -> "Functions":
        """Return these functions with more of them."""
        return replace(self, by_name=MappingProxyType({**self.by_name, **more})) if more else self

    def find(self, name: str) -> Function:
        """Return a function.

        Raises:
            BadAction: there is none of this name.
        """
        if not self.is_complete:
            return self.by_name.get(name, _do_nothing)
        if not self.by_name:
            raise BadAction(f"there is no function {name!r}: name its file with `use` in the file")
        if name not in self.by_name:
            hint = nearest(name, sorted(self.by_name))
            raise BadAction(f"there is no function {name!r} in the files under `use`; {hint}")
        return self.by_name[name]


def load_functions(
    sources: Sequence[Source], reader: FileReader | None
) -> tuple[Functions, list[Problem]]:
    """Load the Python files of a document. They run here, so they must be allowed.

    Those of dialects come with the server, so they are always allowed. Their functions have only
    the name ``file.name``, so that they are in nobody's way.

    Args:
        sources: the document with all that it includes.
        reader: reads the files; None: own code is refused, except that of dialects.

    Returns:
        The functions, and the problems of the `use` keys.
    """
    found: dict[str, Function] = {}
    names: dict[str, list[Function]] = {}
    problems: list[Problem] = []
    for file, place, path in dict.fromkeys(_uses(sources)):
        try:
            functions = _load(*_read(file, path, reader))
        except BadInclude as error:
            problems.append(Problem(place, str(error), file=file))
            continue
        for name, function in functions.items():
            found[f"{PurePosixPath(path).stem}.{name}"] = function
            if not is_dialect(file):
                names.setdefault(name, []).append(function)
    found |= {name: one[0] for name, one in names.items() if len(one) == 1}
    return Functions(MappingProxyType(found), is_complete=not problems), problems


def _do_nothing(_: Event, __: Connection) -> None:
    """Stand in for a function of a file that could not be loaded."""


def _uses(sources: Sequence[Source]) -> Iterator[tuple[str | None, Place, str]]:
    """Yield the name of each Python file, relative to the main file, and who uses it where.

    The name of a file that a dialect uses is relative to the folder of dialects.
    """
    for source in sources:
        mapping = as_mapping(source.document)
        used = mapping.get("use") if isinstance(mapping, dict) else None
        directory = PurePosixPath("" if is_dialect(source.file) else source.file or "").parent
        if isinstance(used, str):
            yield source.file, ("use",), str(directory / used)
        elif isinstance(used, list):
            for index, name in enumerate(used):
                if isinstance(name, str):
                    yield source.file, ("use", index), str(directory / name)


def _read(file: str | None, path: str, reader: FileReader | None) -> tuple[str, str]:
    """Return the one name of a Python file that another file uses, and its text.

    Raises:
        BadInclude: it cannot be read, or own code is not allowed.
    """
    if is_dialect(file):
        return path, read_code(path)
    if reader is None:
        raise BadInclude("only mocks from a file can use own code")
    return reader.read_code(path)


def _load(name: str, source: str) -> dict[str, Function]:
    """Return the public functions that a Python file defines.

    Raises:
        BadInclude: it raises when it runs.
    """
    module = ModuleType(PurePosixPath(name).stem)
    module.__file__ = name
    try:
        code, names = compile(source, name, "exec"), vars(module)
        # The operator allows it.
        exec(code, names)  # noqa: S102  # nosec B102
    except SyntaxError as error:
        raise BadInclude(f"{name}, line {error.lineno}: not valid Python: {error.msg}") from None
    except Exception as error:  # noqa: BLE001 - it may raise whatever it likes
        raise BadInclude(f"{name} cannot be loaded: {type(error).__name__}: {error}") from None
    return {
        key: _timed(f"{module.__name__}.{key}", value)
        for key, value in vars(module).items()
        if isinstance(value, FunctionType)
        and value.__globals__ is vars(module)
        and not key.startswith("_")
    }


def _timed(name: str, function: Callable[..., Any]) -> Function:
    @wraps(function)
    def call(event: Event, connection: Connection) -> Any:  # noqa: ANN401 - the caller checks it
        begin = time.perf_counter()
        try:
            return function(event, connection)
        finally:
            seconds = time.perf_counter() - begin
            if seconds > SLOW:
                # Here, so that `validate` does not load it.
                from loguru import logger  # noqa: PLC0415

                logger.warning(
                    "client {}: {} took {:.0f} ms; own code must not block, because it holds up "
                    "all connections",
                    connection.id,
                    name,
                    seconds * 1000,
                )

    return call
