"""Finds the files and dialects that a mocks document includes, in the order in which they count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Protocol

from websocket_mock.actors.documents.problems import Place, Problem, as_mapping, is_one_endpoint
from websocket_mock.actors.documents.yaml_files import NotYaml
from websocket_mock.actors.library import dialects
from websocket_mock.actors.library.dialects import PREFIX, UnknownDialect
from websocket_mock.actors.library.parameters import Argument, Budget, Filled, bind, fill
from websocket_mock.actors.matching.keys import deep_key

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
    """One file or dialect of a document, for one set of values of its parameters."""

    file: str | None
    """Its name: relative to the directory of the main file, or ``dialect:NAME``; None: it is the
    main file."""
    filled: Filled
    key: str | None
    """What it is called in the document that is put together; None: it is the main file. As `file`,
    unless another source is the same file with other values."""
    included: tuple[str, ...] = ()
    """The keys of the sources that it includes itself."""
    bases: Mapping[int, str] = field(default_factory=dict)
    """The keys of the sources that its endpoints extend without including them, by the indexes of
    the endpoints."""
    is_base: bool = False
    """Whether it only serves to be extended, so that its own endpoints are not in force."""
    is_complete: bool = True
    """Whether all that it names could be read."""

    @property
    def document(self) -> Any:  # noqa: ANN401 - any document
        """What it says, with the values of its parameters."""
        return self.filled.document

    @property
    def is_dialect(self) -> bool:
        """Whether it comes with the server."""
        return is_dialect(self.file)


def is_dialect(file: str | None) -> bool:
    """Return whether the name of a source is that of a dialect."""
    return file is not None and file.startswith(PREFIX)


def gather(document: object, reader: FileReader | None) -> tuple[list[Source], list[Problem]]:
    """Return a document with all that it includes, and the problems of its `include` keys.

    Args:
        document: the main file.
        reader: reads the other files; None: only dialects can be included.

    Returns:
        Each file once for each set of values of its parameters; it comes after those that it
        includes, so the main file is the last. The files of the problems are keys of sources.
    """
    gathering = _Gathering(reader)
    arguments, problems = bind(document, {}, None, None)
    gathering.problems += problems
    gathering.add(_Asked(None, document, arguments, is_base=False), None)
    return gathering.sources, gathering.problems


@dataclass(frozen=True, slots=True)
class _Reference:
    """Where a document names a file or a dialect."""

    place: Place
    name: str
    place_of_name: Place
    given: Mapping[str, Any]
    endpoint: int | None = None
    """The index of the endpoint that extends it; None: it is included."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file or dialect that has been read."""

    file: str | None
    document: object
    arguments: Mapping[str, Argument]
    is_base: bool


class _Gathering:
    def __init__(self, reader: FileReader | None) -> None:
        self.sources: list[Source] = []
        self.problems: list[Problem] = []
        self._reader = reader
        self._asked = 0
        self._budget = Budget()
        self._open: list[str] = []
        """The names of the files that lead to the current one, from the main file on."""
        self._done: dict[tuple[str, bool, str], str] = {}
        """The keys of the sources so far: by file, whether it is a base, and values."""
        self._refused: set[str | None] = set()
        """The keys of the sources that tried to include files where this is not allowed."""

    def add(self, asked: _Asked, key: str | None) -> None:
        """Add what a file includes, and then the file."""
        filled, problems = fill(asked.document, asked.arguments, key, self._budget)
        self.problems += problems
        main = "" if self._reader is None else self._reader.main
        self._open.append(asked.file or main)
        included: list[str] = []
        bases: dict[int, str] = {}
        is_complete = True
        for one in _references(filled.document):
            found = self._follow(asked, key, one)
            if found is None:
                is_complete = False
            elif one.endpoint is None:
                included.append(found)
            else:
                bases[one.endpoint] = found
        self._open.pop()
        self.sources.append(
            Source(asked.file, filled, key, tuple(included), bases, asked.is_base, is_complete)
        )

    def _follow(self, by: _Asked, key: str | None, one: _Reference) -> str | None:
        """Add a file that is named; return its key, or None if it cannot be used."""
        self._asked += 1
        if self._asked > MAX_FILES:
            if self._asked == MAX_FILES + 1:
                self._fail(key, one.place, f"more than {MAX_FILES} files are included")
            return None
        try:
            file, document = self._read(by.file, key, one)
        except (BadInclude, UnknownDialect, NotYaml) as error:
            self._fail(key, one.place_of_name, str(error))
            return None
        except _Refused:
            return None
        if file in self._open:
            circle = " → ".join((*self._open[self._open.index(file) :], file))
            self._fail(key, one.place, f"files include each other: {circle}")
            return None
        return self._use(by, key, one, file, document)

    def _use(
        self, by: _Asked, key: str | None, one: _Reference, file: str, document: object
    ) -> str | None:
        """Add a file with the values that it is given, unless it is there; return its key."""
        own = self._key_for(file)
        arguments, problems = bind(document, one.given, own, (key, one.place))
        if problems:
            self.problems += problems
            return None
        is_base = by.is_base or one.endpoint is not None
        identity = (file, is_base, deep_key({name: it.value for name, it in arguments.items()}))
        if identity not in self._done:
            if len(self._open) > MAX_DEPTH:
                text = f"more than {MAX_DEPTH} files include each other in a row"
                self._fail(key, one.place, text)
                return None
            self._done[identity] = own
            self.add(_Asked(file, document, arguments, is_base), own)
        return self._done[identity]

    def _key_for(self, file: str) -> str:
        """Return the key of a further source of a file."""
        before = sum(known == file for known, _, _ in self._done)
        return f"{file} ({before + 1})" if before else file

    def _read(self, by: str | None, key: str | None, one: _Reference) -> tuple[str, object]:
        if one.name.startswith(PREFIX):
            return one.name, dialects.find(one.name.removeprefix(PREFIX)).document
        if is_dialect(by):
            raise BadInclude("a dialect includes dialects only")
        if self._reader is None:
            if key not in self._refused:
                self._refused.add(key)
                place = one.place[:1] if one.endpoint is None else one.place
                self._fail(key, place, "only mocks from a file can include files")
            raise _Refused
        directory = PurePosixPath(by or "").parent
        return self._reader.read(str(directory / one.name))

    def _fail(self, key: str | None, place: Place, text: str) -> None:
        self.problems.append(Problem(place, text, file=key))


class _Refused(Exception):
    """Raised for a file that cannot be included, which has been told already."""


def _references(document: object) -> Iterator[_Reference]:
    """Yield what a document includes and what its endpoints extend by file.

    What is no name is left to the schema, which refuses it.
    """
    mapping = as_mapping(document)
    if not isinstance(mapping, dict):
        return
    include = mapping.get("include")
    if isinstance(include, list):
        for index, item in enumerate(include):
            yield from _reference(item, ("include", index))
    else:
        yield from _reference(include, ("include",))
    endpoints = mapping.get("endpoints")
    for index, endpoint in enumerate(endpoints if isinstance(endpoints, list) else ()):
        extended = endpoint.get("extends") if isinstance(endpoint, dict) else None
        if names_source(extended):
            start: Place = () if is_one_endpoint(document) else ("endpoints", index)
            yield from _reference(extended, (*start, "extends"), index)


def names_source(extended: object) -> bool:
    """Return whether `extends` names a file or a dialect, not an endpoint."""
    if isinstance(extended, str):
        return extended.startswith(PREFIX)
    return any(_reference(extended, ()))


def _reference(item: object, place: Place, endpoint: int | None = None) -> Iterator[_Reference]:
    if isinstance(item, str):
        yield _Reference(place, item, place, {}, endpoint)
    elif isinstance(item, dict) and isinstance(item.get("from"), str):
        given = item.get("with", {})
        if isinstance(given, dict):
            yield _Reference(place, item["from"], (*place, "from"), given, endpoint)
