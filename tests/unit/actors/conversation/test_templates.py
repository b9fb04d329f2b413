"""Templates in text, in JSON and in values."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.conversation.templates import (
    MAX_CACHED_TEXT,
    BadTemplate,
    TemplateFailed,
    _compile_text,
    compile_bytes,
    compile_json,
    compile_text,
    compile_value,
)
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.units import is_template

SCOPE: dict[str, Any] = {
    "name": "world",
    "n": 3,
    "flag": True,
    "nothing": None,
    "items": [1, 2],
    "message": MessageView(text='{"id": 7, "keys": {"values": 1}}', size=32),
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Jinja2 reads every line ending as a line feed, and braces are its own.
    | st.text().filter(lambda text: not set(text) & set("{\r")),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text().map(lambda key: key.replace("{", "")), inner)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize("text", ["{{ a }}", "{% if a %}", "a {# b #}", "{{"])
def test_text_with_marks_is_a_template(text: str) -> None:
    assert is_template(text)


@pytest.mark.parametrize("text", ["", "a", "{ a }", "}}", "%}"])
def test_text_without_marks_is_none(text: str) -> None:
    assert not is_template(text)
    assert compile_text(text)({}) == text


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("hello {{ name }}", "hello world"),
        ("{{ n }}{{ flag }}{{ nothing }}", "3TrueNone"),
        ("{{ n * 2 + 1 }}", "7"),
        ("{{ n ~ name ~ (n ~ n) }}", "3world33"),
        ("{% for one in items %}[{{ one }}{{ loop.index }}]{% endfor %}", "[11][22]"),
        ("{% for one in [] %}x{% else %}none{% endfor %}", "none"),
        ("{% for one in range(3) if one != 1 %}{{ one }}{% endfor %}", "02"),
        ("{% if n > 2 %}big{% endif %}", "big"),
        ("{% set a = name|upper %}{{ a }}", "WORLD"),
        ("{{ items|tojson }}", "[1, 2]"),
        ("{{ missing|default('x') }}", "x"),
        ("{{ message.json.id }}", "7"),
        ("{{ message.json['id'] }}", "7"),
        ("{{ message.json.keys.values }}", "1"),
        ("{{ message.text|length }}", "32"),
        ("{{ name.upper() }} {{ name.split('r')|last }}", "WORLD ld"),
        ("{{ message.size }}", "32"),
        ("{{ '<b>' }}", "<b>"),
        ("a\n{{ n }}\n", "a\n3\n"),
        ("{# nothing #}", ""),
    ],
)
def test_text_is_rendered(source: str, rendered: str) -> None:
    assert compile_text(source)(SCOPE) == rendered


@pytest.mark.parametrize(
    "source",
    [
        "{{",
        "{{ a",
        "{% if a %}",
        "{% nonsense %}",
        "{{ a b }}",
        "{{ a|nonsense }}",
        "{{ 1 is odd1 }}",
        "{% include 'a' %}",
        "{% extends 'a' %}",
        "{% macro a() %}{% endmacro %}",
        "{% if {[]: 1}.a %}{% endif %}",
        "{% set __spend__ = 1 %}",
    ],
)
def test_what_is_no_template_is_refused_when_it_is_compiled(source: str) -> None:
    for compile_it in (compile_text, compile_value, compile_json):
        with pytest.raises(BadTemplate, match=r"not a valid template: ."):
            compile_it(source)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ missing }}", "'missing' is undefined"),
        ("{{ name.missing }}", "no attribute 'missing'"),
        ("{{ message.json.missing }}", "there is no 'missing'; the object has "),
        ("{{ {}.missing }}", "there is no 'missing'; the object has no keys"),
        ("{{ {1: 2, 'a' * 50: 3}.b }}", f"there is no 'b'; the object has 1, {'a' * 40}$"),
        ("{{ nothing.a }}", "has no attribute 'a'"),
        ("{{ n / 0 }}", "ZeroDivisionError"),
        ("{{ name + 1 }}", "TypeError"),
        ("{{ [1]|first|length }}", "TypeError"),
        ("{{ n() }}", "not callable"),
        ("{{ items[7] }}", "has no element 7"),
        ("{% for one in 3 %}{% endfor %}", "TypeError"),
    ],
)
def test_what_goes_wrong_is_contained_and_told(source: str, why: str) -> None:
    render = compile_text(source)
    with pytest.raises(TemplateFailed, match=why):
        render(SCOPE)


# --- values and JSON ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ n }}", 3),
        (" {{ n }} ", 3),
        ("{{ flag }}", True),
        ("{{ nothing }}", None),
        ("{{ items }}", [1, 2]),
        ("{{ items|length > 1 }}", True),
        ("{{ {'a': n} }}", {"a": 3}),
        ("{{ n }}{{ n }}", "33"),
        ("n{{ n }}", "n3"),
        ("{{ '}' }}", "}"),
        (["{{ n }}", "{{ name }}", 4], [3, "world", 4]),
        ({"{{ name }}": {"a": "{{ n }}"}}, {"world": {"a": 3}}),
        ({1: "{{ n }}"}, {"1": 3}),
        (5, 5),
        (None, None),
    ],
)
def test_whole_expression_keeps_its_type(source: Any, value: Any) -> None:
    rendered = compile_value(source)(SCOPE)
    assert rendered == value
    assert type(rendered) is type(value)


@pytest.mark.parametrize("source", ["{{ missing }}", {"a": ["{{ missing.b }}"]}])
def test_whole_expression_that_is_undefined_fails(source: Any) -> None:
    with pytest.raises(TemplateFailed, match="'missing' is undefined"):
        compile_value(source)(SCOPE)


@pytest.mark.parametrize("source", ["{{ message }}", {"a": "{{ range }}"}, ["{{ name.upper }}"]])
def test_what_has_no_json_form_fails(source: Any) -> None:
    with pytest.raises(TemplateFailed):
        compile_json(source)(SCOPE)


def test_value_that_holds_itself_fails() -> None:
    names: dict[str, Any] = {"vars": {}}
    names["vars"]["a"] = names["vars"]
    with pytest.raises(TemplateFailed):
        compile_json("{{ vars }}")(names)


@pytest.mark.parametrize("compile_it", [compile_json, compile_bytes])
def test_text_without_a_form_in_utf_8_fails(compile_it: Any) -> None:
    # A lone surrogate, as a JSON file may hold one.
    with pytest.raises(TemplateFailed, match="surrogates"):
        compile_it("{{ odd }}")({"odd": "\ud800"})


def test_text_to_be_sent_is_utf_8() -> None:
    assert compile_bytes("5 €")({}) == "5 €".encode()
    assert compile_bytes("{{ n }} €")(SCOPE) == "3 €".encode()


def test_literal_json_is_not_looked_into() -> None:
    assert compile_json({"a": "{{ n"}, is_literal=True)({}) == b'{"a":"{{ n"}'


@given(JSON)
def test_json_without_templates_is_a_constant(value: Any) -> None:
    render = compile_json(value)
    assert json.loads(render({})) == value
    assert render({}) is render({})
    assert compile_value(value)({}) == value


@given(JSON)
def test_value_of_a_variable_arrives_as_it_is(value: Any) -> None:
    names = {"value": value}
    assert compile_value("{{ value }}")(names) == value
    assert json.loads(compile_json({"a": ["{{ value }}"]})(names)) == {"a": [value]}


@given(st.text())
def test_any_text_is_a_template_or_a_bad_one(source: str) -> None:
    try:
        render = compile_text(source)
    except BadTemplate:
        return
    with suppress(TemplateFailed):
        assert isinstance(render(SCOPE), str)


@pytest.mark.parametrize("length", [1, MAX_CACHED_TEXT + 1])
def test_template_that_is_compiled_again_is_the_same_unless_it_is_long(length: int) -> None:
    source = "{{ n }}" + "x" * length
    first, second = _compile_text(source), _compile_text(source)
    assert (first is second) == (length == 1)
    assert first({"n": 1}) == second({"n": 1}) == "1" + "x" * length
