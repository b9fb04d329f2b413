"""How the scripted client compares and reads what a server sends."""

from typing import Any

import pytest

from websocket_mock.scripts.clients.session import (
    CheckFailedError,
    as_object,
    echo_url,
    field,
    is_same,
    is_unsolicited,
    number,
)
from websocket_mock.scripts.clients.stats_check import STATS_FIELDS, compare_stats

QUIET = {**dict.fromkeys(STATS_FIELDS, 10), "current_clients": 1}
EXPECTED = {"total_messages": 3, "bytes_received": 50, "errors": 1}


def grown(**by: int) -> dict[str, Any]:
    return {**QUIET, **{name: QUIET[name] + step for name, step in by.items()}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (2**64 + 1, 2**64 + 1, True),
        (2**64, float(2**64), False),
        (1, 1.0, False),
        (1, True, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (["a"], ["b"], False),
    ],
)
def test_values_are_compared_exactly(one: object, other: object, same: bool) -> None:
    assert is_same(one, other) is same


def test_counters_that_grew_as_expected_are_right() -> None:
    after = grown(total_messages=3, bytes_received=50, errors=1)
    assert compare_stats(QUIET, after, EXPECTED) == ""


def test_bytes_may_include_what_frames_add() -> None:
    after = grown(total_messages=3, bytes_received=90, errors=1)
    assert compare_stats(QUIET, after, EXPECTED) == ""


def test_counter_that_grew_too_little_is_named() -> None:
    after = grown(total_messages=3, bytes_received=49, errors=1)
    problem = compare_stats(QUIET, after, EXPECTED)
    assert problem == "bytes_received grew by 49, expected at least 50"


def test_counter_that_grew_too_much_is_wrong_when_alone() -> None:
    after = grown(total_messages=6, bytes_received=50, errors=1)
    assert compare_stats(QUIET, after, EXPECTED) == "total_messages grew by 6, expected 3"


@pytest.mark.parametrize(
    "others", [{"current_clients": 1}, {"total_connections": 1}], ids=["there", "been there"]
)
def test_other_clients_may_make_counters_grow(others: dict[str, int]) -> None:
    after = grown(total_messages=6, bytes_received=50, errors=1, **others)
    assert compare_stats(QUIET, after, EXPECTED) == ""


def test_missing_field_is_named() -> None:
    with pytest.raises(CheckFailedError, match="field 'name' is missing"):
        field({}, "name", str)


@pytest.mark.parametrize(("value", "kind"), [(True, int), (1, str), ("1", int), (None, dict)])
def test_field_of_another_type_is_refused(value: object, kind: type) -> None:
    with pytest.raises(CheckFailedError, match=f"field 'name' is .*, expected {kind.__name__}"):
        field({"name": value}, "name", kind)


@pytest.mark.parametrize("value", [True, "1", None])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(CheckFailedError, match="expected a number"):
        number({"timestamp": value}, "timestamp")


def test_messages_of_others_answer_nothing() -> None:
    assert is_unsolicited({"type": "notice", "from_mcp_server": True})
    assert is_unsolicited({"type": "broadcast", "from_client": "b"}, own_id="a")
    assert not is_unsolicited({"type": "broadcast", "from_client": "a"}, own_id="a")
    assert not is_unsolicited({"type": "pong"})


@pytest.mark.parametrize("data", [b"{}", "[]", "{", "1", "[" * 100_000])
def test_only_text_with_an_object_is_an_object(data: str | bytes) -> None:
    assert as_object(data) is None
    assert as_object('{"a": 1}') == {"a": 1}


def test_raw_echo_is_on_the_same_server() -> None:
    assert echo_url("wss://host:1234/some/path?query=1") == "wss://host:1234/echo"
