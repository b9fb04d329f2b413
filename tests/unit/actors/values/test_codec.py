"""JSON in and out."""

import json
import sys
from typing import Any

import orjson
import pytest
from hypothesis import given

from tests.helpers.json_values import BIG_INTEGERS, JSON_VALUES
from websocket_mock.actors.values.codec import decode, encode
from websocket_mock.mcp_bridge.service.process import describe_process


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("-0.5", -0.5),
        ('"grün"', "grün"),
        (' {"a": [1, {}]} \n', {"a": [1, {}]}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("9223372036854775808", 2**63),
        ("18446744073709551616", 2**64),
        ("-18446744073709551617", -(2**64) - 1),
        ('"1234567890123456789012345"', "1234567890123456789012345"),
    ],
)
def test_text_is_decoded(text: str, value: Any) -> None:
    decoded = decode(text)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nope",
        "NaN",
        "Infinity",
        "[1,]",
        "{'a': 1}",
        "01",
        "1 2",
        '"\\ud800"',
        "\ufeff1",
        '"\t"',
        # Python's own parser would take these.
        "[NaN, 12345678901234567890]",
        "[12345678901234567890, -Infinity]",
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ValueError, match="column"):
        decode(text)


@given(JSON_VALUES)
def test_values_survive_decoding_and_encoding(value: Any) -> None:
    assert decode(encode(value).decode()) == value


@given(JSON_VALUES)
def test_texts_of_another_encoder_mean_the_same(value: Any) -> None:
    assert decode(json.dumps(value)) == value


@given(BIG_INTEGERS)
def test_big_integers_stay_exact(value: int) -> None:
    assert decode(f'{{"n": [{value}]}}') == {"n": [value]}
    assert encode({"n": [value]}) == b'{"n":[%d]}' % value


def test_encoded_text_is_compact_utf8_whichever_encoder_is_needed() -> None:
    assert encode({"a": ["grün", 1]}) == '{"a":["grün",1]}'.encode()
    assert encode({"a": ["grün", 2**70]}) == f'{{"a":["grün",{2**70}]}}'.encode()


def test_fragment_is_passed_through() -> None:
    assert encode({"a": orjson.Fragment("[ 1.0 ]")}) == b'{"a":[ 1.0 ]}'


def test_what_has_no_json_form_is_an_error() -> None:
    with pytest.raises(TypeError):
        encode({"a": {1, 2}})


def test_text_nested_too_deeply_for_exact_integers_is_decoded_all_the_same() -> None:
    # orjson goes to 1,024 levels, Python's parser no deeper than its stack.
    decoded = decode("[" * 1020 + "12345678901234567890123" + "]" * 1020)
    for _ in range(1020):
        (decoded,) = decoded
    assert decoded == pytest.approx(12345678901234567890123)


def test_text_nested_deeper_than_that_is_refused() -> None:
    with pytest.raises(ValueError, match="depth limit"):
        decode("[" * 1025 + "]" * 1025)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_is_encoded_keeps_no_more_memory_than_it_needs() -> None:
    before = describe_process().memory_bytes
    kept = [encode({"n": each, "text": "x" * 100}) for each in range(20_000)]
    after = describe_process().memory_bytes
    assert before is not None
    assert after is not None
    assert (after - before) / len(kept) < 1024
