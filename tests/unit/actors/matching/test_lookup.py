"""Looking up conditions: the same comes out as of trying all, with fewer tries."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.comparisons import CONDITIONS, TEXTS
from websocket_mock.actors.matching.conditions import Condition, compile_message_match
from websocket_mock.actors.matching.lookup import Lookup
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.schema import MessageMatch

VIEWS = st.one_of(
    TEXTS.map(lambda text: MessageView(text=text, size=len(text.encode()))),
    st.sampled_from([b"", b"a", b"1"]).map(lambda data: MessageView(binary=data, size=len(data))),
    st.just(MessageView(code=1000, reason="a")),
)


def conditions(*written: dict[str, Any]) -> list[Condition]:
    return [compile_message_match(MessageMatch.model_validate(one)) for one in written]


def look_up(made: list[Condition], message: MessageView) -> list[int]:
    """The places of the conditions that are found."""
    lookup = Lookup([(condition, place) for place, condition in enumerate(made)])
    return list(lookup.find(message))


def text(content: str) -> MessageView:
    return MessageView(text=content, size=len(content.encode()))


def has_no_outcome(condition: Condition, message: MessageView) -> bool:
    """Whether trying the condition says no, and nothing else."""
    try:
        return condition.match(message) is None
    except Exception:  # noqa: BLE001 - as a rule list contains it
        return False


@given(st.lists(CONDITIONS, max_size=8), VIEWS)
def test_only_conditions_that_do_not_match_are_left_out_and_the_order_stays(
    written: list[dict[str, Any]], message: MessageView
) -> None:
    made = conditions(*written)
    found = look_up(made, message)
    assert found == sorted(set(found))
    left_out = set(range(len(made))).difference(found)
    assert all(has_no_outcome(made[place], message) for place in left_out)


BY_TYPE = [{"json": {"$.type": name}} for name in ("a", "b", "c", "b")]


@pytest.mark.parametrize(
    ("written", "content", "found"),
    [
        (BY_TYPE, '{"type": "b"}', [1, 3]),
        (BY_TYPE, '{"type": "x"}', []),
        (BY_TYPE, "b", []),
        ([{"text": "a"}, {"text": "b"}], "b", [1]),
        ([{"json": {"$.a": {"one_of": [1, "x"]}}}, {"json": {"$.a": "x"}}], '{"a": "x"}', [0, 1]),
        ([{"json": {"$.a": 1}}, {"json": {"$.a": True}}], '{"a": true}', [1]),
        ([{"json": {"$.a": 1}}, {"json": {"$.a": 2}}], '{"a": 1.0}', [0]),
        ([{"json": {"$.a": False}}, {"json": {"$.a": 0}}], '{"a": 0}', [1]),
        ([{"json": {"$.a": {"equals": None}}}, {"json": {"$.a": 0}}], '{"a": null}', [0]),
        ([{"json": {"$.a": {"equals": None}}}, {"json": {"$.a": 0}}], "{}", []),
        ([{"json": {"equals": None}}, {"json": 1}], "null", [0]),
        ([{"json": {"equals": None}}, {"json": 1}], "no JSON", []),
        ([{"json": {"$['a']": "x"}}, {"json": {"$.a": "y"}}], '{"a": "y"}', [1]),
        ([{"json": {"$.a": "x"}}, {"json": {"$.b": "x"}}, {"text": "y"}], '{"b": "x"}', [1]),
        ([{"json": {path: 1}} for path in ("$.b", "$.a", "$.b")], '{"a": 1, "b": 1}', [0, 1, 2]),
        ([*BY_TYPE, {"text": {"contains": "b"}}, *BY_TYPE], '{"type": "a"}', [0, 4, 5]),
    ],
)
def test_conditions_that_compare_are_found_by_their_constants(
    written: list[dict[str, Any]], content: str, found: list[int]
) -> None:
    assert look_up(conditions(*written), text(content)) == found


def test_what_the_fewest_share_is_looked_up() -> None:
    calls = [{"json": {"$.jsonrpc": "2.0", "$.method": name}} for name in ("a", "b", "c")]
    message = text('{"jsonrpc": "2.0", "method": "b"}')
    assert look_up(conditions(*calls), message) == [1]


def test_condition_that_may_fail_before_it_compares_is_always_tried() -> None:
    may_fail = {"size": {"schema": {"$ref": "#/nowhere"}}, "text": "a"}
    assert look_up(conditions(may_fail, {"text": "b"}, {"text": "a"}), text("b")) == [0, 1]


def test_list_without_comparisons_is_tried_as_it_stands() -> None:
    made = conditions({}, {"text": {"contains": "a"}}, {"json": {"$..a": 1}})
    assert look_up(made, text("x")) == [0, 1, 2]
    assert look_up([], text("x")) == []
