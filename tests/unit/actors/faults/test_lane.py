"""One way of a connection: everything has its time, and nothing overtakes."""

import pytest

from websocket_mock.actors.faults import lane as lane_module
from websocket_mock.actors.faults.lane import Lane
from websocket_mock.actors.faults.parcels import Parcel
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.effects import SendPing, SendRaw, SendText, StartClose, WireEffect
from websocket_mock.actors.values.frames import TEXT, RawFrame

CLOSE = StartClose(1000, "")


def parcel(item: str | WireEffect) -> Parcel:
    return Parcel(SendText(item.encode()) if isinstance(item, str) else item)


def parcels(*items: str | WireEffect) -> list[Parcel]:
    return [parcel(item) for item in items]


def test_empty_lane_has_nothing_to_do() -> None:
    lane = Lane()
    assert (len(lane), lane.load, lane.next_due, lane.take(10)) == (0, 0.0, FOR_EVER, [])


def test_everything_arrives_at_its_time() -> None:
    lane = Lane()
    lane.push(parcel("a"), 1)
    lane.push(parcel("b"), 2)
    assert (lane.next_due, lane.take(0.9)) == (1, [])
    assert (lane.take(1), lane.next_due) == (parcels("a"), 2)
    assert (lane.take(5), lane.next_due, len(lane)) == (parcels("b"), FOR_EVER, 0)


def test_what_is_due_earlier_does_not_overtake() -> None:
    lane = Lane()
    lane.push(parcel("a"), 2)
    lane.push(parcel("b"), 1)
    assert lane.take(1) == []
    assert lane.take(2) == parcels("a", "b")


@pytest.mark.parametrize("by", [1, 2, 3])
def test_held_back_comes_behind_as_many_messages(by: int) -> None:
    lane = Lane()
    lane.hold_back(parcel("late"), by, 10)
    for name in "abcd":
        lane.push(parcel(name), 0)
    names = ["a", "b", "c", "d"]
    names.insert(by, "late")
    assert lane.take(0) == parcels(*names)


def test_pings_do_not_count_as_messages_that_pass() -> None:
    lane = Lane()
    lane.hold_back(parcel("late"), 1, 10)
    lane.push(parcel(SendPing(b"")), 0)
    lane.push(parcel("a"), 0)
    assert lane.take(0) == parcels(SendPing(b""), "a", "late")


def test_held_back_arrives_with_what_passed_it_last() -> None:
    lane = Lane()
    lane.hold_back(parcel("late"), 1, 10)
    lane.push(parcel("a"), 3)
    assert lane.take(2) == []
    assert lane.take(3) == parcels("a", "late")


def test_held_back_that_nothing_passes_comes_at_its_time() -> None:
    lane = Lane()
    lane.hold_back(parcel("late"), 1, 1)
    assert lane.next_due == 1
    assert lane.take(0.9) == []
    assert lane.take(1) == parcels("late")
    assert (len(lane), lane.load) == (0, 0.0)
    assert lane.next_due == FOR_EVER


def test_held_back_whose_time_has_come_waits_for_what_is_before_it() -> None:
    lane = Lane()
    lane.hold_back(parcel("late"), 2, 1)
    lane.push(parcel("a"), 5)
    assert lane.take(1) == []
    assert lane.next_due == 5
    assert lane.take(5) == parcels("a", "late")


def test_two_that_are_held_back_keep_their_own_counts() -> None:
    lane = Lane()
    lane.hold_back(parcel("x"), 2, 10)
    lane.hold_back(parcel("y"), 1, 10)
    for name in "abc":
        lane.push(parcel(name), 0)
    assert lane.take(0) == parcels("a", "y", "b", "x", "c")


def test_held_back_comes_before_the_end() -> None:
    lane = Lane()
    lane.hold_back(parcel("x"), 3, 10)
    lane.hold_back(parcel("y"), 1, 10)
    lane.push(parcel(CLOSE), 2)
    assert lane.take(1) == []
    assert lane.take(2) == parcels("x", "y", CLOSE)


def test_all_arrives_when_nothing_holds_it_up_any_more() -> None:
    lane = Lane()
    lane.push(parcel("a"), 5)
    lane.hold_back(parcel("x"), 3, 10)
    assert lane.take_all() == parcels("a", "x")
    assert (len(lane), lane.load) == (0, 0.0)


def test_load_is_what_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "MAX_BYTES", 10)
    monkeypatch.setattr(lane_module, "MAX_PARCELS", 4)
    lane = Lane()
    lane.push(parcel("abcdef"), 1)
    lane.hold_back(parcel("ghi"), 1, 2)
    assert lane.load == 0.9
    lane.push(parcel(""), 3)
    lane.push(parcel(""), 3)
    assert lane.load == 1.0
    lane.take(1)
    assert lane.load == 0.75
    lane.take(3)
    assert lane.load == 0.0


def test_frames_that_break_the_protocol_count_with_their_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lane_module, "MAX_BYTES", 10)
    lane = Lane()
    lane.push(parcel(SendRaw((RawFrame(TEXT, b"abc"), b"de"))), 1)
    assert lane.load == 0.5


def test_ten_thousand_that_are_held_back_come_in_their_order() -> None:
    lane = Lane()
    names = [str(number) for number in range(10_000)]
    for name in names:
        lane.hold_back(parcel(name), 1, 1)
    assert lane.take(1) == parcels(*names)
