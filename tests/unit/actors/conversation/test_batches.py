"""Several messages in one text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.conversation import opened, texts
from tests.helpers.mock_server import say
from websocket_mock.actors.conversation.batches import MAX_PARTS, TOO_MANY_PARTS, split_text
from websocket_mock.actors.conversation.core import ReportProblem, ReportVerdict
from websocket_mock.actors.values.effects import Abort, SendBinary, SendText, StartClose
from websocket_mock.actors.values.inbound import TextReceived


def parts(text: str, separator: str) -> list[str]:
    found = split_text(TextReceived(text, len(text.encode())), separator)
    assert all(one.size == len(one.text.encode()) for one in found)
    return [one.text for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("\n\na\n\nbä\n", ["a", "bä"]),
        ("\n", []),
    ],
)
def test_text_has_the_parts_that_are_not_empty(text: str, expected: list[str]) -> None:
    assert parts(text, "\n") == expected


def test_text_of_one_part_is_the_message_itself() -> None:
    event = TextReceived("abc", 3)
    assert split_text(event, "\n")[0] is event


@given(st.text("ab\n", max_size=30), st.text("ab\n", min_size=1, max_size=3))
def test_splitting_loses_no_text(text: str, separator: str) -> None:
    found = parts(text, separator)
    assert "".join(found) == text.replace(separator, "")
    assert all(part and separator not in part for part in found)


@given(st.lists(st.text("abc€", min_size=1, max_size=4), max_size=10))
def test_parts_are_the_messages_that_were_joined(messages: list[str]) -> None:
    assert parts("\x1e".join(messages), "\x1e") == messages


# --- in a conversation ----------------------------------------------------------------------------


def lines(**fields: Any) -> dict[str, Any]:
    return {"split_by": "\n", **fields}


def test_each_part_is_a_message_for_the_rules() -> None:
    mock = opened(**lines(rules=[say("{{ message.text }} {{ counters.received }}")]))
    assert texts(mock.text("a\nb\n\nc\n")) == ["a 1", "b 2", "c 3"]


def test_each_part_is_a_message_for_the_script() -> None:
    script = [{"expect": {"text": "a"}}, {"expect": {"text": "b"}}, {"send": {"text": "end"}}]
    effects = opened(**lines(script=script)).text("a\nb")
    assert effects == [SendText(b"end"), ReportVerdict(passed=True, text="")]


def test_each_part_is_answered_by_unmatched() -> None:
    assert texts(opened(**lines(unmatched="echo")).text("a\nb")) == ["a", "b"]


def test_text_without_a_part_is_no_message() -> None:
    mock = opened(**lines(rules=[say("{{ counters.received }}")], unmatched="echo"))
    assert mock.text("\n\n") == []
    assert mock.text("") == []
    assert texts(mock.text("a")) == ["1"]


def test_binary_message_is_not_split() -> None:
    mock = opened(**lines(unmatched="echo"))
    assert mock.binary(b"a\nb") == [SendBinary(b"a\nb")]


def test_text_is_one_message_without_a_separator() -> None:
    assert texts(opened(unmatched="echo").text("a\nb")) == ["a\nb"]


@pytest.mark.parametrize(
    ("action", "end"),
    [({"close": {}}, StartClose(1000, "")), ({"abort": "reset"}, Abort(is_reset=True))],
)
def test_parts_after_the_end_of_the_connection_are_skipped(action: Any, end: object) -> None:
    rules = [{"match": {"text": "end"}, "do": [action]}, say("{{ message.text }}")]
    assert opened(**lines(rules=rules)).text("a\nend\nb") == [SendText(b"a"), end]


def test_first_part_that_a_strict_endpoint_refuses_is_the_last() -> None:
    mock = opened(
        **lines(rules=[say("{{ message.text }}", match={"text": "a"})], unmatched="strict")
    )
    effects = mock.text("a\nb\na")
    assert texts(effects) == ["a"]
    assert isinstance(effects[-1], StartClose)


def test_parts_beyond_the_limit_are_reported_and_not_handled() -> None:
    mock = opened(**lines(unmatched="echo"))
    effects = mock.text("a\n" * (MAX_PARTS + 1))
    assert len(texts(effects)) == MAX_PARTS
    assert effects[-1] == ReportProblem("split_by", TOO_MANY_PARTS)
    assert len(mock.text("a\n" * MAX_PARTS)) == MAX_PARTS
