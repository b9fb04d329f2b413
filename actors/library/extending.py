"""Gives endpoints what they have from elsewhere: from those that they extend, and defaults. Pure.

It works on plain documents, before they are validated. An endpoint has no `extends` afterwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from websocket_mock.actors.documents.mocks import Defaults, Endpoint
from websocket_mock.actors.documents.problems import Place, Problem, is_one_endpoint
from websocket_mock.actors.library.including import Source, names_source
from websocket_mock.actors.library.origins import Expanded, Origin
from websocket_mock.actors.matching.schema import Model
from websocket_mock.actors.values.suggestions import nearest

_DEFAULT_KEYS = tuple(one.alias or name for name, one in Defaults.model_fields.items())

Home = tuple[str | None, int]
"""The key of a source, and the index of an endpoint in it."""


@dataclass(frozen=True, slots=True)
class Extended:
    """The files of a document whose endpoints have all that they are to have."""

    files: Sequence[Expanded]
    replaced: frozenset[Home]
    """The endpoints that are not in force themselves, because others take their place."""
    problems: Sequence[Problem]
    """What is wrong with `extends`. The files of the problems are keys of sources."""


def extend(files: Sequence[Expanded], sources: Sequence[Source]) -> Extended:
    """Put what endpoints extend, and the defaults, into the files of a document.

    Args:
        files: the files without named blocks; each comes after those that it includes.
        sources: the same files as they were written.
    """
    extension = _Extension()
    done = [extension.file(*pair) for pair in zip(files, sources, strict=True)]
    return Extended(done, frozenset(extension.replaced), extension.problems)


@dataclass(frozen=True, slots=True)
class _Known:
    """An endpoint that can be extended."""

    value: Mapping[str, Any]
    origin: Origin
    home: Home


class _Extension:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.replaced: set[Home] = set()
        self._visible: dict[str | None, dict[str, _Known]] = {}
        """By source: its endpoints and those of the files that it includes, by name."""

    def file(self, file: Expanded, source: Source) -> Expanded:
        """Return a file with what its endpoints have from elsewhere."""
        visible: dict[str, _Known] = {}
        for key in source.included:
            known = self._visible[key].items()
            visible |= {name: one for name, one in known if one.home not in self.replaced}
        done = _with_defaults(self._with_extended(file, source, visible))
        for index, endpoint in _endpoints_of(done):
            if isinstance(endpoint, dict):
                origin = done.origin.find(("endpoints", index))
                visible[str(name_of(endpoint))] = _Known(endpoint, origin, (file.file, index))
        self._visible[source.key] = visible
        return done

    def _with_extended(
        self, file: Expanded, source: Source, visible: Mapping[str, _Known]
    ) -> Expanded:
        changed: dict[int, Any] = {}
        origins: dict[Any, Origin] = {}
        for index, endpoint in _endpoints_of(file):
            extended = endpoint.get("extends") if isinstance(endpoint, dict) else None
            if extended is None:
                continue
            if not isinstance(extended, str) and not names_source(extended):
                # The schema refuses it. Nothing more is to be said.
                changed[index] = {"path": "/invalid", **endpoint}
                continue
            base = self._base(source, index, extended, visible)
            own = {key: value for key, value in endpoint.items() if key != "extends"}
            if base is None:
                changed[index] = {"path": "/invalid", **own}
            else:
                here = file.origin.find(("endpoints", index))
                changed[index], origins[index] = _join(own, here, base)
                self._take_place(base, changed[index], source, index)
        if not changed:
            return file
        endpoints = [changed.get(index, one) for index, one in _endpoints_of(file)]
        kept = file.origin.find(("endpoints",))
        parts = Origin(kept.file, kept.place, {**kept.parts, **origins})
        return Expanded(
            file.file,
            {**file.document, "endpoints": endpoints},
            Origin(file.origin.file, (), {**file.origin.parts, "endpoints": parts}),
        )

    def _base(
        self,
        source: Source,
        index: int,
        extended: str | dict[str, Any],
        visible: Mapping[str, _Known],
    ) -> _Known | None:
        """Return the endpoint that another one extends; None: there is none, which is noted."""
        if isinstance(extended, str) and not names_source(extended):
            return self._named(source, index, extended, visible)
        if index not in source.bases:
            return None  # its problem is noted already
        found = self._visible[source.bases[index]]
        if len(found) != 1:
            names = ", ".join(map(repr, sorted(found))) or "no endpoint"
            text = f"it has {names}; include it, and extend one endpoint by its name"
            self._fail(source, index, text)
            return None
        return next(iter(found.values()))

    def _named(
        self, source: Source, index: int, name: str, visible: Mapping[str, _Known]
    ) -> _Known | None:
        if name not in visible and source.is_complete:
            hint = nearest(name, sorted(visible)) if visible else "nothing is included here"
            self._fail(source, index, f"no included endpoint is named {name!r}; {hint}")
        return visible.get(name)

    def _take_place(
        self, base: _Known, endpoint: Mapping[str, Any], source: Source, index: int
    ) -> None:
        """Let an endpoint take the place of the one that it extends, if it has the same name."""
        name = name_of(base.value)
        if name != name_of(endpoint):
            return
        if base.home in self.replaced:
            text = f"another endpoint extends {name!r}, too; give one of the two a name of its own"
            self._fail(source, index, text)
        self.replaced.add(base.home)

    def _fail(self, source: Source, index: int, text: str) -> None:
        start: Place = () if is_one_endpoint(source.document) else ("endpoints", index)
        self.problems.append(Problem((*start, "extends"), text, file=source.key))


def name_of(endpoint: Mapping[str, Any]) -> object:
    """Return the name of an endpoint in a plain document; it may be anything."""
    return endpoint.get("name") or endpoint.get("path")


def _endpoints_of(file: Expanded) -> Iterator[tuple[int, Any]]:
    document = file.document
    endpoints = document.get("endpoints") if isinstance(document, dict) else None
    yield from enumerate(endpoints if isinstance(endpoints, list) else ())


# --- joining ------------------------------------------------------------------------------------


def _join(own: Mapping[str, Any], here: Origin, base: _Known) -> tuple[dict[str, Any], Origin]:
    """Return an endpoint with what it extends, and where its parts were written."""
    value = {**base.value, **own}
    parts: dict[Any, Origin] = {
        key: (here if key in own else base.origin).find((key,)) for key in value
    }
    for key in own.keys() & base.value.keys():
        mine, theirs = own[key], base.value[key]
        before = (here.find((key,)), base.origin.find((key,)))
        if key in _LISTS and isinstance(mine, list) and isinstance(theirs, list):
            value[key], parts[key] = _in_front(mine, theirs, *before)
        elif key in _MAPPINGS and isinstance(mine, dict) and isinstance(theirs, dict):
            value[key] = {**theirs, **mine}
            inner = {
                name: (before[0] if name in mine else before[1]).find((name,))
                for name in value[key]
            }
            parts[key] = Origin(before[0].file, before[0].place, inner)
    return value, Origin(here.file, here.place, parts)


def _in_front(
    mine: Sequence[Any], theirs: Sequence[Any], here: Origin, there: Origin
) -> tuple[list[Any], Origin]:
    """Return the items of two lists: one with the name of one of theirs replaces it."""
    names = {one["name"]: at for at, one in enumerate(mine) if _has_name(one)}
    replacing = {names[one["name"]] for one in theirs if _has_name(one) and one["name"] in names}
    found = [(mine[at], here.find((at,))) for at in range(len(mine)) if at not in replacing]
    for at, one in enumerate(theirs):
        place = names.get(one["name"]) if _has_name(one) else None
        origin = there.find((at,)) if place is None else here.find((place,))
        found.append((one if place is None else mine[place], origin))
    parts = {at: origin for at, (_, origin) in enumerate(found)}
    return [value for value, _ in found], Origin(here.file, here.place, parts)


def _has_name(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def _is_list_of_parts(hint: Any) -> bool:  # noqa: ANN401 - a type
    if get_origin(hint) is not list:
        return False
    (item,) = get_args(hint)
    return any(isinstance(one, type) and issubclass(one, Model) for one in (item, *get_args(item)))


_FIELDS = {one.alias or name: one.annotation for name, one in Endpoint.model_fields.items()}
_LISTS = frozenset(key for key, hint in _FIELDS.items() if _is_list_of_parts(hint))
"""The keys whose items come in front of those that are extended."""
_MAPPINGS = frozenset(key for key, hint in _FIELDS.items() if get_origin(hint) is dict)
"""The keys whose values are put together key by key."""


# --- defaults -----------------------------------------------------------------------------------


def _with_defaults(file: Expanded) -> Expanded:
    """Give the endpoints of a file the defaults that they do not replace."""
    if not isinstance(file.document, dict):
        return file
    defaults, endpoints = file.document.get("defaults"), file.document.get("endpoints")
    if not isinstance(defaults, dict) or not isinstance(endpoints, list):
        return file
    known = {key: defaults[key] for key in _DEFAULT_KEYS if key in defaults}
    merged = [{**known, **one} if isinstance(one, dict) else one for one in endpoints]
    origins: dict[Any, Origin] = {}
    for index, endpoint in enumerate(endpoints):
        here = file.origin.find(("endpoints", index))
        filled = known.keys() - endpoint.keys() if isinstance(endpoint, dict) else ()
        parts = {key: file.origin.find(("defaults", key)) for key in filled}
        origins[index] = Origin(here.file, here.place, {**here.parts, **parts})
    parts = {**file.origin.parts, "endpoints": Origin(file.file, ("endpoints",), origins)}
    return Expanded(file.file, {**file.document, "endpoints": merged}, Origin(file.file, (), parts))
