"""Several messages in one text or one binary message."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.conversation import Conversation, opened, texts
from tests.helpers.mock_server import say
from websocket_mock.actors.conversation.batches import (
    MAX_PARTS,
    MAX_REST,
    MESSAGE_TOO_BIG,
    TOO_MANY_PARTS,
    split_text,
)
from websocket_mock.actors.conversation.core import (
    Effect,
    ReportProblem,
    ReportVerdict,
    StateReset,
)
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


# --- packets in binary messages -------------------------------------------------------------------


def packets(**fields: Any) -> Conversation:
    """An endpoint whose packets begin with a byte that says how many follow."""
    layout = {"packet": {"at": 0, "as": "bytes", "length": "uint8"}}
    return opened(fields=layout, split_after="packet", **fields)


def sent(effects: Sequence[Effect]) -> list[bytes]:
    return [one.payload for one in effects if isinstance(one, SendBinary)]


def test_each_packet_of_a_message_is_a_message_for_the_rules() -> None:
    rules = [say("{{ message.fields.packet | decode }} {{ message.size }} {{ counters.received }}")]
    assert texts(packets(rules=rules).binary(b"\x01a\x00\x02bc")) == ["a 2 1", " 1 2", "bc 3 3"]


def test_packet_may_come_in_parts() -> None:
    mock = packets(unmatched="echo")
    assert sent(mock.binary(b"\x02a")) == []
    assert sent(mock.binary(b"b\x01")) == [b"\x02ab"]
    assert sent(mock.binary(b"")) == []
    assert sent(mock.binary(b"c")) == [b"\x01c"]


@given(st.lists(st.binary(max_size=5), max_size=8), st.data())
def test_packets_are_the_same_however_they_are_cut(contents: list[bytes], data: Any) -> None:
    whole = [bytes([len(one)]) + one for one in contents]
    stream = b"".join(whole)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=5).map(sorted))
    mock = packets(unmatched="echo")
    found: list[bytes] = []
    for begin, end in pairwise([0, *cuts, len(stream)]):
        found += sent(mock.binary(stream[begin:end]))
    assert found == whole


def test_text_and_ping_are_no_packets() -> None:
    mock = packets(unmatched="echo", rules=[say("ping", trigger="ping")])
    assert texts(mock.text("\x05a")) == ["\x05a"]
    assert texts(mock.ping(b"\x05a")) == ["ping"]
    assert sent(mock.binary(b"\x01a")) == [b"\x01a"]


def test_packet_of_no_bytes_takes_the_rest() -> None:
    layout = {"packet": {"at": 0, "as": "bytes", "length": 0}}
    mock = opened(fields=layout, split_after="packet", unmatched="echo")
    assert sent(mock.binary(b"abc")) == [b"abc"]


def test_packets_after_the_end_of_the_connection_are_skipped() -> None:
    rules = [{"match": {"binary": "hex:00"}, "do": [{"close": {}}]}]
    effects = packets(rules=rules, unmatched="echo").binary(b"\x01a\0\x01b")
    assert effects[0] == SendBinary(b"\x01a")
    assert effects[-1] == StartClose(1000, "")


def test_packets_beyond_the_limit_are_reported_and_forgotten() -> None:
    mock = packets(unmatched="echo")
    effects = mock.binary(b"\x01a" * (MAX_PARTS + 2) + b"\x05a")
    assert len(sent(effects)) == MAX_PARTS
    assert effects[-1] == ReportProblem("split_after", TOO_MANY_PARTS)
    assert sent(mock.binary(b"\x01b")) == [b"\x01b"]


def test_packet_without_an_end_closes_the_connection() -> None:
    layout = {"packet": {"at": 0, "as": "bytes", "length": "uint32"}}
    mock = opened(fields=layout, split_after="packet")
    assert mock.binary(b"\xff" * MAX_REST) == []
    assert mock.binary(b"\xff") == [MESSAGE_TOO_BIG]


def test_reset_forgets_the_rest() -> None:
    mock = packets(unmatched="echo")
    mock.binary(b"\x05a")
    mock.handle(StateReset())
    assert sent(mock.binary(b"\x01b")) == [b"\x01b"]
