"""Expressions that are evaluated without Jinja2 give what Jinja2 gives, or fail as it does."""

import re
import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.helpers.json_values import JSON_VALUES
from websocket_mock.actors.conversation.evaluation import ExpressionCompiler, NeedsJinja
from websocket_mock.actors.conversation.names import MESSAGE_PARTS, Dice
from websocket_mock.actors.conversation.sandbox import MAX_TEXT
from websocket_mock.actors.conversation.templates import (
    LENIENT,
    BadTemplate,
    TemplateFailed,
    compile_expression,
    compile_json,
    compile_text,
    compile_value,
)
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.codec import encode

MESSAGE = MessageView(
    text='{"id": 7, "items": [1, {"a": "x"}], "keys": null, "big": 1e400}', size=9
)

NAMES = ["message", "vars", "path", "state", "now", "random", "uuid", "nothing", "data", "result"]


def scope(variables: Any = None) -> dict[str, Any]:
    return {
        "message": MESSAGE,
        "vars": variables,
        "path": {"id": "7", "format": "x", "a": {"b": [1, 2]}},
        "state": "initial",
        "now": 1750000000.5,
        "random": Dice(Random(1)),
        "uuid": lambda: "u-1",
        "nothing": None,
        "data": b"\x00\xff",
        "long": "x" * (MAX_TEXT - 3),
        "huge": 2**4096,
        "odd": "\ud800",
    }


ATTRIBUTES = [
    *("json", "text", "fields", "size", "id", "items", "keys", "a", "b", "get", "missing"),
    *("upper", "split", "format", "append", "bit_length", "_json", "__class__", "int", "count"),
]

LEAVES = [
    *NAMES,
    *("long", "huge", "odd", "missing", "range", "self", "__spend__", "message.json.id"),
    *("message.json['items'][1].a", "path.a.b[0]", "7", "-1", "2.5", "'ab'", "true", "none", "[]"),
]

FILTERS = [
    *("upper", "length", "string", "int", "float", "tojson", "list", "first", "last", "sort"),
    *("default('d')", "default(0, true)", "round(1)", "round(precision=1)", "join('-')", "hex"),
    *("map('upper') | list", "selectattr('a') | list", "replace('a', 'b')", "date", "nonsense"),
    "default(*[1])",
]

TESTS = [
    "defined",
    "none",
    "string",
    "odd",
    "divisibleby(2)",
    "in([7])",
    "odd1",
    "filter",
    "eq(7)",
    "callable",
]

OPERATORS = [
    *("+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in"),
    *("and", "or"),
]


def applied(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({}).{}".format, inner, st.sampled_from(ATTRIBUTES)),
        st.builds("({})['{}']".format, inner, st.sampled_from(ATTRIBUTES)),
        st.builds("({})[{}]".format, inner, inner | st.sampled_from(["0", "-1", "1:", "true"])),
        st.builds("({})|{}".format, inner, st.sampled_from(FILTERS)),
        st.builds("({}) is {}".format, inner, st.sampled_from(TESTS)),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({})()".format, inner),
        st.builds("({})({})".format, inner, inner),
        st.builds("range({})".format, inner),
        st.builds("({}) if ({}) else ({})".format, inner, inner, inner),
        st.builds("({}) if ({})".format, inner, inner),
        st.builds("({}) < ({}) < ({})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("({}, {})".format, inner, inner),
        st.builds("dict(a={})".format, inner),
        st.builds("{{'a': {}, {}: 1}}".format, inner, st.sampled_from(["'b'", "state", "vars"])),
        st.builds("not ({})".format, inner),
        st.builds("-({})".format, inner),
    )


EXPRESSIONS = st.recursive(st.sampled_from(LEAVES), applied, max_leaves=6)


def by_jinja(compile_it: Callable[[], Any]) -> Any:
    """Compile something so that Jinja2 evaluates all of it."""

    def refuse(*_: object) -> None:
        raise NeedsJinja

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExpressionCompiler, "compile", refuse)
        return compile_it()


def outcome(compile_it: Callable[[], Any], names: dict[str, Any]) -> str:
    """What becomes of a template: its value with its type, or why it fails."""
    try:
        # Python warns of some generated code, such as that for `7[1:]`.
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
            render = compile_it()
        value = render(names)
    except (BadTemplate, TemplateFailed) as error:
        return f"{type(error).__name__}: {without_places(str(error))}"
    return f"{type(value).__name__} {without_places(repr(value))}"


def without_places(text: str) -> str:
    """A text without the places of objects in memory."""
    return re.sub(r"0x[0-9a-f]{4,}", "0x", text, flags=re.IGNORECASE)


def same(compile_it: Callable[[], Any], variables: Any) -> None:
    expected = outcome(lambda: by_jinja(compile_it), scope(variables))
    # Jinja2 evaluates constants when it compiles them, so it refuses some, such as `7.a or 1`.
    assume(not re.match("BadTemplate: .* has no (attribute|element)", expected))
    assert outcome(compile_it, scope(variables)) == expected


@given(EXPRESSIONS, JSON_VALUES)
@example("message.json.id", None)
@example("path.items", None)
@example("path['items']", None)
@example("path.missing", None)
@example("vars.items", {"items": 1})
@example("vars.__class__", {"__class__": 1})
@example("message._json", None)
@example("message['_json']", None)
@example("(long ~ long) or (huge)", None)
@example("long", None)
@example("huge", None)
@example("state.format('x')", None)
@example("random.int(1, 6) + random.int(1, 6)", None)
@example("missing | default(missing.a)", None)
@example("range(99999999)", None)
@example("range", None)
@example("result", None)
@example("message.json.id in range(8)", None)
def test_expression_gives_what_jinja_gives(expression: str, variables: Any) -> None:
    same(lambda: compile_expression(expression), variables)


@given(EXPRESSIONS, JSON_VALUES)
@example("missing == missing", None)
@example("missing.a['b']", None)
@example("vars.a > 1 and path.b", {"a": 2})
@example("missing + 1", None)
def test_condition_gives_what_jinja_gives(expression: str, variables: Any) -> None:
    same(lambda: compile_expression(expression, LENIENT), variables)


@given(
    st.lists(EXPRESSIONS.map("{{{{ {} }}}}".format) | st.sampled_from(["a ", "{# #}"]), max_size=3)
)
@example(["{{ missing }}", "{{ huge }}"])
@example(["{{ long }}", "{{ state }}", "{{ missing }}"])
@example(["{{ 'a' }}", "\r\n", "{{ now }}\n"])
@example(["{% if state %}", "a", "{% endif %}"])
@example(["{{"])
def test_text_is_what_jinja_gives(parts: list[str]) -> None:
    same(lambda: compile_text("".join(parts)), None)


WITH_TEMPLATES = st.recursive(
    JSON_VALUES
    | st.sampled_from(["{{ vars }}", "a {{ state }}", "{{ odd }}", "{{ huge }}", "{{ missing }}"])
    | st.sampled_from(
        ["{{ message.json.id }}", "{{ message.json.big }}", "{{ now }}", "{{ data }}"]
    )
    | st.sampled_from(["{{ random.int(1, 9) }}", "{{ 2 ** 70 }}", "{{ vars | tojson }}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "é", "{{ state }}", 1, '"']), inner)
    ),
    max_leaves=8,
)


@given(WITH_TEMPLATES, JSON_VALUES)
@example({"a": 1e400, "b": "{{ huge }}"}, None)
@example({"a": 1e16, "b": "{{ 2 ** 70 }}"}, None)
@example({1: "{{ state }}", "1": "{{ now }}"}, None)
@example({"a": "\ud800", "b": "{{ state }}"}, None)
@example(["{{ vars }}", 1e16], [2**70])
def test_json_is_what_encoding_the_whole_value_gives(source: Any, variables: Any) -> None:
    def whole() -> Any:
        render = by_jinja(lambda: compile_value(source))
        return lambda names: encode(render(names))

    expected = outcome(lambda: contained(whole()), scope(variables))
    assert outcome(lambda: compile_json(source), scope(variables)) == expected


def contained(render: Callable[[dict[str, Any]], bytes]) -> Callable[[dict[str, Any]], bytes]:
    def call(names: dict[str, Any]) -> bytes:
        try:
            return render(names)
        except (TypeError, UnicodeEncodeError) as error:
            raise TemplateFailed(f"{type(error).__name__}: {error}") from error

    return call


@pytest.mark.parametrize(
    "expression",
    [
        "message.json.a.b",
        "message.json['a'][0]",
        "vars[state]",
        "counters.received + 1",
        "now | int",
        "vars.list | map('upper') | join(', ')",
        "x | default(none)",
        "random.int(1, high=6)",
        "'a' ~ state",
        "a if a is defined else b",
        "[a, (b, c), {d: e}]",
        "not a or b in c and -d < e",
    ],
)
def test_common_expression_needs_no_jinja(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("websocket_mock.actors.conversation.templates.JinjaTemplate", None)
    compile_expression(expression)
    compile_text(f"a {{{{ {expression} }}}}")


@pytest.mark.parametrize("part", sorted(MESSAGE_PARTS))
def test_part_of_a_message_needs_no_checks(part: str) -> None:
    assert ImmutableSandboxedEnvironment().getattr(MESSAGE, part) == getattr(MESSAGE, part)
