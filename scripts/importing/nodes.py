"""Parts of a description that know their place, with all references followed.

What is wrong with the description is noted in `Sources.problems`, and reading goes on with nothing
in its place, so that one run tells all problems.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from websocket_mock.actors.documents.problems import Place, Problem
from websocket_mock.actors.library.files import NO_FILE, is_special
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.mocks_file import Unreadable, parse_file

MAX_FILES = 100
"""The most files that one description may consist of."""

MAX_VALUES = 1_000_000
"""The most values that a file may hold when each alias of YAML is written out."""

REFERENCE = "$ref"


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a description; never a reference itself."""

    value: Any
    place: Place
    file: Path
    sources: "Sources"
    label: str = ""
    """The last part of the reference that led to it, or else its key."""

    def __bool__(self) -> bool:
        """Tell whether it exists."""
        return self.value is not None

    @property
    def identity(self) -> tuple[Path, Place]:
        """The same for all ways to this part."""
        return self.file, self.place

    def fail(self, text: str) -> None:
        """Note what is wrong here."""
        self.sources.fail(self, text)

    def child(self, key: str | int) -> "Node":
        """Return what is under a key, a reference as it stands; nothing if there is no such key."""
        value: Any = None
        if isinstance(self.value, dict):
            value = self.value.get(key)
        elif isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            value = self.value[key]
        return Node(value, (*self.place, key), self.file, self.sources, str(key))

    def get(self, key: str) -> "Node":
        """Return what is under a key, with references followed; nothing if there is none."""
        if self.value is not None and not isinstance(self.value, dict):
            self.fail("give a mapping of keys to values")
            return Node(None, (*self.place, key), self.file, self.sources, key)
        return self.child(key).followed()

    def followed(self) -> "Node":
        """Return what it refers to, or the node itself if it is no reference."""
        return self.sources.follow(self)

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """Yield the parts of a mapping by their keys, with references followed."""
        if isinstance(self.value, dict):
            for key in self.value:
                yield str(key), self.child(key).followed()
        elif self.value is not None:
            self.fail("give a mapping of names to values")

    def members(self) -> Iterator["Node"]:
        """Yield the items of a list, with references followed."""
        if isinstance(self.value, list):
            for index in range(len(self.value)):
                yield self.child(index).followed()
        elif self.value is not None:
            self.fail("give a list")

    def text(self, key: str) -> str:
        """Return the text under a key; empty if there is none."""
        found = self.get(key)
        return found.as_text() if found else ""

    def as_text(self) -> str:
        """Return its text. A number counts as its text."""
        if isinstance(self.value, dict | list):
            self.fail("give a text")
            return ""
        return str(plain(self.value))


class Sources:
    """The files of a description. Not thread-safe.

    Args:
        main: the file of the description, YAML or JSON.
        root: the directory below which files may be referred to.
    """

    def __init__(self, main: Path, root: Path) -> None:
        self._main = main
        self._root = root.resolve()
        self._documents: dict[Path, Any] = {}
        self.problems: list[Problem] = []

    def read(self) -> Node:
        """Return the main document. Blocks on the file system.

        Raises:
            Unreadable: it is no document.
        """
        path = self._main.resolve()
        self._documents[path] = parse_file(self._main, "file", MAX_VALUES)
        return Node(self._documents[path], (), path, self)

    def fail(self, node: Node, text: str) -> None:
        """Note a problem once."""
        file = node.file
        name = None
        if file != self._main.resolve():
            is_below = file.is_relative_to(self._root)
            name = file.relative_to(self._root).as_posix() if is_below else str(file)
        problem = Problem(node.place, text, file=name)
        if problem not in self.problems:
            self.problems.append(problem)

    def follow(self, node: Node) -> Node:
        """Return what a node refers to, however many references it takes."""
        label, passed = "", set()
        while isinstance(node.value, dict) and REFERENCE in node.value:
            if node.identity in passed:
                node.fail("the reference leads back to itself")
                return Node(None, node.place, node.file, self, label)
            passed.add(node.identity)
            node = self._target(node)
            label = label or node.label
        return node if not label else Node(node.value, node.place, node.file, self, label)

    def _target(self, node: Node) -> Node:
        """Return where the reference of a node leads to, which may be one more reference."""
        at = node.child(REFERENCE)
        nothing = Node(None, node.place, node.file, self, node.label)
        if not isinstance(at.value, str):
            at.fail("give the reference as text")
            return nothing
        address, _, pointer = at.value.partition("#")
        document = Node(self._documents[node.file], (), node.file, self)
        if address:
            opened = self._open(at, address)
            if opened is None:
                return nothing
            document = opened
        found = self._find(at, document, pointer)
        return nothing if found is None else found

    def _find(self, at: Node, document: Node, pointer: str) -> Node | None:
        found = document
        tokens = unquote(pointer).split("/")[1:]
        while tokens:
            key: Any = tokens.pop(0).replace("~1", "/").replace("~0", "~")
            if isinstance(found.value, dict) and key not in found.value:
                found = found.followed()
                key = _with_slashes(key, tokens, found.value)
            if isinstance(found.value, list) and key.isdecimal() and int(key) < len(found.value):
                key = int(key)
            elif not isinstance(found.value, dict) or key not in found.value:
                keys = found.value if isinstance(found.value, dict) else ()
                named = [str(one) for one in keys]
                hint = nearest(key, named, "there is nothing like it", cutoff=0.6)
                at.fail(f"the reference {at.value!r} leads to nothing: no {key!r}; {hint}")
                return None
            found = found.child(key)
        return found

    def _open(self, at: Node, address: str) -> Node | None:
        """Return the document of another file, or None and note why not."""
        if "://" in address or address.startswith("//"):
            at.fail(f"the reference {at.value!r} leads to another host; nothing is fetched")
            return None
        try:
            path = (at.file.parent / unquote(address)).resolve()
            if not path.is_relative_to(self._root):
                at.fail(f"{address!r} is not below the directory {str(self._root)!r}")
                return None
            if path not in self._documents:
                if len(self._documents) == MAX_FILES:
                    at.fail(f"there are more than {MAX_FILES} files")
                    return None
                if is_special(path):
                    at.fail(f"{address!r} cannot be read: {NO_FILE}")
                    return None
                self._documents[path] = parse_file(path, "file", MAX_VALUES)
        except (Unreadable, OSError, ValueError, RuntimeError) as error:
            at.fail(f"{address!r}: {error}")
            return None
        return Node(self._documents[path], (), path, self, path.stem)


def _with_slashes(key: str, tokens: list[str], value: Any) -> str:  # noqa: ANN401 - any value
    """Return a key in whose name somebody has written `/` for `~1`; or the key as it is."""
    for count in range(1, len(tokens) + 1) if isinstance(value, dict) else ():
        longer = "/".join([key, *tokens[:count]])
        if longer in value:
            del tokens[:count]
            return longer
    return key


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of YAML
    """Return a value as JSON has it: keys are texts, numbers finite, texts Unicode."""
    if isinstance(value, Mapping):
        return {_unicode(str(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _unicode(value) if isinstance(value, str) else value


def _unicode(text: str) -> str:
    # JSON can express half a surrogate pair, which no message can have.
    return text if text.isascii() else text.encode("utf-16", "replace").decode("utf-16")
