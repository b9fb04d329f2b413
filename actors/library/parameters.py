"""Puts the values of parameters into a mocks document, before anything else is done with it. Pure.

``${name}`` stands for the parameter `name` in the texts and keys of a document that has
`parameters`. A document without them is left as it is.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from websocket_mock.actors.documents.problems import Place, Problem, as_mapping
from websocket_mock.actors.library.origins import Part
from websocket_mock.actors.values.suggestions import nearest

MAX_SIZE = 1_000_000
"""The most characters that the values of parameters add up to in all files of a document, where
they are used. A short document could name a long value very often."""

_MARK = re.compile(r"\$\$\{|\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Argument:
    """The value of a parameter, for one use of its document."""

    value: Any
    written: Part
    """Where the value was written: by who includes the document, or as the default."""

    @property
    def text(self) -> str:
        """What stands for it inside of a longer text."""
        if isinstance(self.value, str):
            return self.value
        return json.dumps(self.value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Filled:
    """A document with the values of its parameters."""

    document: object
    written: object
    """The document before."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    def where(self, key: str | None, place: Place) -> Part:
        """Return where a part of the document was written.

        Args:
            key: of the source that has the document.
            place: of the part.
        """
        if not self.arguments or place[:1] == ("parameters",):
            return key, place
        here: Any = self.written
        trail: list[str | int] = []
        for index, part in enumerate(place):
            argument = self._whole(here)
            if argument is not None:
                source, start = argument.written
                return source, (*start, *place[index:])
            own = self._own_key(here, part)
            here = _behind(here, own)
            trail.append(own)
        argument = self._whole(here)
        return (key, tuple(trail)) if argument is None else argument.written

    def _whole(self, here: object) -> Argument | None:
        """Return the argument that a text stands for as a whole."""
        name = _name_of_whole(here)
        return None if name is None else self.arguments.get(name)

    def _own_key(self, here: object, part: str | int) -> str | int:
        """Return how a key was written that may have come from a parameter."""
        if not isinstance(here, dict) or (part in here and "${" not in str(part)):
            return part
        texts = (key for key in here if isinstance(key, str))
        return next((key for key in texts if self._filled(key) == part), part)

    def _filled(self, text: str) -> str:
        known = self.arguments
        return _MARK.sub(lambda mark: _put(mark, known), text)


def bind(
    document: object, given: Mapping[str, Any], key: str | None, asked: Part | None
) -> tuple[Mapping[str, Argument], list[Problem]]:
    """Return the values of the parameters of a document, for one use of it.

    Args:
        document: the document, perhaps not valid.
        given: the values that are given to it.
        key: of the source that the document will be.
        asked: where it is included; None: it is the main file, which nobody gives values.

    Returns:
        The values by the names of the parameters, and what is wrong with them.
    """
    declared = _declared(document)
    problems: list[Problem] = []
    if asked is not None:
        for name in (one for one in given if one not in declared):
            hint = nearest(name, declared) if declared else "it has none"
            text = f"there is no parameter {name!r}; {hint}"
            problems.append(Problem((*asked[1], "with", name), text, file=asked[0]))
    arguments: dict[str, Argument] = {}
    for name, parameter in declared.items():
        if asked is not None and name in given:
            argument = Argument(given[name], (asked[0], (*asked[1], "with", name)))
        elif "default" in parameter:
            argument = Argument(parameter["default"], (key, ("parameters", name, "default")))
        else:
            problems.append(_missing(name, parameter, asked))
            continue
        arguments[name] = argument
        problems += _check(name, argument, parameter, key)
    return arguments, problems


def fill(
    document: object, arguments: Mapping[str, Argument], key: str | None, budget: "Budget"
) -> tuple[Filled, list[Problem]]:
    """Put the values of parameters into a document.

    Args:
        document: the document. It is not changed.
        arguments: the values, from `bind`.
        key: of the source that the document will be.
        budget: how much the values may still add up to.

    Returns:
        The document with the values, and the problems of names that are no parameters.
    """
    mapping = as_mapping(document)
    if not isinstance(mapping, dict) or not isinstance(mapping.get("parameters"), dict):
        return Filled(document, document), []
    filling = _Filling(arguments, _declared(document), key, budget)
    made = {
        name: one if name == "parameters" else filling.value(one, (name,))
        for name, one in mapping.items()
    }
    return Filled(made, document, arguments), filling.problems


class Budget:
    """How much the values of parameters may still add up to."""

    def __init__(self) -> None:
        self._left = MAX_SIZE

    def take(self, size: int) -> bool:
        """Take a size; return whether there was enough left."""
        self._left -= size
        return self._left >= 0


class _Filling:
    def __init__(
        self,
        arguments: Mapping[str, Argument],
        declared: Mapping[str, object],
        key: str | None,
        budget: Budget,
    ) -> None:
        self.problems: list[Problem] = []
        self._arguments = arguments
        self._declared = declared
        self._key = key
        self._budget = budget
        self._is_short = False
        self._sizes: dict[str, int] = {}
        self._made: dict[int, Any] = {}
        """What became of lists and mappings, by their ids: YAML can use one in several places, and
        inside itself."""

    def value(self, written: Any, place: Place) -> Any:  # noqa: ANN401 - any document
        """Return a part of the document with values in it."""
        if isinstance(written, str):
            return self._text(written, place)
        if not isinstance(written, list | dict):
            return written
        if id(written) not in self._made:
            if isinstance(written, list):
                made: Any = []
                self._made[id(written)] = made
                made += [self.value(one, (*place, at)) for at, one in enumerate(written)]
            else:
                made = self._made[id(written)] = {}
                for name, one in written.items():
                    made[self._name(name, made, place)] = self.value(one, (*place, name))
        return self._made[id(written)]

    def _name(self, name: Any, made: Mapping[Any, Any], place: Place) -> Any:  # noqa: ANN401
        if not isinstance(name, str) or "${" not in name:
            return name
        filled = self._filled(name, (*place, name))
        if filled in made:
            self._fail((*place, name), f"the key {filled!r} is given twice")
        return filled

    def _text(self, text: str, place: Place) -> Any:  # noqa: ANN401 - any JSON value
        if "${" not in text:
            return text
        name = _name_of_whole(text)
        if name is not None and name in self._arguments:
            self._take(self._size(name), place)
            return None if self._is_short else self._arguments[name].value
        return self._filled(text, place)

    def _filled(self, text: str, place: Place) -> str:
        for name in _names_in(text):
            if name in self._arguments:
                self._take(self._size(name), place)
            elif name not in self._declared:
                hint = nearest(name, self._declared, "write $${ for a ${ of its own")
                self._fail(place, f"there is no parameter {name!r}; {hint}")
        return text if self._is_short else _MARK.sub(lambda one: _put(one, self._arguments), text)

    def _size(self, name: str) -> int:
        if name not in self._sizes:
            self._sizes[name] = size_of(self._arguments[name].value)
        return self._sizes[name]

    def _take(self, size: int, place: Place) -> None:
        if not self._budget.take(size) and not self._is_short:
            self._is_short = True
            text = f"the values of parameters add up to more than {MAX_SIZE:,} characters"
            self._fail(place, text)

    def _fail(self, place: Place, text: str) -> None:
        self.problems.append(Problem(place, text, file=self._key))


def size_of(value: object) -> int:
    """Return about how many characters a value has as JSON; what is inside itself counts once."""
    sizes: dict[int, int] = {}

    def measure(one: Any) -> int:  # noqa: ANN401 - any JSON value
        if isinstance(one, str):
            return len(one) + 2
        if not isinstance(one, list | dict):
            return 4
        if id(one) not in sizes:
            sizes[id(one)] = 2
            inner = one if isinstance(one, list) else [*one.keys(), *one.values()]
            sizes[id(one)] += sum(map(measure, inner))
        return sizes[id(one)]

    return measure(value)


def _declared(document: object) -> Mapping[str, Mapping[str, Any]]:
    """Return the parameters of a document that have the outline of one."""
    mapping = as_mapping(document)
    found = mapping.get("parameters") if isinstance(mapping, dict) else None
    if not isinstance(found, dict):
        return {}
    # The others are left to the schema, which refuses them. So that nothing more is said of them,
    # they have a value.
    return {
        name: one if isinstance(one, dict) else {"default": None}
        for name, one in found.items()
        if isinstance(name, str)
    }


def _missing(name: str, parameter: Mapping[str, Any], asked: Part | None) -> Problem:
    if asked is None:
        text = "give a default; only a file that is included gets values"
        return Problem(("parameters", name), text)
    told = parameter.get("description")
    what = f" ({told})" if isinstance(told, str) and told else ""
    return Problem(asked[1], f"the parameter {name!r} needs a value{what}", file=asked[0])


def _check(
    name: str, argument: Argument, parameter: Mapping[str, Any], key: str | None
) -> Iterator[Problem]:
    """Yield what is wrong with a value, and with the schema of its parameter."""
    source, place = argument.written
    if size_of(argument.value) > MAX_SIZE:
        yield Problem(place, f"longer than {MAX_SIZE:,} characters", file=source)
    elif parameter.get("schema") is not None:
        # Only here, because it takes a tenth of a second to load.
        from websocket_mock.actors.matching.json_schema import compile_check  # noqa: PLC0415

        try:
            check = compile_check(parameter["schema"])
        except ValueError as error:
            yield Problem(("parameters", name, "schema"), str(error), file=key)
            return
        try:
            why = check(argument.value)
        except Exception as error:  # noqa: BLE001 - as its function says
            why = f"{type(error).__name__}: {error}"
        if why:
            text = f"not a value of the parameter {name!r}: {why.removeprefix('$: ')}"
            yield Problem(place, text, file=source)


def _name_of_whole(value: object) -> str | None:
    """Return the name of the parameter that a text consists of."""
    mark = _MARK.fullmatch(value) if isinstance(value, str) else None
    return None if mark is None else mark[1]


def _names_in(text: str) -> Sequence[str]:
    return [mark[1] for mark in _MARK.finditer(text) if mark[1] is not None]


def _put(mark: re.Match[str], arguments: Mapping[str, Argument]) -> str:
    if mark[1] is None:
        return "${"
    argument = arguments.get(mark[1])
    return mark[0] if argument is None else argument.text


def _behind(here: Any, part: str | int) -> Any:  # noqa: ANN401 - any document
    try:
        return here[part]
    except (KeyError, IndexError, TypeError):
        return None
