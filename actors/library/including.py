"""Finds the files that a mocks document includes, in the order in which their contents count."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from websocket_mock.actors.documents.problems import Place, Problem, as_mapping

MAX_FILES = 100
"""The most files that a document includes, those that its included files include counted."""

MAX_DEPTH = 10
"""The most files that include one another in a row, the main file not counted."""


class BadInclude(ValueError):
    """Raised when a file cannot be included; the text says why."""


class FileReader(Protocol):
    """Reads the files that a main mocks file includes."""

    @property
    def main(self) -> str:
        """The name of the main file, as `read` would return it."""

    def read(self, name: str) -> tuple[str, object]:
        """Return the one name of a file, and its document.

        Args:
            name: its path, relative to the directory of the main file.

        Raises:
            BadInclude: it cannot be read, or is not below the directory of the main file.
        """

    def read_code(self, name: str) -> tuple[str, str]:
        """Return the one name of a Python file, and its text.

        Args:
            name: its path, relative to the directory of the main file.

        Raises:
            BadInclude: own code is not allowed, or it cannot be read, or is not below the directory
                of the main file.
        """


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a document."""

    file: str | None
    """Its name, relative to the directory of the main file; None: it is the main file."""
    document: object
    included: tuple[str, ...] = ()
    """The names of the files that it includes itself."""


def gather(document: object, reader: FileReader | None) -> tuple[list[Source], list[Problem]]:
    """Return a document with all that it includes, and the problems of its `include` keys.

    Args:
        document: the main file.
        reader: reads the other files; None: `include` is refused.

    Returns:
        Each file once; a file comes after those that it includes, so the main file is the last.
    """
    gathering = _Gathering(reader)
    gathering.add(None, document)
    return gathering.sources, gathering.problems


class _Gathering:
    def __init__(self, reader: FileReader | None) -> None:
        self.sources: list[Source] = []
        self.problems: list[Problem] = []
        self._reader = reader
        self._asked = 0
        self._open: list[str] = []
        """The names of the files that lead to the current one, from the main file on."""
        self._done: set[str] = set()

    def add(self, file: str | None, document: object) -> None:
        """Add what a file includes, and then the file."""
        included = () if self._reader is None else self._include(self._reader, file, document)
        if self._reader is None and any(_names(document)):
            self._fail(file, ("include",), "only mocks from a file can include files")
        self.sources.append(Source(file, document, included))

    def _include(self, reader: FileReader, file: str | None, document: object) -> tuple[str, ...]:
        self._open.append(file or reader.main)
        found = [self._follow(reader, file, place, name) for place, name in _names(document)]
        self._done.add(self._open.pop())
        return tuple(one for one in found if one is not None)

    def _follow(self, reader: FileReader, file: str | None, place: Place, name: str) -> str | None:
        """Add an included file; return its name, or None if it cannot be included."""
        self._asked += 1
        if self._asked > MAX_FILES:
            if self._asked == MAX_FILES + 1:
                self._fail(file, place, f"more than {MAX_FILES} files are included")
            return None
        directory = PurePosixPath(file or "").parent
        try:
            found, document = reader.read(str(directory / name))
        except BadInclude as error:
            self._fail(file, place, str(error))
            return None
        if found in self._open:
            circle = " → ".join((*self._open[self._open.index(found) :], found))
            self._fail(file, place, f"files include each other: {circle}")
            return None
        if found not in self._done:
            if len(self._open) > MAX_DEPTH:
                self._fail(file, place, f"more than {MAX_DEPTH} files include each other in a row")
                return None
            self.add(found, document)
        return found

    def _fail(self, file: str | None, place: Place, text: str) -> None:
        self.problems.append(Problem(place, text, file=file))


def _names(document: object) -> Iterator[tuple[Place, str]]:
    """Yield the included names. What is no name is left to the schema, which refuses it."""
    mapping = as_mapping(document)
    include = mapping.get("include") if isinstance(mapping, dict) else None
    if isinstance(include, str):
        yield ("include",), include
    elif isinstance(include, list):
        for index, name in enumerate(include):
            if isinstance(name, str):
                yield ("include", index), name
