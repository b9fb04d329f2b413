"""The sandbox of templates: that of Jinja2, with limits on loops, text and numbers.

Templates come from the authors of mocks, and are rendered on a thread that serves many
connections. A template may fail, but it must not run long, use unlimited memory, or reach the
objects of the program.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from websocket_mock.actors.conversation.names import MESSAGE_PARTS
from websocket_mock.actors.matching.message_view import MessageView

MAX_TEXT = 1024 * 1024
"""The most characters in any text that a template makes. Lists and objects have a weight, too."""

ITEM_WEIGHT = 8
"""The weight of each item of a list or object, in addition to its content."""

MAX_STEPS = 10_000
"""The most loop turns in one rendering, over all its loops."""

MAX_BITS = 4096
"""The most bits of any integer that a template makes."""

_REFUSED = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.Block,
    nodes.Extends,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
)
"""What can call itself, which the budget does not count, and what needs other templates."""

_TEXT_METHODS = frozenset(
    {
        "capitalize",
        "endswith",
        "find",
        "isdigit",
        "lower",
        "lstrip",
        "rstrip",
        "split",
        "startswith",
        "strip",
        "title",
        "upper",
    }
)


class TooMuch(SecurityError):
    """Raised when a template exceeds a limit; the text says which."""


class Budget:
    """The loop turns that are left.

    Args:
        turns: how many there are.
        outer: a budget that the same turns are taken from, too.
    """

    __slots__ = ("_left", "_outer", "_turns")

    def __init__(self, turns: int = MAX_STEPS, outer: "Budget | None" = None) -> None:
        self._left = self._turns = turns
        self._outer = outer

    def take(self) -> None:
        """Take one turn.

        Raises:
            TooMuch: no turns are left.
        """
        self._left -= 1
        if self._left < 0:
            raise TooMuch(f"more than {self._turns} loop turns")
        if self._outer is not None:
            self._outer.take()

    def spend(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items, and count one turn for each.

        Raises:
            TooMuch: no turns are left.
        """
        for item in items:
            self.take()
            yield item


def bounded(value: Any) -> Any:  # noqa: ANN401 - the value of any expression
    """Return the value unchanged, unless it is too large.

    Raises:
        TooMuch: the value is too large.
    """
    if not is_small(value):
        _weigh(value, MAX_TEXT)
    return value


def is_small(value: Any) -> bool:  # noqa: ANN401
    """Return whether a value is plainly JSON within the limits, as most are.

    What is not may still be within them. The exact walks take four to ten times as long.
    """
    kind = type(value)
    if kind is str:
        return len(value) <= MAX_TEXT
    if kind is int:
        small: bool = value.bit_length() <= MAX_BITS
        return small
    return value is None or kind is bool or kind is float or _is_small_container(value)


def _is_small_container(value: Any) -> bool:  # noqa: ANN401
    left, pending = MAX_TEXT, [value]
    for one in pending:
        kind = type(one)
        if kind is str:
            left -= len(one)
        elif kind is dict:
            left -= len(one) * 3 * ITEM_WEIGHT  # each pair is an item with two items
            if left >= 0:
                pending += one
                pending += one.values()
        elif kind is list:
            left -= len(one) * ITEM_WEIGHT
            if left >= 0:
                pending += one
        elif kind is int:
            bits = one.bit_length()
            left -= bits // 3 if bits <= MAX_BITS else MAX_TEXT + 1
        elif one is not None and kind is not bool and kind is not float:
            return False
        if left < 0:
            return False
    return True


def weight(value: Any) -> int:  # noqa: ANN401
    """Return the weight of a value: about the number of its characters.

    Raises:
        TooMuch: the value is too large.
    """
    return MAX_TEXT - _weigh(value, MAX_TEXT)


def _weigh(value: Any, left: int) -> int:  # noqa: ANN401
    """Return what is left of a weight after subtracting the weight of a value and its content."""
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise TooMuch(f"an integer of more than {MAX_BITS} bits")
        return left - value.bit_length() // 3  # about the number of its digits
    if isinstance(value, str | bytes):
        left -= len(value)
    elif isinstance(value, list | tuple | dict):
        left -= len(value) * ITEM_WEIGHT
    if left < 0:
        raise TooMuch(f"more than {MAX_TEXT} characters or items")
    if isinstance(value, dict):
        for pair in value.items():
            left = _weigh(pair, left)
    elif isinstance(value, list | tuple):
        for item in value:
            left = _weigh(item, left)
    return left


def shown(value: Any) -> Any:  # noqa: ANN401
    """Return the value unchanged, unless its text would show a memory address.

    Raises:
        TooMuch: the value is too large.
        SecurityError: it, or something in it, is a function, another bare object or what a filter
            such as `map` returns, which is empty when it has been read once.
    """
    if not is_small(value):
        _refuse_bare(bounded(value))
    return value


def _refuse_bare(value: Any) -> None:  # noqa: ANN401
    shows_itself: Any = type(value).__repr__
    is_bare = callable(value) or shows_itself is object.__repr__
    if is_bare and not isinstance(value, Undefined):
        raise SecurityError("this is not a value; call it, or use one of its attributes")
    if isinstance(value, Iterator):
        raise SecurityError("this is not a value; make a list of it with `| list`")
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            _refuse_bare(item)


def concatenate(*parts: Any) -> str:  # noqa: ANN401
    """Join texts, as the operator ``~`` does."""
    text: str = bounded("".join([str(shown(part)) for part in parts]))
    return text


def join_parts(parts: Iterable[str]) -> str:
    """Join the parts of a text while they are rendered.

    Raises:
        TooMuch: the text would be too long; the parts that follow are not rendered.
    """
    rendered, size = [], 0
    for part in parts:
        size += len(part)
        if size > MAX_TEXT:
            raise TooMuch(f"more than {MAX_TEXT} characters")
        rendered.append(part)
    return "".join(rendered)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox, with limits.

    Args:
        filters: the filters, by their names.
        undefined: what a name or attribute that does not exist stands for; by default an error.
    """

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(
        self,
        filters: Mapping[str, Callable[..., Any]],
        undefined: type[Undefined] = StrictUndefined,
    ) -> None:
        super().__init__(
            undefined=undefined,
            autoescape=False,
            keep_trailing_newline=True,
            finalize=shown,
        )
        self.filters = {name: _checked(function) for name, function in filters.items()}
        self.globals = {"range": _range}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(_REFUSED):
            tag = type(node).__name__.lower()
            raise TemplateSyntaxError(f"{tag} cannot be used here", node.lineno)
        for variable in tree.find_all(nodes.Name):
            if variable.ctx != "load" and variable.name.startswith("__"):
                raise TemplateSyntaxError("a name must not begin with __", variable.lineno)
        for loop in tree.find_all(nodes.For):
            if loop.recursive:
                raise TemplateSyntaxError("a loop cannot be recursive here", loop.lineno)
            loop.iter = _call("__spend__", [loop.iter])
        _replace_concatenations(tree)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401
        """Look up an attribute. On a JSON object it is a key, never a method of dict."""
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
            return self.undefined(_missing_key(obj, attribute), obj, attribute)
        if type(obj) is MessageView and attribute in MESSAGE_PARTS:
            return getattr(obj, attribute)  # data, which needs no checks; they take 2 µs
        return super().getattr(obj, attribute)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ANN401 - the base class has it
        """Do not wrap `str.format`, because `is_safe_attribute` refuses it."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401
        """Allow what Jinja2 allows; on text, only methods whose result cannot grow."""
        if isinstance(obj, str | bytes):
            return attr in _TEXT_METHODS
        return super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Return the result of an operator.

        Raises:
            TooMuch: the result would be too large.
        """
        _check_operands(operator, left, right)
        return bounded(super().call_binop(context, operator, left, right))


def _missing_key(known: Mapping[Any, Any], key: str) -> str:
    """Return what to say of a key that an object does not have."""
    shown = [str(one)[:_MAX_KEY] for one in islice(known, _MAX_KEYS)]
    shown += ["…"] if len(known) > _MAX_KEYS else []
    return f"there is no {key!r}; the object has {', '.join(shown) or 'no keys'}"


_MAX_KEYS = 10
"""The most keys that an error lists."""

_MAX_KEY = 40
"""The most characters of each."""


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        for value in (*args, *kwargs.values()):
            bounded(value)
        return bounded(function(*args, **kwargs))

    # Jinja2 uses attributes to mark functions that need the context or the environment.
    call.__dict__.update(getattr(function, "__dict__", {}))
    return call


def _range(*bounds: int) -> range:
    items = range(*bounds)
    if len(items) > MAX_STEPS:
        raise TooMuch(f"more than {MAX_STEPS} loop turns")
    return items


def _check_operands(operator: str, left: Any, right: Any) -> None:  # noqa: ANN401
    if operator == "%" and isinstance(left, str | bytes):
        raise TooMuch("text cannot be formatted with %; join it with ~")
    if operator == "**" and _power_bits(left, right) > MAX_BITS:
        raise TooMuch(f"an integer of more than {MAX_BITS} bits")
    if operator == "*":
        for one, other in ((left, right), (right, left)):
            is_repetition = isinstance(one, str | bytes | list | tuple) and isinstance(other, int)
            if is_repetition and len(one) * other > MAX_TEXT:
                raise TooMuch(f"more than {MAX_TEXT} items")


def _power_bits(base: Any, exponent: Any) -> int:  # noqa: ANN401
    if not isinstance(base, int) or not isinstance(exponent, int):
        return 0
    return max(1, base.bit_length()) * abs(exponent)


def _call(name: str, args: list[Any]) -> nodes.Call:
    return nodes.Call(nodes.Name(name, "load"), args, [], None, None)


def _replace_concatenations(tree: nodes.Node) -> None:
    for node in list(tree.find_all(nodes.Node)):
        for field, value in node.iter_fields():
            if isinstance(value, nodes.Concat):
                setattr(node, field, _call("__concatenate__", value.nodes))
            elif isinstance(value, list):
                value[:] = [
                    _call("__concatenate__", one.nodes) if isinstance(one, nodes.Concat) else one
                    for one in value
                ]
