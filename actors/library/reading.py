"""Parses and compiles a document, and reports all errors in it at once."""

import copy
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from websocket_mock.actors.documents.problems import (
    BadDocument,
    Place,
    Problem,
    as_mapping,
    parse_mocks,
)
from websocket_mock.actors.library.compiler import CompiledMocks, compile_mocks

_STAND_INS: dict[str, Any] = {
    "rules": {"do": ["ignore"]},
    "handshake": {"stall": 0},
    "script": {"wait": 0},
    "faults": "drop",
}
"""What replaces a part that is not valid, so that the other parts can be compiled."""


def compile_document(document: object, directory: Path | None = None) -> CompiledMocks:
    """Parse and compile a document.

    Args:
        document: a mapping with `endpoints` and `faults`, or a list of endpoints.
        directory: the directory of the files that `send` names; None: files are refused.

    Raises:
        BadDocument: the document cannot be used. It has the problems of parsing and of compiling.
    """
    try:
        mocks = parse_mocks(document)
    except BadDocument as error:
        raise BadDocument(
            [*error.problems, *_further(document, error.problems, directory)]
        ) from None
    return compile_mocks(mocks, directory)


def _further(
    document: object, problems: Iterable[Problem], directory: Path | None
) -> list[Problem]:
    """Return the problems of compiling those parts of a document that can be parsed."""
    rest: Any = copy.deepcopy(as_mapping(document))
    for problem in problems:
        _replace(rest, problem.place)
    try:
        mocks = parse_mocks(rest)
    except BadDocument:
        return []
    try:
        compile_mocks(mocks, directory)
    except BadDocument as error:
        return list(error.problems)
    return []


def _replace(document: Any, place: Place) -> None:  # noqa: ANN401 - any document
    """Put something valid in the place of the smallest part that has the problem."""
    # After a part has been replaced, the places of its other problems no longer exist.
    with suppress(KeyError, IndexError, TypeError):
        _put_stand_in(document, place)


def _put_stand_in(document: Any, place: Place) -> None:  # noqa: ANN401 - any document
    match place:
        case ("endpoints", int(index), str(part), int(number), *_) if part in _STAND_INS:
            document["endpoints"][index][part][number] = _STAND_INS[part]
        case ("endpoints", int(index), *_):
            document["endpoints"][index] = {"path": f"/invalid/{index}"}
        case ("faults", int(number), *_):
            document["faults"][number] = _STAND_INS["faults"]
        case (str(key), *_) if isinstance(document, dict):
            document.pop(key, None)
