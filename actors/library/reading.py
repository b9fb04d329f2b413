"""Parses and compiles a document with all that it includes, and reports all errors at once."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from websocket_mock.actors.conversation.own_code import Function
from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.actors.documents.problems import BadDocument, Place, Problem, parse_mocks
from websocket_mock.actors.library.compiler import CompiledMocks, compile_mocks
from websocket_mock.actors.library.expansion import expand
from websocket_mock.actors.library.extending import Extended, extend
from websocket_mock.actors.library.including import FileReader, Source, gather
from websocket_mock.actors.library.origins import Expanded, Origin, Part
from websocket_mock.actors.library.own_code import load_functions

_STAND_INS: dict[str, Any] = {
    "rules": {"do": ["ignore"]},
    "handshake": {"stall": 0},
    "script": {"wait": 0},
    "faults": "drop",
}
"""What replaces a part that is not valid, so that the other parts can be compiled."""

_SHARED = ("actions", "matchers", "defaults")
"""The keys of a document whose contents also appear elsewhere, when it has been expanded."""


def compile_document(
    document: object,
    directory: Path | None = None,
    reader: FileReader | None = None,
    functions: Mapping[str, Function] | None = None,
) -> CompiledMocks:
    """Parse and compile a document.

    Args:
        document: as in `as_mapping`.
        directory: the directory of the files that `send` names; None: files are refused.
        reader: reads the files that the document includes; None: `include` is refused.
        functions: what `call` actions can run besides the functions of those files, by name.

    Raises:
        BadDocument: the document cannot be used. It has the problems of parsing and of compiling.
    """
    try:
        return _compile(document, directory, reader, functions or {})
    except RecursionError:
        text = "parts of it are nested too deeply; use fewer lists inside each other"
        raise BadDocument([Problem((), text)]) from None


def _compile(
    document: object,
    directory: Path | None,
    reader: FileReader | None,
    given: Mapping[str, Function],
) -> CompiledMocks:
    sources, unread = gather(document, reader)
    functions, unloaded = load_functions(sources, reader)
    functions = functions.having(given)
    expanded, unknown = expand(sources)
    extended = extend(expanded, sources)
    found: list[_Found] = []
    parsed = [_parse(file, found) for file in extended.files]
    mocks, origin = _merge(extended, sources, parsed)
    warnings: list[Problem] = []
    try:
        compiled = compile_mocks(mocks, directory, functions)
    except BadDocument as error:
        found += _trace(error.problems, origin)
    else:
        warnings = [one.problem for one in _trace(compiled.warnings, origin)]
    errors = [*unread, *unloaded, *unknown, *extended.problems, *_without_echoes(found)]
    if errors:
        raise BadDocument(_written(errors, sources))
    warnings += _idle_seeds(sources, parsed)
    return replace(compiled, warnings=tuple(_written(warnings, sources)))


def _parse(file: Expanded, found: "list[_Found]") -> Mocks:
    """Return the mocks of a file, with stand-ins for what is not valid, which goes to `found`."""
    try:
        return parse_mocks(file.document)
    except BadDocument as error:
        found += _trace(error.problems, file.origin)
        rest: Any = copy.deepcopy(file.document)
        for problem in error.problems:
            _replace(rest, problem.place, file.origin)
    try:
        return parse_mocks(rest)
    except BadDocument:
        return Mocks()


def _merge(
    extended: Extended, sources: Sequence[Source], parsed: Sequence[Mocks]
) -> tuple[Mocks, Origin]:
    """Return the mocks of all files as one document, and where its parts were written."""
    together: dict[str, Any] = {"endpoints": [], "faults": [], "actions": {}, "matchers": {}}
    origins: dict[str, dict[Any, Origin]] = {key: {} for key in together}
    for source, file, mocks in zip(sources, extended.files, parsed, strict=True):
        for key in () if source.is_base else ("endpoints", "faults"):
            for index, one in enumerate(getattr(mocks, key)):
                if key == "endpoints" and (file.file, index) in extended.replaced:
                    continue
                origins[key][len(together[key])] = file.origin.find((key, index))
                together[key].append(one)
        for key in ("actions", "matchers"):
            for name, one in getattr(mocks, key).items():
                origins[key][name] = file.origin.find((key, name))
                together[key][name] = one
    parts = {key: Origin(None, (key,), inner) for key, inner in origins.items()}
    return parsed[-1].model_copy(update=together), Origin(None, (), parts)


def _idle_seeds(sources: Sequence[Source], parsed: Sequence[Mocks]) -> Iterator[Problem]:
    for source, mocks in zip(sources[:-1], parsed[:-1], strict=True):
        if "seed" in mocks.model_fields_set:
            text = "has no effect: the seed of the main file counts"
            yield Problem(("seed",), text, is_warning=True, file=source.key)


# --- problems -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """A problem at the place where it was written, and the shared parts that it came through."""

    problem: Problem
    own: Part
    """The part in which it was found."""
    through: frozenset[Part]


def _trace(problems: Iterable[Problem], origin: Origin) -> Iterator[_Found]:
    """Lead problems of an expanded document back to where their parts were written."""
    for problem in problems:
        here = origin.find(problem.place)
        # The problem of a matcher is at the whole match, that of a fault's at the fault.
        used = (here.used, here.find(("match",)).used)
        own, written = _part(origin.find(problem.place[:2])), _part(here)
        through = {written, *(one for one in used if one is not None)} - {own}
        traced = replace(problem, place=here.place, file=here.file)
        yield _Found(traced, own, frozenset(through))


def _written(problems: Iterable[Problem], sources: Sequence[Source]) -> list[Problem]:
    """Return problems, each once, at the places where people wrote what is wrong.

    Args:
        problems: their files are keys of sources, their places those in the filled documents.
        sources: all files of the document.
    """
    by_key = {source.key: source for source in sources}
    found = []
    for problem in problems:
        part: Part | None = None
        further: Part = problem.file, problem.place
        while further != part:
            part = further
            further = by_key[part[0]].filled.where(*part)
        found.append(replace(problem, place=further[1], file=by_key[further[0]].file))
    return list(dict.fromkeys(found))


def _part(origin: Origin) -> Part:
    return origin.file, origin.place[:2]


def _without_echoes(found: Sequence[_Found]) -> list[Problem]:
    """Return each problem once: what is wrong with a shared part is told where it is defined."""
    broken = {one.own for one in found if one.own[1][:1] and one.own[1][0] in _SHARED}
    return list(dict.fromkeys(one.problem for one in found if not one.through & broken))


def _replace(document: Any, place: Place, origin: Origin) -> None:  # noqa: ANN401 - any document
    """Put something valid in the place of the smallest part that has the problem."""
    # After a part has been replaced, the places of its other problems no longer exist.
    with suppress(KeyError, IndexError, TypeError):
        if place[:1] == ("endpoints",) and origin.find(place[:3]).place[:1] == ("defaults",):
            del document["endpoints"][place[1]][place[2]]
        else:
            _put_stand_in(document, place, f"of {origin.file}")


def _put_stand_in(document: Any, place: Place, whose: str) -> None:  # noqa: ANN401
    match place:
        case ("endpoints", int(index), str(part), int(number), *_) if part in _STAND_INS:
            document["endpoints"][index][part][number] = _STAND_INS[part]
        case ("endpoints", int(index), *_):
            document["endpoints"][index] = {"name": f"invalid {index} {whose}", "path": "/invalid"}
        case ("faults", int(number), *_):
            document["faults"][number] = _STAND_INS["faults"]
        case ("actions" | "matchers" as kind, str(name), *_):
            document[kind].pop(name)
        case (str(key), *_) if isinstance(document, dict):
            document.pop(key, None)
