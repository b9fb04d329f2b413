"""Whatever a mock computes with: templates, paths, patterns, bytes as text."""

import re
from contextlib import suppress
from random import Random
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.json_values import JSON_VALUES
from tests.helpers.spoiling import ODD_TEXTS, spoilt
from websocket_mock.actors.conversation.filters import FILTERS
from websocket_mock.actors.conversation.names import Dice
from websocket_mock.actors.conversation.sandbox import MAX_TEXT
from websocket_mock.actors.conversation.templates import (
    BadTemplate,
    TemplateFailed,
    compile_bytes,
    compile_json,
    compile_text,
    compile_value,
    references,
)
from websocket_mock.actors.matching.jsonpath import compile_query
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.regex import compile_pattern
from websocket_mock.actors.matching.units import parse_bytes

INSIDE = re.compile(
    r"( |%20)at(%20| )0x[0-9a-f]+|<(class|function|module|built-in|bound method|method)",
    re.IGNORECASE,
)
"""What the text of an object of the program looks like."""


def names() -> dict[str, Any]:
    """What a template sees."""
    return {
        "message": MessageView(text='{"a": [1, {"b": "c"}]}', size=22),
        "random": Dice(Random(1)),
        "vars": {"a": 1, "list": [1, 2], "text": "ab", "data": b"ab"},
        "path": {"id": "7"},
    }


# --- templates ------------------------------------------------------------------------------------

ATOMS = st.sampled_from(
    [
        "'a'",
        "7",
        "0.5",
        "none",
        "true",
        "[1, 2]",
        "{'a': 1}",
        "(1, 2)",
        "x",
        "loop",
        "self",
        "range(9)",
        "message",
        "message.json",
        "message.text",
        "random",
        "random.int",
        "random.choice",
        "vars",
        "vars.list",
        "vars.text",
        "vars.data",
        "path",
        "range",
        "dict",
        "lipsum",
        "cycler",
    ]
)
ATTRIBUTES = st.sampled_from(
    [
        "a",
        "json",
        "_json",
        "items",
        "format",
        "format_map",
        "upper",
        "int",
        "_random",
        "mro",
        "gi_frame",
        "__class__",
        "__init__",
        "__globals__",
        "__dict__",
        "__mro__",
        "__subclasses__",
        "f_globals",
    ]
)
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "and", "or"]
)
TESTS = st.sampled_from(["defined", "odd", "string", "mapping", "callable", "sameas 1", "x"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("({}).{}".format, inner, ATTRIBUTES),
        st.builds("({})['{}']".format, inner, ATTRIBUTES),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})({})".format, inner, inner),
        st.builds("({})|{}".format, inner, st.sampled_from(sorted(FILTERS))),
        st.builds("({})|attr('{}')".format, inner, ATTRIBUTES),
        st.builds("({})|{}({})".format, inner, st.sampled_from(sorted(FILTERS)), inner),
        st.builds("({})|map(attribute='{}')".format, inner, ATTRIBUTES),
        st.builds("({} is {})".format, inner, TESTS),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("'{{0.{}}}'.format({})".format, ATTRIBUTES, inner),
    ),
    max_leaves=6,
)
PIECES = st.recursive(
    EXPRESSIONS.map("{{{{ {} }}}}".format) | st.text(max_size=3),
    lambda inner: st.one_of(
        st.builds("{{% for x in {} %}}{}{{% endfor %}}".format, EXPRESSIONS, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, EXPRESSIONS, inner, inner),
        st.builds("{{% set x = {} %}}{}".format, EXPRESSIONS, inner),
        st.builds("{{% set x %}}{}{{% endset %}}{}".format, inner, inner),
        st.builds(
            "{{% filter {} %}}{}{{% endfilter %}}".format, st.sampled_from(sorted(FILTERS)), inner
        ),
        st.builds("{{% with x = {} %}}{}{{% endwith %}}".format, EXPRESSIONS, inner),
        st.builds(
            "{{% {} %}}{}".format, st.sampled_from(["macro f(x)", "raw", "include 'x'"]), inner
        ),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=4,
)
MARKS = st.sampled_from(["{{", "}}", "{%", "%}", "{#", "|", "(", "'", ".", "-", "__"])


@given(PIECES | spoilt(PIECES, MARKS | ODD_TEXTS))
@example(f"{{{{ {'9' * 5_000} }}}}")
@example("{{ 'a'|reject }}")
@example("{{ random|upper }}")
@example("{{ [random]|string }}")
@example("{{ [random.int]|join }}")
@example("{{ [message]|join(attribute='_json') }}")
@example("{{ random|urlencode }}")
@example("{{ random|replace('a', 'b') }}")
@example("\ud800")
@example("{{ 1 }}\ud800")
def test_template_gives_a_bounded_text_or_fails_and_shows_nothing_of_the_program(
    source: str,
) -> None:
    with suppress(BadTemplate):
        list(references(source))
    for compile_it in (compile_text, compile_bytes, compile_value, compile_json):
        try:
            rendered = compile_it(source)(names())
        except (BadTemplate, TemplateFailed):
            continue
        if not isinstance(rendered, bytes) and compile_it is not compile_value:
            assert isinstance(rendered, str)
        shown = rendered if isinstance(rendered, str) else repr(rendered)
        assert len(shown) <= 8 * MAX_TEXT
        # What the author has written may look like anything.
        assert INSIDE.search(source) or not INSIDE.search(shown)


# --- paths, patterns, bytes -----------------------------------------------------------------------

PATHS = st.lists(
    st.sampled_from(
        [
            ".a",
            "..a",
            "[0]",
            "[-1]",
            "[*]",
            ".*",
            "[0:9:2]",
            "['a']",
            "[?@.a > 1]",
            "[?@.a == 'x']",
            "[?match(@.a, '(a+)+$')]",
            "[?search(@, 'a')]",
            "[?length(@) > 1]",
            "[?count(@..*) > 1]",
            "[?value(@..a) == 1]",
            "[?!@.a && @.b || $.a]",
            "[0, 'a', ?@]",
            f"[{2**53}]",
            "[1:2:0]",
        ]
    ),
    max_size=4,
).map(lambda parts: "$" + "".join(parts))
MARKS_OF_PATHS = st.sampled_from([*"$@.[]?()!&|*'\"\\,:- ", "..", "\\u", "1e9", "match("])


@given(PATHS | spoilt(PATHS, MARKS_OF_PATHS | ODD_TEXTS), JSON_VALUES)
@example(f"$[?@.a > {'9' * 400}]", None)
@example("$[?" + "(" * 5_000, None)
def test_path_selects_values_or_is_refused(path: str, value: Any) -> None:
    try:
        query = compile_query(path)
    except ValueError:
        return
    assert len(query(value)) >= 0


PATTERNS = st.lists(
    st.sampled_from(
        [
            "a",
            "(a+)+",
            "(?P<n>.)",
            "[^a]",
            "\\d{1,9}",
            "(?i)",
            "^",
            "$",
            "\\b",
            "|",
            "(?:",
            "x*?",
            "\\p{L}",
            "(?=a)",
            "\\1",
            "{1000}",
            "{1001}",
            "(",
            ")",
            "[",
            "*",
            "\\",
        ]
    ),
    max_size=5,
).map("".join)


@given(PATTERNS | spoilt(PATTERNS, ODD_TEXTS | st.text(max_size=2)), st.text(max_size=50))
def test_pattern_is_searched_or_refused(pattern: str, text: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except ValueError:
        return
    found = compiled.search(text)
    assert found is None or set(found.groupdict()) == set(compiled.groupindex)


@given(
    st.builds(
        str.__add__,
        st.sampled_from(["hex:", "base64:", "hex", "b64:", ""]),
        st.binary(max_size=9).map(bytes.hex) | st.text(max_size=9) | ODD_TEXTS,
    )
)
def test_bytes_as_text_are_bytes_or_refused(written: str) -> None:
    with suppress(ValueError):
        assert len(parse_bytes(written)) <= len(written)
