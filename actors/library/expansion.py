"""Expands named blocks in plain documents, before they are validated. Pure.

What an expanded document has no longer is `use`. Its blocks are still there, so that those which
nothing uses are validated, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.mocks import Endpoint, Mocks
from websocket_mock.actors.documents.problems import (
    Place,
    Problem,
    as_mapping,
    is_one_endpoint,
    models_in,
)
from websocket_mock.actors.library.including import Source, is_dialect
from websocket_mock.actors.library.origins import Expanded, Origin
from websocket_mock.actors.matching.schema import MessageMatch
from websocket_mock.actors.values.suggestions import nearest

MAX_SIZE = 10_000
"""The most actions and conditions that all named blocks of a document add up to, where used."""

MAX_NESTING = 30
"""The most lists of actions inside each other, those of named blocks counted where used."""

_KINDS = ("actions", "matchers")


def expand(sources: Sequence[Source]) -> tuple[list[Expanded], list[Problem]]:
    """Expand the files of a document: put named blocks in their place.

    Args:
        sources: the files; each comes after those that it includes.

    Returns:
        The files in the same order, and what is wrong with the uses of blocks. A use that is wrong
        has been replaced by something valid. The files of the problems are keys of sources.
    """
    expansion = _Expansion()
    for source in sources:
        expansion.register(source)
    return [expansion.expand(source) for source in sources], expansion.problems


_Key = tuple[str | None, str, str]
"""Identifies a named block: its file, its kind and its name."""


@dataclass(frozen=True, slots=True)
class _Block:
    value: Any
    origin: Origin
    size: int
    nesting: int


@dataclass(frozen=True, slots=True)
class _At:
    """Where the expansion is."""

    file: str | None
    place: Place
    nesting: int = 0

    def down(self, part: str | int) -> "_At":
        return _At(self.file, (*self.place, part), self.nesting)

    @property
    def origin(self) -> Origin:
        return Origin(self.file, self.place)


_Walked = tuple[Any, Origin | None]
"""An expanded value, and its origin if something in it was written elsewhere."""


class _Expansion:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._written: dict[_Key, Any] = {}
        self._owners: dict[tuple[str, str], Source] = {}
        """The first file that has a block, by the kind and name of the block."""
        self._visible: dict[tuple[str | None, str], dict[str, _Key]] = {}
        """The blocks that a file can use, by the file and the kind."""
        self._blocks: dict[_Key, _Block] = {}
        self._open: list[_Key] = []
        """The blocks that are being expanded, each inside the one before."""
        self._lists: set[int] = set()
        """The lists of actions around the current one: YAML can put a list inside itself."""
        self._size = self._deepest = 0
        """Of the current block."""
        self._total = 0

    def register(self, source: Source) -> None:
        """Note the blocks of a file, and those that it can use."""
        for kind in _KINDS:
            visible: dict[str, _Key] = {}
            for file in (*source.included, *source.bases.values()):
                known = self._visible[file, kind].items()
                # A block of a dialect gives way to one of a file.
                visible |= {
                    name: key
                    for name, key in known
                    if name not in visible or not is_dialect(key[0])
                }
            for name, written in _own_blocks(source, kind):
                key = (source.key, kind, name)
                self._own(source, kind, name)
                self._written[key] = written
                visible[name] = key
            self._visible[source.key, kind] = visible

    def _own(self, source: Source, kind: str, name: str) -> None:
        """Note which file has a block. Dialects may have blocks of any name."""
        if source.is_dialect:
            return
        owner = self._owners.setdefault((kind, name), source)
        if owner is not source and owner.file != source.file:
            text = f"{owner.file} has a block of this name, too; names must differ"
            self._fail(_At(source.key, (kind, name)), text)

    def expand(self, source: Source) -> Expanded:
        """Expand a file."""
        if is_one_endpoint(source.document):
            return self._one_endpoint(source)
        document, at = as_mapping(source.document), _At(source.key, ())
        if not isinstance(document, dict):
            return Expanded(source.key, document, at.origin)
        changed = dict(document)
        parts: dict[Any, Origin] = {}
        for kind in _KINDS:
            blocks = {
                name: self._block((source.key, kind, name), 0)
                for name, _ in _own_blocks(source, kind)
            }
            if blocks:
                values = {name: block.value for name, block in blocks.items()}
                changed[kind] = {**document[kind], **values}
                origins = {name: block.origin for name, block in blocks.items()}
                parts[kind] = Origin(source.key, (kind,), origins)
        for key, hint in _slots(Mocks).items():
            if key in document and key not in _KINDS:
                changed[key], origin = self._walk(document[key], hint, at.down(key))
                if origin is not None:
                    parts[key] = origin
        return Expanded(source.key, changed, Origin(source.key, (), parts))

    def _one_endpoint(self, source: Source) -> Expanded:
        """Expand a file that is a single endpoint: its places begin at the endpoint."""
        at = _At(source.key, ())
        endpoint, origin = self._walk(source.document, Endpoint, at)
        parts = {"endpoints": Origin(source.key, ("endpoints",), {0: origin or at.origin})}
        return Expanded(source.key, {"endpoints": [endpoint]}, Origin(source.key, (), parts))

    def _fail(self, at: _At, text: str) -> None:
        self.problems.append(Problem(at.place, text, file=at.file))

    # --- the walk -------------------------------------------------------------------------------

    def _walk(self, value: Any, hint: Any, at: _At) -> _Walked:  # noqa: ANN401 - any document
        """Expand what is used inside a value.

        Args:
            value: a part of a document, perhaps not valid. What does not fit is left as it is.
            hint: the type that the schema has for it.
            at: its place.
        """
        kind = get_origin(hint)
        if kind is Annotated:
            return self._walk(value, get_args(hint)[0], at)
        if kind in (Union, UnionType):
            fitting = (one for one in get_args(hint) if _fits(value, one) and _leads_to_use(one))
            return self._walk(value, next(fitting, None), at)
        if not _fits(value, hint):
            return value, None
        if kind is list:
            (item,) = get_args(hint)
            if isinstance(item, type) and issubclass(item, Action):
                return self._actions(value, item, at)
            return self._each(value, dict.fromkeys(range(len(value)), item), at)
        if kind is dict:
            return self._each(value, dict.fromkeys(value, get_args(hint)[1]), at)
        if issubclass(hint, MessageMatch) and "use" in value:
            return self._match(value, at)
        return self._each(value, _slots(hint), at)

    def _each(self, value: Any, hints: Mapping[Any, Any], at: _At) -> _Walked:  # noqa: ANN401
        """Expand what is used inside some parts of a mapping or list."""
        changed: dict[Any, Any] = {}
        parts: dict[Any, Origin] = {}
        for key, hint in hints.items():
            if isinstance(value, list) or key in value:
                inner, origin = self._walk(value[key], hint, at.down(key))
                if origin is not None:
                    changed[key], parts[key] = inner, origin
        if not parts:
            return value, None
        origin = Origin(at.file, at.place, parts)
        if isinstance(value, list):
            return [changed.get(index, one) for index, one in enumerate(value)], origin
        return {**value, **changed}, origin

    def _actions(self, items: list[Any], hint: type[Action], at: _At) -> _Walked:
        inner = _At(at.file, at.place, at.nesting + 1)
        self._deepest = max(self._deepest, inner.nesting)
        if inner.nesting > MAX_NESTING:
            # A block is refused where it is used; what has no block is left to the schema.
            return (["ignore"] if self._open else items), None
        if id(items) in self._lists:
            return items, None
        self._lists.add(id(items))
        found: list[Any] = []
        parts: dict[Any, Origin] = {}
        for index, item in enumerate(items):
            here = inner.down(index)
            if isinstance(item, dict) and "use" in item:
                block = self._actions_used(item, here)
                for number, one in enumerate(block.value):
                    parts[len(found)] = block.origin.find((number,))
                    found.append(one)
            else:
                self._size += 1
                value, origin = self._walk(item, hint, here)
                if origin is not None or len(found) != index:
                    parts[len(found)] = origin or here.origin
                found.append(value)
        self._lists.discard(id(items))
        return (found, Origin(at.file, at.place, parts)) if parts else (items, None)

    def _actions_used(self, action: dict[Any, Any], at: _At) -> _Block:
        stand_in = _Block(["ignore"], Origin(at.file, at.place, {0: at.origin}), 1, 0)
        if len(action) > 1:
            self._fail(at, "`use` stands alone; give the other keys an action of their own")
            return stand_in
        block = self._used("actions", action["use"], at)
        # Something else than actions is refused where the block is defined.
        return block if block and isinstance(block.value, list) and block.value else stand_in

    def _match(self, match: dict[Any, Any], at: _At) -> _Walked:
        own = {key: value for key, value in match.items() if key != "use"}
        block = self._used("matchers", match["use"], at)
        if block is None or not isinstance(block.value, dict):
            return own, at.origin
        for key in own.keys() & block.value.keys():
            self._fail(at.down(key), f"the block {match['use']!r} has this key, too; give it once")
        parts = {key: block.origin.find((key,)) for key in block.value if key not in own}
        used = (block.origin.file, block.origin.place)
        return {**block.value, **own}, Origin(at.file, at.place, parts, used)

    # --- blocks ---------------------------------------------------------------------------------

    def _used(self, kind: str, name: Any, at: _At) -> _Block | None:  # noqa: ANN401
        """Return the expanded block of a name; None: it cannot be used here, which is noted."""
        here, visible = at.down("use"), self._visible[at.file, kind]
        if not isinstance(name, str):
            self._fail(here, f"give the name of a block of `{kind}`")
        elif name not in visible:
            self._fail(here, self._why_unknown(kind, name, visible))
        elif visible[name] in self._open:
            names = [one for _, _, one in self._open[self._open.index(visible[name]) :]]
            self._fail(here, f"the block uses itself: {' → '.join((*names, name))}")
        else:
            return self._measured(self._block(visible[name], at.nesting), here)
        return None

    def _why_unknown(self, kind: str, name: str, visible: Mapping[str, object]) -> str:
        if (kind, name) in self._owners:
            where = self._owners[kind, name].file or "the main file"
            return f"the block {name!r} is in {where}, which this file does not include"
        hint = nearest(name, sorted(visible)) if visible else "there are none here"
        return f"no block of `{kind}` is named {name!r}; {hint}"

    def _measured(self, block: _Block, at: _At) -> _Block | None:
        """Count a block that is used; None: it is too much, which is noted."""
        self._total += block.size
        if at.nesting + block.nesting > MAX_NESTING:
            self._fail(at, f"more than {MAX_NESTING} lists of actions are inside each other")
            return None
        if self._total > MAX_SIZE:
            if self._total - block.size <= MAX_SIZE:
                self._fail(at, f"the blocks that are used add up to more than {MAX_SIZE:,} actions")
            return None
        self._size += block.size
        self._deepest = max(self._deepest, at.nesting + block.nesting)
        return block

    def _block(self, key: _Key, nesting: int) -> _Block:
        """Return a block, expanded. It is expanded only once.

        Args:
            key: the block.
            nesting: the lists of actions around it now, which bound the depth of the recursion.
        """
        if key not in self._blocks:
            outer = self._size, self._deepest, self._lists
            self._size, self._deepest, self._lists = 0, nesting, set()
            self._open.append(key)
            file, kind, name = key
            at, written = _At(file, (kind, name), nesting), self._written[key]
            value, origin = self._walk(written, _HINTS[kind], at)
            size = max(self._size, len(value) if isinstance(value, dict) else 1)
            is_cut = self._deepest > MAX_NESTING
            deep = MAX_NESTING + 1 if is_cut else self._deepest - nesting
            self._blocks[key] = _Block(value, origin or at.origin, size, deep)
            self._open.pop()
            self._size, self._deepest, self._lists = outer
        return self._blocks[key]


def _own_blocks(source: Source, kind: str) -> Iterator[tuple[str, Any]]:
    document = as_mapping(source.document)
    blocks = document.get(kind) if isinstance(document, dict) else None
    if isinstance(blocks, dict):
        yield from ((name, one) for name, one in blocks.items() if isinstance(name, str))


# --- the schema -----------------------------------------------------------------------------------

_HINTS: Mapping[str, Any] = {"actions": list[Action], "matchers": MessageMatch}


def _fits(value: Any, hint: Any) -> bool:  # noqa: ANN401 - any document, any type
    """Return whether a value has the outline of a type in which blocks can be used."""
    kind = get_origin(hint)
    if kind is Annotated:
        return _fits(value, get_args(hint)[0])
    if kind in (list, dict):
        return isinstance(value, kind)
    is_model = isinstance(hint, type) and issubclass(hint, BaseModel)
    return is_model and isinstance(value, dict)


@cache
def _slots(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the types of those keys of a model below which blocks can be used."""
    return {
        field.alias or name: field.annotation
        for name, field in model.model_fields.items()
        if _leads_to_use(field.annotation)
    }


def _leads_to_use(hint: Any, seen: frozenset[type[BaseModel]] = frozenset()) -> bool:  # noqa: ANN401
    for model in models_in(hint):
        if issubclass(model, Action | MessageMatch):
            return True
        inner = (one.annotation for one in model.model_fields.values())
        if model not in seen and any(_leads_to_use(one, seen | {model}) for one in inner):
            return True
    return False
