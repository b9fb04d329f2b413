"""The filters of templates that are our own."""

import base64
import hashlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.conversation.filters import FILTERS, MAX_FORMAT, OWN
from websocket_mock.actors.conversation.sandbox import MAX_TEXT
from websocket_mock.actors.conversation.templates import (
    TemplateFailed,
    compile_expression,
    compile_text,
)

HTTP = "GET http://a:80/ HTTP/1.1\r\nHost: b\r\nX-A:1: 2\r\nX-A: 3\r\n\r\nbody: no"
STOMP = "SEND\ndestination:/queue/a\ncontent-type: text/plain\n\nnot: this\0"

MERGED = {"a": {"b": 1, "c": None}, "d": 3}
NESTED = {"a": 1, "b": {"c": 1, "d": 2}}


def value(expression: str, **names: Any) -> Any:
    return compile_expression(expression)(names)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("""'{"a": [1]}' | fromjson""", {"a": [1]}),
        ("('[1]' | encode) | fromjson", [1]),
        ("""('{"a": 1}' | fromjson).a + 1""", 2),
        ("{'a': {'b': 1, 'c': 2}, 'd': 3} | merge({'a': {'c': none}})", MERGED),
        ("{'a': {'b': 1}} | merge({'a': [1]})", {"a": [1]}),
        ("{'a': [1]} | merge({'a': {'b': 1}, 'c': 2})", {"a": {"b": 1}, "c": 2}),
        ("[{'a': 1} | merge({'b': {'c': 1}} | merge({'b': {'d': 2}}))]", [NESTED]),
        ("'ä' | encode", b"\xc3\xa4"),
        ("'c3a4' | unhex | decode", "ä"),
        ("'0A 0b' | unhex", b"\x0a\x0b"),
        ("'ä' | hex", "c3a4"),
        ("data | hex", "00ff"),
        ("data | b64encode", "AP8="),
        ("'ä' | b64encode", "w6Q="),
        ("'AP8=' | b64decode", b"\x00\xff"),
        ("'abc' | sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("data | sha256", hashlib.sha256(b"\x00\xff").hexdigest()),
        ("0 | date", "1970-01-01T00:00:00.000Z"),
        ("1.5 | date", "1970-01-01T00:00:01.500Z"),
        ("-0.5 | date", "1969-12-31T23:59:59.500Z"),
        ("86400 | date('%d.%m.%Y')", "02.01.1970"),
        ("258 | pack('uint16')", b"\x01\x02"),
        ("data | unpack('uint16')", 255),
        ("data | unpack('uint8')", 0),
        ("300 | pack('varint') | unpack('varint')", 300),
        ("stomp | header_lines", {"destination": "/queue/a", "content-type": "text/plain"}),
        ("http | header_lines", {"Host": "b", "X-A": "1: 2"}),
        ("'\\na: 1' | header_lines", {}),
        ("'' | header_lines", {}),
        ("(http | header_lines)['Host']", "b"),
        ("[1, 2] | map('pack', 'uint8') | map('hex') | join", "0102"),
    ],
)
def test_filter_gives_its_value(expression: str, expected: object) -> None:
    assert value(expression, data=b"\x00\xff", http=HTTP, stomp=STOMP) == expected


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("'{' | fromjson", 'fromjson needs JSON, not "{": '),
        ("1 | fromjson", "fromjson needs text, not 1"),
        ("data | fromjson", "fromjson needs valid UTF-8, not hex:00ff"),
        ("data | decode", "decode needs valid UTF-8, not hex:00ff"),
        ("'a' | decode", 'decode needs bytes, not "a"'),
        ("data | encode", "encode needs text, not hex:00ff"),
        ("'abc' | unhex", 'unhex needs hexadecimal digits in pairs, not "abc"'),
        ("'a' | b64decode", 'b64decode needs base64, not "a"'),
        ("none | hex", "hex needs bytes or text, not null"),
        ("[1] | sha1", r"sha1 needs bytes or text, not \[1\]"),
        ("'1' | date", 'date needs Unix seconds, not "1"'),
        ("{} | merge([1])", r"merge needs objects, not \[1\]"),
        ("none | merge({})", "merge needs objects, not null"),
        ("true | date", "date needs Unix seconds, not true"),
        ("1e300 | date", "date needs Unix seconds of the years 1 to 9999"),
        ("300 | pack('uint8')", "pack: give a whole number from 0 to 255 for uint8, not 300"),
        ("3 | pack('unit8')", "pack: there is no type 'unit8'; did you mean 'uint8'?"),
        ("data | unpack('text')", "unpack: there is no type 'text'"),
        ("data | unpack('uint32')", "unpack needs the bytes of a uint32, not hex:00ff"),
        ("'ab' | unpack('uint8')", 'unpack needs bytes, not "ab"'),
        ("data | header_lines", "header_lines needs text"),
        ("0 | date('%Y' * 60)", f"a format of more than {MAX_FORMAT} characters"),
    ],
)
def test_filter_on_a_value_that_does_not_fit_says_what_it_needs(expression: str, why: str) -> None:
    with pytest.raises(TemplateFailed, match=f"^{why}"):
        value(expression, data=b"\x00\xff")


@pytest.mark.parametrize("name", ["hex", "b64encode"])
def test_result_of_a_filter_is_bounded(name: str) -> None:
    with pytest.raises(TemplateFailed, match="more than"):
        value(f"data | {name}", data=b"x" * (MAX_TEXT - 1))


def test_json_in_text_is_written_as_ever() -> None:
    assert compile_text("{{ {'a': '<&>'} | tojson }}")({}) == '{"a": "\\u003c\\u0026\\u003e"}'


@given(st.binary(max_size=40))
def test_bytes_survive_every_way_there_and_back(data: bytes) -> None:
    assert value("data | hex | unhex", data=data) == data
    assert value("data | b64encode | b64decode", data=data) == data
    assert value("data | b64encode", data=data) == base64.b64encode(data).decode()


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
TYPED = ("pack", "unpack")


@given(st.sampled_from(sorted(OWN)), ANY, st.sampled_from(["uint8", "float32", "varint", "x"]))
def test_any_value_gives_a_value_or_a_failure_of_the_template(
    name: str, given_value: object, kind: str
) -> None:
    argument = f"('{kind}')" if name in TYPED else "('a', 'b')" if name == "replace" else ""
    with suppress(TemplateFailed):
        value(f"it | {name}{argument}", it=given_value)


def test_own_filters_are_among_all() -> None:
    assert OWN.items() <= FILTERS.items()


def test_merge_leaves_both_objects_as_they_are() -> None:
    one, other = {"a": {"b": {"c": 1}}}, {"a": {"b": {"d": 2}}}
    merged = value("one | merge(other)", one=one, other=other)
    assert merged == {"a": {"b": {"c": 1, "d": 2}}}
    merged["a"]["b"]["e"] = 3
    assert (one, other) == ({"a": {"b": {"c": 1}}}, {"a": {"b": {"d": 2}}})
