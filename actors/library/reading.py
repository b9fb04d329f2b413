"""From a document as a person wrote it to what runs, with all that is wrong in one round."""

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
"""What takes the place of a part that is not valid, so that the rest of it can be compiled."""


def compile_document(document: object, directory: Path | None = None) -> CompiledMocks:
    """Return what a document does.

    Args:
        document: a mapping with `endpoints` and `faults`, or a list of endpoints.
        directory: where the files of `send` are looked for; None allows none.

    Raises:
        BadDocument: it cannot be used; the problems are all there are, of its form and of what
            stands in it.
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
    """Return what is wrong with the parts of a document whose form is right."""
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


def _replace(document: Any, place: Place) -> None:  # noqa: ANN401 - what a person wrote
    """Put something valid in the place of the smallest part that a problem is in."""
    # A part that has been replaced already has no such place any more.
    with suppress(KeyError, IndexError, TypeError):
        _put_stand_in(document, place)


def _put_stand_in(document: Any, place: Place) -> None:  # noqa: ANN401 - what a person wrote
    match place:
        case ("endpoints", int(index), str(part), int(number), *_) if part in _STAND_INS:
            document["endpoints"][index][part][number] = _STAND_INS[part]
        case ("endpoints", int(index), *_):
            document["endpoints"][index] = {"path": f"/invalid/{index}"}
        case ("faults", int(number), *_):
            document["faults"][number] = _STAND_INS["faults"]
        case (str(key), *_) if isinstance(document, dict):
            document.pop(key, None)
