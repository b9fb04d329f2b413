"""What a template cannot do: run long, grow without end, or reach into the program."""

import tracemalloc
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError

from tests.helpers.json_values import JSON_VALUES
from websocket_mock.actors.conversation import sandbox
from websocket_mock.actors.conversation.names import Dice
from websocket_mock.actors.conversation.sandbox import (
    MAX_BITS,
    MAX_STEPS,
    MAX_TEXT,
    Budget,
    TooMuch,
    bounded,
    shown,
)
from websocket_mock.actors.conversation.templates import (
    BadTemplate,
    TemplateFailed,
    compile_text,
    compile_value,
)
from websocket_mock.actors.matching.message_view import MessageView

MOST_MEMORY = 40 * MAX_TEXT
"""Bytes: what a few texts and lists of the greatest size take."""


def names() -> dict[str, Any]:
    return {
        "message": MessageView(text='{"a": [1, 2, 3]}', size=16),
        "random": Dice(Random(1)),
        "vars": {"text": "x" * MAX_TEXT, "list": [0] * 100_000},
        "data": b"x" * 1000,
        "format": b"%999999999d",
        "path": {"id": "7"},
    }


def render(source: str) -> str:
    return compile_text(source)(names())


# --- running long ---------------------------------------------------------------------------------


def test_loop_has_as_many_turns_as_allowed() -> None:
    assert len(render(f"{{% for a in range({MAX_STEPS}) %}}x{{% endfor %}}")) == MAX_STEPS
    with pytest.raises(TemplateFailed, match=f"more than {MAX_STEPS} loop turns"):
        render(f"{{% for a in range({MAX_STEPS + 1}) %}}x{{% endfor %}}")


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(200) %}{% for b in range(200) %}x{% endfor %}{% endfor %}",
        "{% for a in range(6000) %}x{% endfor %}{% for a in range(6000) %}x{% endfor %}",
        "{% for a in range(20000) if false %}x{% endfor %}",
        "{% for a in vars.list %}{% endfor %}",
        "{% for a in vars.text %}{% endfor %}",
        "{% for a in range(9)|map('string')|list * 2000 %}x{% endfor %}",
    ],
)
def test_turns_of_all_loops_are_counted_together(source: str) -> None:
    with pytest.raises(TemplateFailed, match="loop turns"):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ range(10 ** 12)|sum }}",
        "{{ range(10 ** 12)|list|length }}",
        "{{ range(10 ** 12)|map('string')|join }}",
        "{{ range(10 ** 12)|max }}",
        "{% set __spend__ = range %}{% for a in 10 ** 12 %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) ~ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "{% for a in [1, 1] recursive %}{{ loop([1, 1]) if loop.depth < 60 }}{% endfor %}",
        "{{ 1|round(10 ** 9, 'ceil') }}",
        "{{ 1|round(1000000000, 'ceil') }}",
    ],
    ids=["sum", "list", "map", "max", "own spend", "macro", "recursive", "round", "constant round"],
)
@pytest.mark.timeout(5)
def test_what_would_run_for_hours_fails(source: str) -> None:
    with pytest.raises((BadTemplate, TemplateFailed)):
        render(source)


def test_recursion_without_end_fails() -> None:
    with pytest.raises((BadTemplate, TemplateFailed)):
        render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")


def test_each_rendering_has_a_budget_of_its_own() -> None:
    template = compile_text(f"{{% for a in range({MAX_STEPS}) %}}x{{% endfor %}}")
    assert template({}) == template({})


def test_budget_is_spent_item_by_item() -> None:
    budget = Budget()
    assert list(budget.spend("abc")) == ["a", "b", "c"]
    assert sum(1 for _ in budget.spend(range(MAX_STEPS - 3))) == MAX_STEPS - 3
    with pytest.raises(TooMuch):
        next(budget.spend("d"))


# --- growing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["x" * MAX_TEXT, b"x" * MAX_TEXT, 2**MAX_BITS - 1, [0] * 1000, None]
)
def test_value_within_the_bounds_is_itself(value: Any) -> None:
    assert bounded(value) is value


@pytest.mark.parametrize(
    "value", ["x" * (MAX_TEXT + 1), b"x" * (MAX_TEXT + 1), [0] * (MAX_TEXT + 1), 2**MAX_BITS]
)
def test_value_beyond_the_bounds_is_too_much(value: Any) -> None:
    with pytest.raises(TooMuch, match="more than"):
        bounded(value)


VALUES = st.recursive(
    JSON_VALUES | st.sampled_from([object(), len, (1, "ab"), b"ab", 2**MAX_BITS, 1.5, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(VALUES, st.integers(0, 300))
@example({"ab": [1]}, 34)
@example({"ab": [1]}, 33)
@example([(1, "ab")], 300)
@example([[{"a": len}]], 300)
@example([2**MAX_BITS], 300)
def test_quick_look_at_a_value_says_what_the_walks_say(value: Any, limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "MAX_TEXT", limit)
        quick = verdict(value)
        patch.setattr(sandbox, "is_small", lambda _: False)
        assert verdict(value) == quick


def verdict(value: Any) -> str:
    try:
        assert shown(value) is value
    except SecurityError as error:
        return str(error)
    return ""


GROWING = [
    "{{ 'x' * 10 ** 9 }}",
    "{{ 10 ** 9 * 'x' }}",
    "{{ ([1] * 10 ** 9)|length }}",
    "{{ data * 10 ** 6 }}",
    "{{ 2 ** (10 ** 9) }}",
    "{{ 9 ** (9 ** (9 ** 9)) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%s' * 100 % vars.text }}",
    "{{ format % 1 }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ 'x'.ljust(10 ** 9) }}",
    "{{ vars.text ~ vars.text }}",
    "{{ vars.text + vars.text }}",
    "{{ vars.text }}{{ vars.text }}",
    "{{ 'abc'|center(10 ** 9) }}",
    "{{ range(1000)|join(vars.text) }}",
    "{{ vars.text|replace('x', 'x' * 1000) }}",
    "{{ vars.list|join('x' * 1000) }}",
    "{{ [1]|tojson(indent=10 ** 9) }}",
    "{{ (vars.list * 10 + vars.list * 10)|length }}",
    "{% set a = [1] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 100 %}{{ c|tojson }}",
    "{% set a = [1] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 100 %}{{ c }}",
    "{% set a = [1] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 100 %}{{ c ~ '' }}",
    "{% set a = [1] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 100 %}{{ c|string }}",
    "{% for a in range(100) %}{{ vars.text }}{% endfor %}",
]


@pytest.mark.parametrize("source", GROWING)
@pytest.mark.timeout(20)
def test_what_would_fill_the_memory_fails_early(source: str) -> None:
    values = names()
    tracemalloc.start()
    try:
        with pytest.raises((BadTemplate, TemplateFailed)):
            compile_text(source)(values)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY


def test_variable_that_doubles_stops_growing() -> None:
    double = compile_value("{{ vars.a + vars.a }}")
    values: dict[str, Any] = {"vars": {"a": [1]}}
    with suppress(TemplateFailed):
        for _ in range(40):
            values["vars"]["a"] = double(values)
    assert len(values["vars"]["a"]) <= MAX_TEXT


EXPRESSIONS = st.recursive(
    st.sampled_from(
        ["'ab'", "7", "2.5", "true", "[1, 2]", "{'a': 1}", "vars.text", "data", "path"]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "**", "~", "%", "-", "and", "<"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.tuples(
            inner, st.sampled_from(["upper", "list", "string", "tojson", "length", "join"])
        ).map(lambda parts: f"({parts[0]})|{parts[1]}"),
        inner.map(lambda one: f"[{one}]"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_no_expression_exceeds_the_bounds(expression: str) -> None:
    for compile_it in (compile_text, compile_value):
        try:
            rendered = compile_it(f"{{{{ {expression} }}}}")(names())
        except (BadTemplate, TemplateFailed):
            continue
        if isinstance(rendered, str | bytes | list | dict):
            assert len(rendered) <= MAX_TEXT
        if isinstance(rendered, int):
            assert rendered.bit_length() <= MAX_BITS


# --- reaching into the program --------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ [].__class__.__mro__ }}",
        "{{ message.__class__ }}",
        "{{ message._json }}",
        "{{ random._random }}",
        "{{ random.int.__globals__ }}",
        "{{ range.__self__ }}",
        "{{ self.__init__ }}",
        "{{ cycler }}",
        "{{ lipsum }}",
        "{{ namespace }}",
        "{{ dict }}",
        "{{ joiner }}",
        "{{ __builtins__ }}",
        "{{ '{0.__class__}'.format(message) }}",
        "{{ 'a'.encode() }}",
        "{{ [1].append(2) }}",
        "{{ path.update({'a': 1}) }}",
        "{{ path.pop('id') }}",
        "{{ vars.list.clear() }}",
        "{{ [message]|map(attribute='__class__')|first }}",
        "{{ [message]|map('attr', '__class__')|first }}",
        "{{ [message]|map(attribute='__class__.__mro__')|list }}",
        "{{ [message]|sort(attribute='_json') }}",
        "{{ [message, message]|unique(attribute='__class__')|list }}",
        "{{ [message]|sum(attribute='__class__') }}",
        "{{ [message]|max(attribute='_json') }}",
        "{{ nothing|default(message)|attr('_json') }}",
        "{% for one in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
        "{% for one in [1] %}{{ loop._iterator }}{% endfor %}",
        "{% for one in [1] %}{{ __spend__.__self__ }}{% endfor %}",
        "{{ __concatenate__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ [message]|map(attribute='_json')|first }}",
        "{% import 'os' as os %}{{ os }}",
    ],
)
def test_what_is_not_meant_for_templates_is_out_of_reach(source: str) -> None:
    values = names()
    with pytest.raises((BadTemplate, TemplateFailed)):
        compile_text(source)(values)
    assert values["path"] == {"id": "7"}
    assert len(values["vars"]["list"]) == 100_000


@pytest.mark.parametrize(
    "source",
    [
        "{{ message }}",
        "{{ random }}",
        "{{ random.int }}",
        "{{ 'a' ~ message }}",
        "{{ [1, [message]] }}",
        "{{ {'a': random} }}",
        "{{ {'a': 1}|items }}",
        "{{ [[1]|map('string')] }}",
        "{{ 'a' ~ ([1]|map('string')) }}",
        "{% set it = [1]|select %}{{ it }}",
    ],
)
def test_what_is_no_value_is_not_shown_with_its_place_in_memory(source: str) -> None:
    with pytest.raises(TemplateFailed, match="not a value"):
        render(source)


def test_key_of_an_object_is_no_method() -> None:
    assert compile_text("{{ a.items }}")({"a": {"items": 1}}) == "1"
    assert compile_text("{{ a['get'] }}")({"a": {"get": 2}}) == "2"


def test_one_rendering_leaves_nothing_for_the_next() -> None:
    template = compile_text("{% if a is defined %}{{ a }}{% endif %}{% set a = 1 %}")
    assert template({}) == ""
    assert template({}) == ""


@pytest.mark.parametrize("source", ["{{ random.int }}", "{{ [message] }}"])
def test_what_is_no_value_is_not_kept_in_a_variable(source: str) -> None:
    with pytest.raises(TemplateFailed, match="not a value"):
        compile_value(source)(names())
