"""Compiles templates: text, JSON and values that contain ``{{ … }}``.

A text or value without a template is a constant and costs nothing to render. A string in JSON that
is a single ``{{ expression }}`` keeps the type of the expression.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Undefined

from websocket_mock.actors.conversation.evaluation import ExpressionCompiler, NeedsJinja
from websocket_mock.actors.conversation.filters import FILTERS
from websocket_mock.actors.conversation.jinja_template import JinjaTemplate
from websocket_mock.actors.conversation.json_skeleton import compile_skeleton
from websocket_mock.actors.conversation.sandbox import Sandbox, is_small, join_parts, shown
from websocket_mock.actors.matching.units import WHOLE_EXPRESSION, is_template
from websocket_mock.actors.values.codec import encode

TemplateNames = Mapping[str, Any]
"""The variables that a template sees."""

_SANDBOX = Sandbox(FILTERS)


class Missing(ChainableUndefined):
    """What does not exist, in a condition: empty, false, and equal to nothing."""

    __slots__ = ()

    def _is_not(self, _: object) -> bool:
        return False

    def _is(self, _: object) -> bool:
        return True

    __eq__ = _is_not
    __ne__ = _is
    __hash__ = ChainableUndefined.__hash__
    __lt__ = __le__ = __gt__ = __ge__ = _is_not  # type: ignore[assignment] # those raise


LENIENT = Sandbox(FILTERS, Missing)
"""The sandbox of conditions."""

_COMPILERS = {sandbox: ExpressionCompiler(sandbox) for sandbox in (_SANDBOX, LENIENT)}


MAX_CACHED = 1_024
"""How many templates of each kind are kept. A block of actions is compiled in each place of use,
and documents are often put in force again."""

MAX_CACHED_TEXT = 4_096
"""The most characters of a template that is kept."""


class BadTemplate(ValueError):
    """Raised when a template cannot be compiled; the text says why."""


class ActionFailed(Exception):
    """Raised when an action cannot be done; the text says why."""


class TemplateFailed(ActionFailed):
    """Raised when a template cannot be rendered; the text says why."""


Render = Callable[[TemplateNames], Any]


def references(source: str) -> tuple[tuple[str, str | None], ...]:
    """Return the outside names that a template uses: with None, and with each attribute it reads.

    An attribute of an attribute comes with both names before it: ``message.fields`` and ``id``.

    Raises:
        BadTemplate: it is not valid Jinja2.
    """
    if len(source) > MAX_CACHED_TEXT:
        return tuple(_references(source))
    return _cached_references(source)


@lru_cache(MAX_CACHED)
def _cached_references(source: str) -> tuple[tuple[str, str | None], ...]:
    return tuple(_references(source))


def _references(source: str) -> Iterator[tuple[str, str | None]]:
    with _reporting_bad_templates():
        tree = _SANDBOX.parse(source)
        outside = outside_names(tree)
    yield from ((name, None) for name in sorted(outside))
    for dotted in tree.find_all(nodes.Getattr):
        owner = _name_of(dotted.node, outside)
        if owner is None and isinstance(dotted.node, nodes.Getattr):
            outer = _name_of(dotted.node.node, outside)
            owner = None if outer is None else f"{outer}.{dotted.node.attr}"
        if owner is not None:
            yield owner, dotted.attr
    for item in tree.find_all(nodes.Getitem):
        owner = _name_of(item.node, outside)
        if owner is not None and isinstance(item.arg, nodes.Const):
            yield owner, str(item.arg.value)


def _name_of(node: nodes.Node, names: set[str]) -> str | None:
    return node.name if isinstance(node, nodes.Name) and node.name in names else None


def outside_names(tree: nodes.Template) -> set[str]:
    """Return the names that a parsed template gets from outside."""
    return {name for name in find_undeclared_variables(tree) if not name.startswith("__")}


def compile_text(source: str) -> Callable[[TemplateNames], str]:
    """Return a function that renders a text.

    Raises:
        BadTemplate: it is not valid Jinja2.
    """
    return _contained(_compile_text(source)) if is_template(source) else lambda _: source


def compile_bytes(source: str) -> Callable[[TemplateNames], bytes]:
    """Return a function that renders a text as UTF-8.

    Raises:
        BadTemplate: it is not valid Jinja2, or is a text that UTF-8 cannot encode.
    """
    if not is_template(source):
        with _refusing_half_characters():
            constant = source.encode()
        return lambda _: constant
    render = _compile_text(source)
    return _contained(lambda names: render(names).encode())


def compile_value(source: Any) -> Render:  # noqa: ANN401 - any JSON value
    """Return a function that renders every string in a JSON value.

    Raises:
        BadTemplate: one of them is not valid Jinja2.
    """
    return _contained(_compile_node(source)) if has_template(source) else lambda _: source


def compile_json(source: Any, *, is_literal: bool = False) -> Callable[[TemplateNames], bytes]:  # noqa: ANN401
    """Return a function that renders a JSON value as UTF-8. A literal has no templates.

    Raises:
        BadTemplate: a string in it is not valid Jinja2, or UTF-8 cannot encode it.
    """
    with _refusing_half_characters():
        if is_literal or not has_template(source):
            constant = encode(source)
            return lambda _: constant
        skeleton = compile_skeleton(source, _compile_node)
    if skeleton is not None:
        return _contained(skeleton)
    render = _compile_node(source)
    return _contained(lambda names: encode(render(names)))


@contextmanager
def _refusing_half_characters() -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise BadTemplate("a half of a surrogate pair cannot be sent") from error


def has_template(source: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether any string in a JSON value contains a template."""
    if isinstance(source, str):
        return is_template(source)
    if isinstance(source, dict):
        return any(has_template(item) for pair in source.items() for item in pair)
    return isinstance(source, list) and any(map(has_template, source))


def compile_expression(source: str, sandbox: Sandbox = _SANDBOX) -> Render:
    """Return a function that evaluates an expression, written without the braces.

    Raises:
        BadTemplate: it is not valid Jinja2.
    """
    return _contained(_compile_expression(source, sandbox))


def _compile_node(source: Any) -> Render:  # noqa: ANN401
    if isinstance(source, str):
        whole = WHOLE_EXPRESSION.fullmatch(source)
        return _compile_expression(whole[1], _SANDBOX) if whole else _compile_text(source)
    if isinstance(source, list):
        items = [_compile_node(item) for item in source]
        return lambda names: [render(names) for render in items]
    if isinstance(source, dict):
        pairs = [(_compile_text(str(key)), _compile_node(item)) for key, item in source.items()]
        return lambda names: {key(names): render(names) for key, render in pairs}
    return lambda _: source


def _compile_text(source: str) -> Callable[[TemplateNames], str]:
    if not is_template(source):
        return lambda _: source
    return (_make_text if len(source) > MAX_CACHED_TEXT else _cached_text)(source)


@lru_cache(MAX_CACHED)
def _cached_text(source: str) -> Callable[[TemplateNames], str]:
    return _make_text(source)


def _make_text(source: str) -> Callable[[TemplateNames], str]:
    with _reporting_bad_templates():
        tree = _SANDBOX.parse(source)
        with suppress(NeedsJinja):
            return _COMPILERS[_SANDBOX].compile_output(tree)
        template = JinjaTemplate(_SANDBOX, tree)
    return lambda names: join_parts(template.generate(names))


def _compile_expression(source: str, sandbox: Sandbox) -> Render:
    is_long = len(source) > MAX_CACHED_TEXT
    return (_make_expression if is_long else _cached_expression)(source, sandbox)


@lru_cache(MAX_CACHED)
def _cached_expression(source: str, sandbox: Sandbox) -> Render:
    return _make_expression(source, sandbox)


def _make_expression(source: str, sandbox: Sandbox) -> Render:
    with _reporting_bad_templates():
        # The bounds are added while a template is parsed, and Jinja2's `compile_expression` parses
        # no template. So the expression is assigned to a variable in a template.
        tree = sandbox.parse(f"{{% set result = ({source}) %}}")
        evaluate = _compile_assigned(tree, sandbox)

    def show(names: TemplateNames) -> Any:  # noqa: ANN401
        value = evaluate(names)
        if is_small(value):
            return value
        value = shown(value)
        if isinstance(value, Undefined):
            str(value)  # raises an error that names what is missing
        return value

    return show


def _compile_assigned(tree: nodes.Template, sandbox: Sandbox) -> Render:
    match tree.body:
        case [nodes.Assign(target=nodes.Name(), node=node)]:
            with suppress(NeedsJinja):
                return _COMPILERS[sandbox].compile(node)
    template = JinjaTemplate(sandbox, tree)
    return lambda names: template.evaluate(names, "result")


@contextmanager
def _reporting_bad_templates() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see below
        # Jinja2 evaluates constants, and lets some errors through, such as that of `{[]: 1}`.
        raise BadTemplate(f"not a valid template: {error}") from None


def _contained(render: Callable[[TemplateNames], Any]) -> Render:
    def call(names: TemplateNames) -> Any:  # noqa: ANN401
        try:
            return render(names)
        except TemplateFailed:
            raise
        except TemplateError as error:
            raise TemplateFailed(error.message or type(error).__name__) from error
        except Exception as error:
            # This, too, is the author's mistake: a filter on the wrong type, a missing list item.
            raise TemplateFailed(f"{type(error).__name__}: {error}") from error

    return call
