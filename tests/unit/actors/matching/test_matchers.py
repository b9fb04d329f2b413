"""Compiled matchers: which values they take, what they capture, and what they say."""

import sys
from typing import Any

import pytest
from pydantic import TypeAdapter

from websocket_mock.actors.matching.matchers import (
    ABSENT,
    MAX_SHOWN,
    BadMatcher,
    CompiledMatcher,
    compile_matcher,
    describe,
    json_equal,
)
from websocket_mock.actors.matching.schema import Matcher

_SCHEMA: TypeAdapter[Any] = TypeAdapter(Matcher)


def matcher(written: Any, *, is_binary: bool = False) -> CompiledMatcher:
    """Compile a matcher as a person writes it."""
    return compile_matcher(_SCHEMA.validate_python(written), is_binary=is_binary)


def matches(written: Any, value: Any, *, is_binary: bool = False) -> bool:
    return matcher(written, is_binary=is_binary)(value).matched


TAKEN = [
    ("a", ["a"], ["A", "ab", "", ABSENT, None]),
    (1, [1, 1.0], [True, "1", 2, ABSENT]),
    (True, [True], [1, "true", False]),
    (None, [None], [ABSENT, 0, "", False]),
    ([1, "a"], [[1, "a"], [1.0, "a"]], [["a", 1], [1], [True, "a"], "1a"]),
    ({"equals": {"a": [1]}}, [{"a": [1]}], [{"a": [True]}, {"a": [1], "b": 2}, [1]]),
    ({"equals": None}, [None], [ABSENT]),
    ({"contains": "b"}, ["abc", "b", ["a", "b"]], ["ac", ["abc"], 1, ABSENT, {"b": 1}, b"abc"]),
    ({"contains": 1}, [[1], [1.0]], ["1", [True], 1]),
    ({"contains": {"a": 1}}, [[{"a": 1}]], [[{"a": 1, "b": 2}], {"a": 1}]),
    ({"starts_with": "ab"}, ["abc", "ab"], ["a", "xab", ["ab"], b"abc", ABSENT, None]),
    ({"ends_with": "bc"}, ["abc", "bc"], ["c", "bcx", b"abc", ABSENT]),
    ({"matches": "^a.c$"}, ["abc"], ["xabc", ["abc"], 1, ABSENT]),
    ({"less_than": 3}, [2, 2.9, -(10**400)], [3, 4, "2", True, None, ABSENT, float("nan")]),
    ({"at_most": 3}, [3, 2], [3.1, "3"]),
    ({"at_least": 3}, [3, 3.0, 10**400], [2.9, "3", True]),
    ({"greater_than": 3}, [3.1, float("inf")], [3, 2, ABSENT]),
    ({"one_of": ["a", 1, None]}, ["a", 1, 1.0, None], ["b", True, ABSENT, ["a"]]),
    ({"present": True}, [None, "", 0, False, []], [ABSENT]),
    ({"present": False}, [ABSENT], [None, "", 0]),
    ({"includes": {"a": 1}}, [{"a": 1, "b": 2}], [{"b": 2}, {"a": True}, [{"a": 1}], ABSENT]),
    ({"includes": {"a": {"b": [1]}}}, [{"a": {"b": [0, 1], "c": 1}}], [{"a": {"b": [0]}}]),
    ({"includes": [1, 2]}, [[2, 3, 1]], [[1], [1, 3], 1]),
    ({"includes": [{"a": 1}]}, [[{"a": 1, "b": 2}]], [[{"b": 2}]]),
    ({"includes": "a"}, ["a"], ["ab", ["a"]]),
    ({"length": 2}, ["ab", [1, 2], {"a": 1, "b": 2}, b"ab"], ["a", 12, None, ABSENT]),
    ({"length": {"at_least": 1}}, ["a"], ["", []]),
    ({"not": "a"}, ["b", 1, ABSENT], ["a"]),
    ({"not": {"present": True}}, [ABSENT], [None]),
    ({"all": [{"starts_with": "a"}, {"ends_with": "c"}]}, ["abc", "ac"], ["ab", "bc"]),
    ({"any": ["a", {"starts_with": "b"}]}, ["a", "bc"], ["ab", "c", ABSENT]),
    ({"starts_with": "a", "length": 2}, ["ab"], ["a", "abc", "ba"]),
    ({"schema": {"type": "integer", "minimum": 3}}, [3, 4.0], [2, "3", ABSENT]),
    ({"schema": True}, [None, 1, {}], [ABSENT]),
    ({"schema": False}, [], [None, 1, {}, ABSENT]),
]


@pytest.mark.parametrize(("written", "taken", "refused"), TAKEN)
def test_matcher_takes_some_values_and_refuses_others(
    written: Any, taken: list[Any], refused: list[Any]
) -> None:
    test = matcher(written)
    assert [value for value in taken if not test(value).matched] == []
    assert [value for value in refused if test(value).matched] == []


@pytest.mark.parametrize(("written", "taken", "refused"), TAKEN)
def test_refusal_says_why_and_a_match_says_nothing(
    written: Any, taken: list[Any], refused: list[Any]
) -> None:
    test = matcher(written)
    assert not any(test(value).why for value in taken)
    assert all(test(value).why for value in refused)


@pytest.mark.parametrize(
    ("written", "taken", "refused"),
    [
        ("hex:0a0b", [b"\x0a\x0b"], [b"\x0a", "hex:0a0b", "\n\x0b", ABSENT]),
        ({"starts_with": "hex:0a0b"}, [b"\x0a\x0bxyz"], [b"\x0b\x0a", "\n\x0b", ABSENT]),
        ({"ends_with": "base64:AAEC"}, [b"x\x00\x01\x02"], [b"\x00\x01"]),
        ({"contains": "hex:00"}, [b"a\x00b"], [b"ab", "a\x00b"]),
        ({"one_of": ["hex:01", "hex:02"]}, [b"\x01", b"\x02"], [b"\x01\x02"]),
        ({"not": "hex:01"}, [b"\x02", ABSENT], [b"\x01"]),
        (
            {"all": [{"starts_with": "hex:01"}, {"length": 2}]},
            [b"\x01\x02"],
            [b"\x01", b"\x02\x01"],
        ),
        ({"any": ["hex:01", "hex:02"]}, [b"\x02"], [b"\x03"]),
        ({"length": {"less_than": 3}}, [b"12"], [b"123"]),
    ],
)
def test_texts_of_a_binary_field_are_bytes(
    written: Any, taken: list[Any], refused: list[Any]
) -> None:
    assert all(matches(written, value, is_binary=True) for value in taken)
    assert not any(matches(written, value, is_binary=True) for value in refused)


@pytest.mark.parametrize(
    ("written", "is_binary", "why"),
    [
        ({"matches": "("}, False, "not a valid regular expression"),
        ({"all": [{"any": [{"not": {"matches": "("}}]}]}, False, "not a valid regular expression"),
        ({"schema": {"type": "nonsense"}}, False, "not a valid JSON Schema"),
        ("0a0b", True, "hex:… or base64:…"),
        ({"contains": "hex:0"}, True, "not valid hex"),
        ({"one_of": ["hex:00", "base64:A"]}, True, "not valid base64"),
    ],
)
def test_matcher_that_cannot_work_is_refused_when_it_is_compiled(
    written: Any, is_binary: bool, why: str
) -> None:
    with pytest.raises(BadMatcher, match=why):
        matcher(written, is_binary=is_binary)


# --- captures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "captures"),
    [
        ({"matches": "(?P<a>.)(?P<b>.)"}, {"a": "x", "b": "y"}),
        ({"matches": "(.)(.)"}, {}),
        ({"all": [{"matches": "^(?P<a>.)"}, {"matches": "(?P<b>.)$"}]}, {"a": "x", "b": "y"}),
        ({"any": [{"matches": "^(?P<a>z)"}, {"matches": "(?P<b>.)$"}]}, {"b": "y"}),
        ({"matches": "(?P<a>.)", "starts_with": "x"}, {"a": "x"}),
        ({"not": {"matches": "(?P<a>z)"}}, {}),
    ],
)
def test_named_groups_are_captured(written: Any, captures: dict[str, str]) -> None:
    verdict = matcher(written)("xy")
    assert verdict.matched
    assert verdict.captures == captures


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value", "why"),
    [
        ("a", 1, 'expected "a", got 1'),
        ("a", ABSENT, 'expected "a", got nothing'),
        ({"contains": "a"}, "b", 'expected something with "a", got "b"'),
        ({"starts_with": "a"}, "b", 'expected something that starts with "a", got "b"'),
        ({"matches": "^a"}, "b", 'expected text that matches /^a/, got "b"'),
        ({"at_least": 3}, 2, "expected a number at least 3, got 2"),
        ({"one_of": [1, 2]}, 3, "expected one of [1, 2], got 3"),
        ({"present": True}, ABSENT, "expected a value, got nothing"),
        ({"present": False}, None, "expected no value, got null"),
        ({"length": 2}, "a", "length: expected 2, got 1"),
        ({"length": 2}, 1, "expected something with a length, got 1"),
        ({"not": "a"}, "a", '"a" is what it should not be'),
        ({"any": ["a", "b"]}, "c", 'expected "a", got "c"; expected "b", got "c"'),
        (
            {"starts_with": "a", "length": 9},
            "b",
            'expected something that starts with "a", got "b"',
        ),
        ({"schema": {"properties": {"a": {"type": "string"}}}}, {"a": 1}, "not valid at $.a: 1 is"),
    ],
)
def test_reason_tells_what_was_expected_and_what_came(written: Any, value: Any, why: str) -> None:
    assert matcher(written)(value).why.startswith(why)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a€", '"a€"'),
        (b"\x0a\x0b", "hex:0a0b"),
        (ABSENT, "nothing"),
        (None, "null"),
        ({"a": [1, True]}, '{"a": [1, true]}'),
        ({1, 2}, "{1, 2}"),
    ],
)
def test_value_is_shown_as_a_person_would_write_it(value: Any, shown: str) -> None:
    assert describe(value) == shown


def test_value_that_is_nested_too_deep_is_named() -> None:
    value: list[Any] = []
    for _ in range(sys.getrecursionlimit()):
        value = [value]
    assert describe(value) == "deeply nested JSON"


@pytest.mark.parametrize("value", ["x" * 10_000, b"x" * 10_000, list(range(10_000))])
def test_long_value_is_shortened(value: Any) -> None:
    assert len(describe(value)) <= MAX_SHOWN + len("hex:…")
    assert describe(value).endswith("…")


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "is_equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ([1, {"a": None}], [1.0, {"a": None}], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": None}, {}, False),
        ([], {}, False),
        ("1", 1, False),
        (10**22, 1e22, True),
        (2**53 + 1, 2.0**53, False),
    ],
)
def test_json_is_equal_by_value(left: Any, right: Any, is_equal: bool) -> None:
    assert json_equal(left, right) is is_equal
    assert json_equal(right, left) is is_equal
