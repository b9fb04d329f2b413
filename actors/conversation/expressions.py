"""Conditions and numbers in templates: expressions that are true or false, and computed values."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from jinja2 import nodes

from websocket_mock.actors.conversation.templates import (
    LENIENT,
    Render,
    TemplateFailed,
    TemplateNames,
    compile_expression,
    compile_text,
    compile_value,
    outside_names,
)
from websocket_mock.actors.documents.problems import Place, show_place
from websocket_mock.actors.matching.units import (
    FOR_EVER,
    MAX_DURATION,
    WHOLE_EXPRESSION,
    is_template,
    parse_duration,
)
from websocket_mock.actors.values.frames import why_unsendable

MAX_SHOWN = 80
"""The most characters of a value that an explanation shows."""

T = TypeVar("T")

# --- conditions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class When:
    """A condition on the message and the connection. Immutable; any thread."""

    source: str
    """As it was written, with the braces."""
    _evaluate: Render

    @classmethod
    def compile(cls, source: str) -> "When":
        """Compile a text that is one whole ``{{ expression }}``.

        Raises:
            BadTemplate: it is not valid Jinja2.
        """
        return cls(source.strip(), compile_expression(_bare(source), LENIENT))

    def holds(self, names: TemplateNames) -> bool:
        """Return whether it is true. What does not exist counts as empty and false.

        Raises:
            TemplateFailed: it cannot be evaluated, for example because a text is added to a number.
        """
        return bool(self._evaluate(names))

    @property
    def needs(self) -> frozenset[str]:
        """The names that it gets from outside."""
        return frozenset(outside_names(LENIENT.parse(self.source)))

    def why_not(self, names: TemplateNames) -> str:
        """Return why it does not hold, with the values that it saw; empty if it holds."""
        try:
            if self.holds(names):
                return ""
            why = "is false"
        except TemplateFailed as error:
            why = f"fails: {error}"
        seen = ", ".join(f"{name} is {_shown(name, names)}" for name in _references(self.source))
        return f"when: {self.source} {why}{'; ' if seen else ''}{seen}"


def _bare(source: str) -> str:
    whole = WHOLE_EXPRESSION.fullmatch(source)
    assert whole is not None, "the schema checks this"
    return whole[1]


def compile_lenient(source: str) -> Render:
    """Return a function that renders a text. In a whole expression, what is missing is empty.

    Raises:
        BadTemplate: it is not valid Jinja2.
    """
    whole = WHOLE_EXPRESSION.fullmatch(source)
    return compile_text(source) if whole is None else compile_expression(whole[1], LENIENT)


def _references(source: str) -> Iterator[str]:
    """Yield the longest dotted names that a condition uses, each once, in their order."""
    tree = LENIENT.parse(source)
    outside = outside_names(tree)
    dotted: Any = list(tree.find_all((nodes.Getattr, nodes.Getitem)))
    inner = {id(one.node) for one in dotted}
    found: dict[str, None] = {}
    for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)):
        name = None if id(node) in inner else _dotted(node, outside)
        if name is not None:
            found[name] = None
    yield from sorted(found)


def _dotted(node: nodes.Node, outside: set[str]) -> str | None:
    match node:
        case nodes.Name(name=name):
            return name if name in outside else None
        case nodes.Getattr(node=owner, attr=attribute):
            base = _dotted(owner, outside)
            return None if base is None else f"{base}.{attribute}"
        case nodes.Getitem(node=owner, arg=nodes.Const(value=key)):
            base = _dotted(owner, outside)
            return None if base is None else f"{base}[{json.dumps(key)}]"
        case _:
            return None


def _shown(name: str, names: TemplateNames) -> str:
    try:
        value = compile_expression(name)(names)
    except TemplateFailed:
        return "missing"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


# --- computed values ----------------------------------------------------------------------------


Number = Callable[[TemplateNames], T]
"""Gives a number: a constant, or what a template gives."""


@dataclass(frozen=True, slots=True)
class Constant(Generic[T]):
    """A number that a person wrote. Immutable; any thread."""

    value: T

    def __call__(self, _: TemplateNames) -> T:
        """Return the number."""
        return self.value


class Computed(Generic[T]):
    """A value that a template gives, such as a number. Immutable; any thread.

    Args:
        source: the template.
        place: its place in the document.
        read: returns what a rendered value stands for; raises ValueError, with a text that says
            what to give.

    Raises:
        BadTemplate: it is not valid Jinja2.
    """

    __slots__ = ("_place", "_read", "_render", "source")

    def __init__(self, source: str, place: Place, read: Callable[[object], T]) -> None:
        self.source = source
        self._place = place
        self._read = read
        self._render = compile_value(source)

    def __str__(self) -> str:
        """Return the template."""
        return self.source

    def __call__(self, names: TemplateNames) -> T:
        """Return the value.

        Raises:
            TemplateFailed: the template fails or gives something else; the text has the place.
        """
        try:
            return self._read(self._render(names))
        except (TemplateFailed, ValueError) as error:
            raise TemplateFailed(f"{show_place(self._place)}: {error}") from None


def compile_number(given: T | str, place: Place, read: Callable[[object], T]) -> "Number[T]":
    """Return a function that gives a number: a constant, or what a template gives.

    Raises:
        BadTemplate: it is a template that is not valid Jinja2.
    """
    if isinstance(given, str) and is_template(given):
        return Computed(given, place, read)
    return Constant(cast("T", given))


def read_duration(value: object) -> float:
    """Return the seconds that a rendered value stands for: a duration, or a number as text.

    Raises:
        ValueError: it is none.
    """
    number = _number(value)
    try:
        return parse_duration(value if number is None else number)
    except ValueError:
        raise ValueError(
            f"give a duration such as 250ms, or seconds up to {MAX_DURATION:,.0f}, "
            f"not {_brief(value)}"
        ) from None


def read_count(value: object) -> int:
    """Return the count, from 0, that a rendered value stands for; digits as text are one, too.

    Raises:
        ValueError: it is none.
    """
    number = _number(value)
    if number is None or number < 0 or number != int(number):
        raise ValueError(f"give a whole number that is at least 0, not {_brief(value)}")
    return int(number)


def read_number(value: object) -> float:
    """Return the number that a rendered value stands for, also one that is written as text.

    Raises:
        ValueError: it is none.
    """
    number = _number(value)
    if number is None:
        raise ValueError(f"give a number, not {_brief(value)}")
    return number


def read_close_code(value: object) -> int:
    """Return the close code that a rendered value stands for; digits as text are one, too.

    Raises:
        ValueError: it is none that can be sent.
    """
    number = _number(value)
    if number is None or number != int(number):
        raise ValueError(f"give a close code such as 1000, not {_brief(value)}")
    why = why_unsendable(int(number))
    if why:
        raise ValueError(why)
    return int(number)


def _number(value: object) -> int | float | None:
    """Return a finite number, also one that is written as text; None if it is none."""
    number: int | float
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        try:
            number = float(value)
        except ValueError:
            return None
    return number if abs(number) < FOR_EVER else None


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
