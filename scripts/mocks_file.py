"""Reads mocks files with what they include, and compiles them.

`mocks_watcher` keeps them in force.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websocket_mock.actors.documents.problems import BadDocument, Problem, show_place
from websocket_mock.actors.documents.yaml_files import NotYaml, read_yaml
from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.actors.library.files import NO_FILE, is_special
from websocket_mock.actors.library.including import BadInclude, is_dialect
from websocket_mock.actors.library.own_code import NO_CODE
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.errors import BadFile

Stamp = tuple[int, int] | None
"""The modification time of a file in nanoseconds, and its size; None: there is no file."""


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A mocks file at one moment, with what it includes."""

    path: Path
    stamps: Mapping[Path, Stamp]
    """Of all files that were read, as `MocksFile.stamps`."""
    mocks: CompiledMocks
    allow_code: bool = False
    """Whether it may `use` Python files, also when it is read again."""


class MocksFile:
    """Reads a mocks file once, with what it includes. Not thread-safe.

    Args:
        path: the main file, YAML or JSON.
        allow_code: whether it may `use` Python files.
    """

    def __init__(self, path: Path, *, allow_code: bool = False) -> None:
        self._path = path
        self._allow_code = allow_code
        self._directory = path.parent.resolve()
        self.stamps: dict[Path, Stamp] = {}
        """Of all files that were read, also of those that could not be read.

        Each is taken before the file is read, so that a change during the reading is noticed later.
        """

    def load(self) -> LoadedFile:
        """Read and compile the file. Blocks on the file system.

        Raises:
            BadFile: it cannot be used; the text has a line for each problem.
        """
        self.stamps[self._path] = stamp_of(self._path)
        try:
            mocks = compile_document(self._read_main(), self._path.parent, self)
        except BadDocument as error:
            lines = [show_problem(self._path, problem) for problem in error.problems]
            raise BadFile("\n".join(lines)) from None
        return LoadedFile(self._path, self.stamps, mocks, self._allow_code)

    @property
    def main(self) -> str:
        """The name of the main file, for `gather`."""
        path = self._path.resolve()
        is_below = path.is_relative_to(self._directory)
        return path.relative_to(self._directory).as_posix() if is_below else path.name

    def read(self, name: str) -> tuple[str, object]:
        """Read a file that is included, for `gather`. Blocks on the file system.

        Raises:
            BadInclude: it cannot be read, or is not below the directory of the main file.
        """
        found = self._find(name)
        if found == self.main:
            return found, None
        try:
            return found, parse_file(self._directory / found)
        except Unreadable as error:
            raise BadInclude(f"{found}: {error}") from None

    def read_code(self, name: str) -> tuple[str, str]:
        """Read a Python file that is used, for `load_functions`. Blocks on the file system.

        Raises:
            BadInclude: own code is not allowed, or it cannot be read, or is not below the directory
                of the main file.
        """
        if not self._allow_code:
            raise BadInclude(NO_CODE)
        found = self._find(name)
        try:
            return found, _read(self._directory / found, "file")
        except Unreadable as error:
            raise BadInclude(f"{found}: {error}") from None

    def _find(self, name: str) -> str:
        """Note the stamp of a file, and return its one name."""
        try:
            path = (self._directory / name).resolve()
            self.stamps[self._directory / name] = stamp_of(self._directory / name)
            would_wait = is_special(path)
        except (ValueError, OSError, RuntimeError) as error:
            raise BadInclude(f"{name!r} cannot be read: {error}") from None
        if not path.is_relative_to(self._directory):
            raise BadInclude(f"{name!r} is not below the directory of the main mocks file")
        if would_wait:
            raise BadInclude(f"{name!r} cannot be read: {NO_FILE}")
        return path.relative_to(self._directory).as_posix()

    def _read_main(self) -> Any:  # noqa: ANN401 - whatever the file holds
        try:
            return parse_file(self._path)
        except Unreadable as error:
            raise BadFile(printable(f"{self._path}: {error}")) from None


def load(path: Path, *, allow_code: bool = False) -> LoadedFile:
    """Read and compile a mocks file with what it includes. Blocks on the file system.

    Args:
        path: the file, YAML or JSON.
        allow_code: whether it may `use` Python files, which then run.

    Raises:
        BadFile: it cannot be used; the text has a line for each problem.
    """
    return MocksFile(path, allow_code=allow_code).load()


def load_all(paths: Iterable[Path], *, allow_code: bool = False) -> tuple[LoadedFile, ...]:
    """Read and compile several mocks files, as `load` does. Blocks on the file system.

    Raises:
        BadFile: at least one cannot be used; the text has a line for each problem of each file.
    """
    loaded, problems = [], []
    for path in paths:
        try:
            loaded.append(load(path, allow_code=allow_code))
        except BadFile as error:
            problems.append(str(error))
    if problems:
        raise BadFile("\n".join(problems))
    return tuple(loaded)


def stamp_of(path: Path) -> Stamp:
    """Return the current stamp of a file. Blocks on the file system."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def show_problem(path: Path, problem: Problem, severity: str = "") -> str:
    """Return a problem as one line: the file that has it, the place in the file, and the text.

    What is not printable is escaped, because names and keys are those of whoever wrote the file.

    Args:
        path: the main mocks file.
        problem: a problem of the main file or of one that it includes.
        severity: what stands before the text.
    """
    file: Path | str = path if problem.file is None else path.parent / problem.file
    if is_dialect(problem.file):
        file = str(problem.file)
    return printable(f"{file}: {show_place(problem.place)}: {severity}{problem.text}")


class Unreadable(Exception):
    """Raised when a file is no document; the text says why, without its name."""


def _read(path: Path, what: str = "mocks file") -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Unreadable(f"there is no such {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"cannot be read: {error}") from None


def parse_file(path: Path, what: str = "mocks file", max_values: int | None = None) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the value of a file, which is YAML or, with the suffix .json, JSON.

    Blocks on the file system.

    Args:
        path: the file.
        what: the word for it in the text of an error.
        max_values: as for `read_yaml`.

    Raises:
        Unreadable: it is missing, or not valid.
    """
    text = _read(path, what)
    try:
        if path.suffix == ".json":
            return json.loads(text)
        return read_yaml(text, json_types=True, max_values=max_values)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"{place}: not valid JSON: {error.msg}") from None
    except NotYaml as error:
        raise Unreadable(str(error)) from None
    except ValueError as error:
        # Python does not convert a number with more than 4300 digits.
        raise Unreadable(f"not valid JSON: {error}") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
