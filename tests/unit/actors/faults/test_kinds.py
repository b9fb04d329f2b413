"""What each kind of fault does to one message, and several to the same."""

from typing import Any

import pytest

from tests.helpers.faults import Line, payloads, text, without_notes
from websocket_mock.actors.faults.outcomes import Acted, Arrive, Transmit
from websocket_mock.actors.values.effects import (
    AnswerClose,
    SendBinary,
    SendFragments,
    SendPing,
    SendPong,
    SendRaw,
    SendText,
    StartClose,
    WireEffect,
)
from websocket_mock.actors.values.frames import BINARY, PING, TEXT, Pacing, RawFrame
from websocket_mock.actors.values.inbound import BinaryReceived, CloseReceived, PingReceived


def raw(*pieces: RawFrame | bytes) -> Transmit:
    return Transmit(SendRaw(pieces))


def test_message_without_faults_passes_at_once() -> None:
    line = Line()
    assert line.send("a") == [Transmit(SendText(b"a"))]
    assert line.receive("b") == [Arrive(text("b"))]


# --- time -----------------------------------------------------------------------------------------


def test_latency_holds_everything_up_and_keeps_the_order() -> None:
    line = Line({"latency": {"mean": 0.5}})
    assert without_notes(line.send("a", SendPing(b"p"))) == []
    line.advance(0.25)
    line.send("b", StartClose(1000, ""))
    assert line.advance(0.25) == [Transmit(SendText(b"a")), Transmit(SendPing(b"p"))]
    assert line.advance(0.25) == [Transmit(SendText(b"b")), Transmit(StartClose(1000, ""))]


def test_latency_of_one_way_leaves_the_other_alone() -> None:
    line = Line({"latency": {"mean": 0.5}, "direction": "from_client"})
    line.send("a")
    line.receive("b", CloseReceived(1000, ""))
    line.advance(1)
    assert line.sent == [(0.0, b"a")]
    assert line.came == [(0.5, b"b")]
    assert line.log[-1] == (0.5, Arrive(CloseReceived(1000, "")))


def test_latency_of_both_ways_is_one_fault_on_each() -> None:
    line = Line({"latency": {"mean": 0.5}, "direction": "both"})
    line.send("a")
    line.receive("b")
    line.advance(1)
    assert (line.sent, line.came) == ([(0.5, b"a")], [(0.5, b"b")])
    assert [one for _, one in line.log if isinstance(one, Acted)] == [
        Acted("latency", "latency", "to_client"),
        Acted("latency", "latency", "from_client"),
    ]


def test_jitter_never_changes_the_order() -> None:
    line = Line({"latency": {"mean": 1, "jitter": 0.5}})
    names = [str(number) for number in range(200)]
    for name in names:
        line.send(name)
        line.advance(0.01)
    line.advance(5)
    assert [payload.decode() for _, payload in line.sent] == names


def test_jitter_spreads_latency_to_both_sides() -> None:
    line = Line({"latency": {"mean": 1, "jitter": 0.5}})
    for _ in range(200):
        line.send("a")
        line.advance(2)
    waits = [time % 2 for time, _ in line.sent]
    assert 0.5 <= min(waits) < 0.7
    assert 1.3 < max(waits) <= 1.5


def test_latency_below_zero_is_none() -> None:
    line = Line({"latency": {"mean": 0, "jitter": 1}})
    for _ in range(50):
        line.send("a")
    line.advance(1)
    assert all(0 <= time <= 1 for time, _ in line.sent)
    assert len(line.sent) == 50


def test_latency_of_some_messages_holds_up_only_these_and_what_is_behind() -> None:
    line = Line({"latency": {"mean": 1}, "match": {"text": "slow"}})
    line.send("a", SendPing(b""), "slow", "b")
    line.advance(1)
    assert line.sent == [(0.0, b"a"), (1.0, b"slow"), (1.0, b"b")]
    assert line.noted == ["latency"]


def test_bandwidth_spaces_messages_by_their_size() -> None:
    line = Line({"bandwidth": {"rate": 4}})
    line.send("abcd", "ab", SendBinary(b"x"))
    line.advance(3)
    assert line.sent == [(1.0, b"abcd"), (1.5, b"ab"), (1.75, b"x")]


def test_slow_line_that_was_idle_begins_anew() -> None:
    line = Line({"bandwidth": {"rate": 4}})
    line.send("abcd")
    line.advance(5)
    line.send("abcd")
    line.advance(5)
    assert [time for time, _ in line.sent] == [1.0, 6.0]


def test_bandwidth_counts_what_is_left_of_a_message() -> None:
    line = Line({"truncate": {"to": 1}}, {"duplicate": {}}, {"bandwidth": {"rate": 1}})
    line.send("abcd", "efgh")
    line.advance(10)
    assert line.sent == [(2.0, b"a"), (2.0, b"a"), (4.0, b"e"), (4.0, b"e")]


def test_lost_message_takes_no_time_on_a_slow_line() -> None:
    line = Line({"drop": {}, "frames": {"nth": 1}}, {"bandwidth": {"rate": 1}})
    line.send("abcd", "e")
    line.advance(10)
    assert line.sent == [(1.0, b"e")]


def test_latency_and_bandwidth_add_up_in_their_order() -> None:
    first = Line({"latency": {"mean": 1}}, {"bandwidth": {"rate": 1}})
    second = Line({"bandwidth": {"rate": 1}}, {"latency": {"mean": 1}})
    for line in (first, second):
        line.send("ab", "c")
        line.advance(10)
        assert line.sent == [(3.0, b"ab"), (4.0, b"c")]


# --- which messages arrive, and with what ---------------------------------------------------------


def test_dropped_message_is_noted_and_pings_pass() -> None:
    line = Line("drop")
    assert line.send("a") == [Acted("drop", "drop", "to_client", b"a", is_text=True)]
    assert line.send(SendBinary(b"b")) == [Acted("drop", "drop", "to_client", b"b")]
    assert line.send(SendPing(b"p")) == [Transmit(SendPing(b"p"))]
    assert line.send(StartClose(1000, "")) == [Transmit(StartClose(1000, ""))]


def test_message_from_the_client_is_dropped() -> None:
    line = Line({"drop": {}, "direction": "from_client"})
    assert line.receive("a") == [Acted("drop", "drop", "from_client", b"a", is_text=True)]
    assert line.receive(PingReceived(b"p")) == [Arrive(PingReceived(b"p"))]


@pytest.mark.parametrize("copies", [1, 3])
def test_duplicate_comes_so_often_beside_the_message(copies: int) -> None:
    line = Line({"duplicate": {"copies": copies}})
    assert payloads(line.send("a")) == [b"a"] * (copies + 1)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_corrupt_text_differs_in_as_many_characters_and_stays_utf8(count: int) -> None:
    line = Line({"corrupt": {"count": count}})
    (payload,) = payloads(line.send("häßlich€"))
    pairs = zip("häßlich€", payload.decode(), strict=True)
    assert sum(before != after for before, after in pairs) == count


@pytest.mark.parametrize("count", [1, 2, 5])
def test_corrupt_binary_differs_in_as_many_bytes(count: int) -> None:
    line = Line({"corrupt": {"count": count}, "direction": "from_client"})
    (payload,) = payloads(line.receive(BinaryReceived(bytes(8))))
    assert (len(payload), sum(byte != 0 for byte in payload)) == (8, count)


def test_more_changes_than_there_are_characters_change_them_all() -> None:
    line = Line({"corrupt": {"count": 1000}})
    (payload,) = payloads(line.send("abc"))
    assert all(before != after for before, after in zip(b"abc", payload, strict=True))


def test_empty_message_has_nothing_to_corrupt() -> None:
    assert payloads(Line("corrupt").send("")) == [b""]


@pytest.mark.parametrize(
    ("options", "message", "left"),
    [
        ({}, "abcdef", b"abc"),
        ({}, "€", b""),
        ({"to": 2}, "abcdef", b"ab"),
        ({"to": 2}, "a€", b"a"),
        ({"to": 4}, "a€b", "a€".encode()),
        ({"to": 100}, "abc", b"abc"),
        ({"to": 0}, "abc", b""),
    ],
)
def test_truncated_text_keeps_whole_characters(
    options: dict[str, int], message: str, left: bytes
) -> None:
    assert payloads(Line({"truncate": options}).send(message)) == [left]
    both = Line({"truncate": options, "direction": "from_client"})
    assert without_notes(both.receive(message)) == [Arrive(text(left.decode()))]


def test_truncated_fragments_stay_fragments() -> None:
    line = Line("truncate")
    sent = line.send(SendFragments(b"abcd", is_text=False, fragments=2, compress=True))
    assert without_notes(sent) == [
        Transmit(SendFragments(b"ab", is_text=False, fragments=2, compress=True))
    ]


# --- bytes and frames -----------------------------------------------------------------------------


def test_split_and_drip_say_how_the_bytes_go_out() -> None:
    split = Line({"split": {"at": 3, "pause": "1s"}})
    assert split.send("a")[-1] == Transmit(SendText(b"a"), Pacing(1.0, first=3))
    drip = Line({"drip": {"size": 2, "interval": "20ms"}})
    assert drip.send("a")[-1] == Transmit(SendText(b"a"), Pacing(0.02, size=2))
    assert drip.send(SendPing(b"")) == [Transmit(SendPing(b""))]
    drip.send("b")
    assert drip.noted == ["drip"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("invalid_utf8", raw(RawFrame(TEXT, b"a\xff"))),
        ("reserved_bit", raw(RawFrame(TEXT, b"a", reserved=2))),
        ({"reserved_opcode": {"opcode": 11}}, raw(RawFrame(11, b"a"))),
        (
            "oversized_control",
            raw(RawFrame(PING, b"x" * 126), RawFrame(TEXT, b"a")),
        ),
        ({"raw": "hex:ff00"}, raw(b"\xff\x00")),
    ],
)
def test_frame_that_breaks_the_protocol_goes_out_instead(document: Any, expected: Transmit) -> None:
    line = Line(document)
    assert without_notes(line.send("a")) == [expected]
    kind: Any = document if isinstance(document, str) else next(iter(document))
    assert line.log[0][1] == Acted(kind, kind, "to_client", b"a", is_text=True)


def test_invalid_utf8_concerns_texts_only() -> None:
    line = Line({"invalid_utf8": {}, "frames": {"nth": 1}})
    assert line.send(SendBinary(b"a")) == [Transmit(SendBinary(b"a"))]
    assert line.send("b")[-1] == raw(RawFrame(TEXT, b"b\xff"))


def test_frame_that_is_wrong_already_stays_as_it_is() -> None:
    line = Line("reserved_bit", "corrupt", "truncate", "duplicate")
    assert (
        without_notes(line.send(SendBinary(b"abc")))
        == [raw(RawFrame(BINARY, b"abc", reserved=2))] * 2
    )


# --- answers --------------------------------------------------------------------------------------


def test_answers_stay_away_and_nothing_else_does() -> None:
    line = Line("no_pong", "no_close_reply")
    others: list[WireEffect] = [SendPing(b"p"), SendText(b"a"), StartClose(1000, "")]
    assert line.send(*others) == [Transmit(one) for one in others]
    assert line.send(SendPong(b"p")) == [Acted("no_pong", "no_pong", "to_client")]
    assert line.send(AnswerClose()) == [Acted("no_close_reply", "no_close_reply", "to_client")]


def test_some_answers_stay_away() -> None:
    line = Line({"no_pong": {}, "frames": {"every_nth": 2}})
    pongs = [SendPong(str(number).encode()) for number in range(4)]
    assert without_notes(line.send(*pongs)) == [Transmit(pongs[0]), Transmit(pongs[2])]


# --- several at once ------------------------------------------------------------------------------


def test_faults_of_one_message_act_in_their_order() -> None:
    first = Line({"truncate": {"to": 2}}, "invalid_utf8")
    assert first.send("abcd")[-1] == raw(RawFrame(TEXT, b"ab\xff"))
    second = Line("invalid_utf8", {"truncate": {"to": 2}})
    assert second.send("abcd")[-1] == raw(RawFrame(TEXT, b"abcd\xff"))
    assert first.noted == ["truncate", "invalid_utf8"]


def test_copies_are_corrupted_each_for_itself_or_alike() -> None:
    before = Line("duplicate", "corrupt")
    assert len(set(payloads(before.send("a long message")))) == 2
    after = Line("corrupt", "duplicate")
    assert len(set(payloads(after.send("a long message")))) == 1


def test_nothing_acts_on_a_message_that_is_lost() -> None:
    line = Line("drop", "corrupt", "duplicate", {"latency": {"mean": 1}})
    line.send("a")
    line.advance(1)
    assert line.sent == []
    assert line.noted == ["drop"]


def test_last_pacing_of_a_message_counts() -> None:
    line = Line("split", {"drip": {"size": 3}}, "duplicate")
    assert without_notes(line.send("a")) == [Transmit(SendText(b"a"), Pacing(0.01, size=3))] * 2
