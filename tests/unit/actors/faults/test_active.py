"""Whether the time of a fault has come, and which messages it hits."""

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers.faults import IDENTITY, Line, compile_faults, payloads, text, without_notes
from websocket_mock.actors.faults.connection import ConnectionIdentity
from websocket_mock.actors.faults.outcomes import Acted, Arrive, Failed, Freeze, Hold, Transmit
from websocket_mock.actors.values.effects import Abort, SendBinary, SendPing


def hit(line: Line, count: int) -> list[int]:
    """The numbers of the messages that are lost, from 1."""
    return [number for number in range(1, count + 1) if not payloads(line.send(str(number)))]


def dropping(**options: Any) -> Line:
    return Line({"drop": {}, **options})


# --- which messages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ({"nth": 3}, [3]),
        ({"every_nth": 3}, [3, 6, 9]),
        ({"after_times": 7}, [8, 9, 10]),
        ({"times": 2}, [1, 2]),
        ({"every_nth": 2, "times": 2}, [2, 4]),
        ({"every_nth": 2, "after_times": 3}, [5, 7, 9]),
        ({"every_nth": 2, "after_times": 3, "times": 1}, [5]),
    ],
)
def test_frames_say_which_messages_are_hit(frames: dict[str, int], expected: list[int]) -> None:
    assert hit(dropping(frames=frames), 10) == expected


def test_only_what_the_fault_could_hit_is_counted() -> None:
    line = dropping(frames={"nth": 2}, match={"type": "binary"})
    line.send("a", SendBinary(b"b"), SendPing(b""), "c", SendBinary(b"d"), SendBinary(b"e"))
    assert [payload for _, payload in line.sent] == [b"a", b"b", b"c", b"e"]


def test_each_way_counts_for_itself() -> None:
    line = dropping(frames={"nth": 2}, direction="both")
    line.send("a")
    line.receive("b", "c")
    line.send("d", "e")
    assert [payload for _, payload in line.sent] == [b"a", b"e"]
    assert [payload for _, payload in line.came] == [b"b"]


@pytest.mark.parametrize(
    ("match", "lost"),
    [
        ({"text": {"contains": "b"}}, [b"b"]),
        ({"json": {"$.a": 1}}, [b'{"a": 1}']),
        ({"type": "binary"}, [b"\xff"]),
        ({"size": {"at_least": 8}}, [b'{"a": 1}']),
    ],
)
def test_messages_that_match_are_hit(match: dict[str, Any], lost: list[bytes]) -> None:
    line = dropping(match=match)
    line.send("a", "b", '{"a": 1}', SendBinary(b"\xff"))
    assert [one.payload for _, one in line.log if isinstance(one, Acted)] == lost


def test_condition_that_cannot_be_applied_is_reported_and_the_message_passes() -> None:
    broken = {"match": {"json": {"schema": {"$ref": "#/nowhere"}}}}
    line = Line({"drop": {}, "name": "one", **broken}, "duplicate")
    failed, *rest = line.send('{"a": 1}')
    assert isinstance(failed, Failed)
    assert failed.label == "one"
    assert "nowhere" in failed.reason
    assert payloads(rest) == [b'{"a": 1}'] * 2


# --- chance ---------------------------------------------------------------------------------------


def test_probability_is_that_of_each_message() -> None:
    assert hit(dropping(probability=0), 100) == []
    assert hit(dropping(probability=1), 100) == list(range(1, 101))
    assert 400 < len(hit(dropping(probability=0.5), 1000)) < 600


def test_chance_is_of_the_messages_that_frames_name() -> None:
    found = hit(dropping(probability=0.5, frames={"every_nth": 2}), 100)
    assert all(number % 2 == 0 for number in found)
    assert 10 < len(found) < 40


def test_times_counts_what_was_hit_and_not_what_was_lucky() -> None:
    assert len(hit(dropping(probability=0.5, frames={"times": 5}), 100)) == 5


def test_luck_is_that_of_the_seed_of_the_client_and_of_the_fault() -> None:
    def lost(
        *, seed: str = "0", name: str = "x", identity: ConnectionIdentity = IDENTITY
    ) -> list[int]:
        line = Line({"drop": {}, "probability": 0.5, "name": name}, seed=seed, identity=identity)
        return hit(line, 64)

    assert lost() == lost()
    assert lost(identity=replace(IDENTITY, client_id="0000000b")) == lost()
    assert lost(seed="1") != lost()
    assert lost(name="y") != lost()
    assert lost(identity=replace(IDENTITY, seed="other")) != lost()


# --- time -----------------------------------------------------------------------------------------


def test_fault_acts_between_its_times() -> None:
    line = dropping(after=2, duration=3)
    found = []
    for second in range(7):
        found += [second] if not payloads(line.send("a")) else []
        line.advance(1)
    assert found == [2, 3, 4]


def test_times_begin_when_the_fault_is_set() -> None:
    line = Line()
    line.advance(100)
    line.set({"drop": {}, "after": 1})
    assert payloads(line.send("a")) == [b"a"]
    line.advance(1)
    assert payloads(line.send("a")) == []


def test_fault_that_expires_is_over_whatever_its_duration() -> None:
    line = Line()
    (fault,) = compile_faults({"drop": {}, "duration": 10})
    line.put([fault.expiring(2.0)])
    assert payloads(line.send("a")) == []
    line.advance(2)
    assert payloads(line.send("b")) == [b"b"]
    assert line.faults.is_idle(line.now)


def test_messages_outside_its_times_are_not_counted() -> None:
    line = dropping(after=1, frames={"nth": 2})
    line.send("a", "b")
    line.advance(1)
    assert hit(line, 3) == [2]


# --- what happens to the connection ---------------------------------------------------------------


def test_state_begins_and_ends_by_itself() -> None:
    line = Line({"half_open": {}, "after": 1, "duration": 2})
    assert line.log == []
    line.advance(10)
    assert line.log == [
        (1.0, Acted("half_open", "half_open", "to_client")),
        (1.0, Freeze(is_frozen=True)),
        (3.0, Freeze(is_frozen=False)),
    ]
    assert line.faults.is_idle(line.now)


@pytest.mark.parametrize("kind", ["reset", "hang_up"])
def test_end_of_the_connection_comes_once(kind: str) -> None:
    line = Line({kind: {}, "after": 1})
    line.advance(5)
    line.send("a")
    aborts = [
        (time, one) for time, one in line.log if one == Transmit(Abort(is_reset=kind == "reset"))
    ]
    assert [time for time, _ in aborts] == [1.0]


def test_state_waits_for_the_message_that_is_named() -> None:
    line = Line({"stop_reading": {}, "direction": "from_client", "match": {"text": "now"}})
    assert line.receive("a") == [Arrive(text("a"))]
    assert line.receive("now") == [
        Acted("stop_reading", "stop_reading", "from_client", b"now", is_text=True),
        Hold(is_held=True),
        Arrive(text("now")),
    ]


@pytest.mark.parametrize("kind", ["half_open", "reset", "hang_up"])
def test_message_that_ends_the_line_is_lost_with_it(kind: str) -> None:
    line = Line({kind: {}, "frames": {"nth": 2}})
    assert payloads(line.send("a", "b")) == [b"a"]
    assert line.noted == [kind]
    happened = without_notes([one for _, one in line.log])[-1]
    assert happened == (
        Freeze(is_frozen=True) if kind == "half_open" else Transmit(Abort(is_reset=kind == "reset"))
    )


def test_duration_of_a_state_that_waited_begins_with_its_message() -> None:
    line = Line({"stop_reading": {}, "match": {"text": "now"}, "duration": 2})
    line.advance(5)
    line.send("now")
    line.advance(5)
    assert [(time, one) for time, one in line.log if isinstance(one, Hold)] == [
        (5.0, Hold(is_held=True)),
        (7.0, Hold(is_held=False)),
    ]


def test_state_that_waited_happens_once() -> None:
    line = Line({"stop_reading": {}, "match": {"text": "now"}, "duration": 1})
    for _ in range(3):
        line.send("now")
        line.advance(2)
    assert line.noted == ["stop_reading"]


def test_state_that_waits_for_a_message_may_wait_no_longer_than_it_has() -> None:
    (fault,) = compile_faults({"reset": {}, "match": {"text": "now"}})
    line = Line()
    line.put([fault.expiring(1.0)])
    line.advance(1)
    assert payloads(line.send("now")) == [b"now"]


def test_state_may_come_with_a_chance_of_each_message() -> None:
    line = Line({"hang_up": {}, "probability": 0.1})
    line.send(*["a"] * 100)
    assert line.noted == ["hang_up"]
    assert 0 < len(line.sent) < 100
