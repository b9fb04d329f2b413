"""Which faults a connection has, and what holds it up."""

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers.faults import IDENTITY, Line, payloads, text, without_notes
from websocket_mock.actors.faults import connection as connection_module
from websocket_mock.actors.faults import lane as lane_module
from websocket_mock.actors.faults.compiler import compile_action_fault
from websocket_mock.actors.faults.outcomes import Acted, Arrive, Freeze, GiveUp, Hold, Transmit
from websocket_mock.actors.faults.schema import Fault
from websocket_mock.actors.values.effects import Abort, AnswerClose, SendPing, SendText

FROZEN, THAWED = Freeze(is_frozen=True), Freeze(is_frozen=False)
HELD, FREE = Hold(is_held=True), Hold(is_held=False)


def raised(document: dict[str, Any] | str) -> Any:
    return compile_action_fault(Fault.model_validate(document))


def is_hit(line: Line) -> bool:
    """Whether a message is lost."""
    return not payloads(line.send("a"))


# --- whom they concern ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "hits"),
    [
        ({}, True),
        ({"endpoint": "/mock"}, True),
        ({"endpoint": "/other"}, False),
        ({"client": "0000000a"}, True),
        ({"client": "0000000b"}, False),
        ({"group": "red"}, True),
        ({"group": "blue"}, False),
        ({"endpoint": "/mock", "client": "0000000a", "group": "red"}, True),
        ({"endpoint": "/mock", "client": "0000000b", "group": "red"}, False),
        ({"endpoint": "/other", "client": "0000000a", "group": "red"}, False),
    ],
)
def test_scope_says_whom_a_fault_is_for(scope: dict[str, str], hits: bool) -> None:
    assert is_hit(Line({"drop": {}, **scope}, groups={"red"})) is hits


def test_connection_without_an_endpoint_has_only_what_is_for_all() -> None:
    nobody = replace(IDENTITY, endpoint=None)
    assert is_hit(Line("drop", identity=nobody))
    assert not is_hit(Line({"drop": {}, "endpoint": "/mock"}, identity=nobody))


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [(2, [2]), ({"at_most": 2}, [1, 2]), ({"one_of": [1, 3]}, [1, 3])],
)
def test_attempt_says_on_which_connections(attempt: Any, expected: list[int]) -> None:
    hit = [
        number
        for number in (1, 2, 3)
        if is_hit(
            Line({"drop": {}, "attempt": attempt}, identity=replace(IDENTITY, attempt=number))
        )
    ]
    assert hit == expected


def test_attempt_that_cannot_be_tested_concerns_nobody() -> None:
    assert not is_hit(Line({"drop": {}, "attempt": {"schema": {"$ref": "#/nowhere"}}}))


def test_fault_of_a_group_comes_and_goes_with_it() -> None:
    groups: set[str] = set()
    document = {"drop": {}, "group": "red"}
    line = Line(document, groups=groups)
    assert not is_hit(line)
    groups.add("red")
    line.set(document)
    assert is_hit(line)
    groups.discard("red")
    line.set(document)
    assert not is_hit(line)


def test_fault_of_the_handshake_concerns_no_open_connection() -> None:
    line = Line("wrong_accept")
    assert line.send("a") == [Transmit(SendText(b"a"))]
    assert line.faults.is_idle(0.0)


# --- a change of the faults -----------------------------------------------------------------------


def test_fault_that_stays_keeps_its_counts() -> None:
    third = {"drop": {}, "name": "x", "frames": {"nth": 3}}
    line = Line(third)
    line.send("a", "b")
    line.set({"duplicate": {}, "after": 100}, third)
    assert is_hit(line)


def test_fault_that_changed_starts_over() -> None:
    line = Line({"drop": {}, "name": "x", "frames": {"nth": 2}})
    line.send("a")
    line.set({"drop": {}, "name": "x", "frames": {"every_nth": 2}})
    assert not is_hit(line)
    assert is_hit(line)


def test_fault_that_is_gone_hits_nothing() -> None:
    line = Line("drop")
    line.set()
    assert not is_hit(line)
    assert line.faults.is_idle(0.0)


def test_state_ends_when_its_fault_is_gone() -> None:
    line = Line("half_open", "stop_reading")
    assert without_notes([one for _, one in line.log]) == [FROZEN, HELD]
    assert line.set("stop_reading") == [THAWED]
    assert line.set() == [FREE]
    assert line.faults.is_idle(0.0)


def test_state_of_two_faults_ends_with_the_last() -> None:
    line = Line({"half_open": {}, "duration": 1}, {"half_open": {}, "duration": 2})
    line.advance(3)
    changes = [(time, one) for time, one in line.log if isinstance(one, Freeze)]
    assert changes == [(0.0, FROZEN), (2.0, THAWED)]


def test_what_is_on_its_way_stays_on_it_when_its_fault_is_gone() -> None:
    line = Line({"latency": {"mean": 1}})
    line.send("a")
    line.set()
    line.send("b")
    assert not line.faults.is_idle(line.now)
    line.advance(1)
    assert line.sent == [(1.0, b"a"), (1.0, b"b")]
    assert line.faults.is_idle(line.now)


def test_raised_fault_acts_behind_the_others() -> None:
    line = Line("duplicate")
    line.raise_fault(raised("drop"))
    line.set("duplicate", "corrupt")
    line.send("a")
    assert line.noted == ["duplicate", "corrupt", "drop"]


def test_fault_raised_again_starts_over_with_other_luck() -> None:
    line = Line()
    half = raised({"drop": {}, "probability": 0.5})
    runs = []
    for _ in range(2):
        line.raise_fault(half)
        runs.append([is_hit(line) for _ in range(64)])
    assert runs[0] != runs[1]
    line.raise_fault(raised({"hang_up": {}, "frames": {"nth": 2}}))
    line.send("a")
    line.raise_fault(raised({"hang_up": {}, "frames": {"nth": 2}}))
    line.send("a")
    assert "hang_up" not in line.noted


def test_raised_faults_stay_until_they_are_forgotten() -> None:
    line = Line()
    line.raise_fault(raised("drop"))
    line.set()
    assert is_hit(line)
    line.set(forgets_raised=True)
    assert not is_hit(line)
    assert line.faults.is_idle(line.now)


def test_oldest_of_too_many_raised_faults_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MAX_RAISED", 2)
    line = Line()
    for name in ("one", "two", "one", "three"):
        line.raise_fault(raised({"corrupt": {}, "name": name}))
    line.send("a")
    assert line.noted == ["one", "three"]


# --- a dead line ----------------------------------------------------------------------------------


def test_nothing_passes_a_dead_line_and_what_is_lost_is_noted() -> None:
    line = Line("half_open")
    assert line.send("a") == [Acted("half_open", "half_open", "to_client", b"a", is_text=True)]
    assert line.receive("b") == [Acted("half_open", "half_open", "from_client", b"b", is_text=True)]
    assert line.faults.flush() == []


def test_what_is_due_while_the_line_is_dead_is_lost_and_the_rest_is_not() -> None:
    line = Line({"latency": {"mean": 2}}, {"half_open": {}, "after": 1, "duration": 2})
    line.send("lost")
    line.advance(1.5)
    line.send("arrives")
    line.advance(5)
    assert line.sent == [(3.5, b"arrives")]
    assert line.noted == ["latency", "half_open", "half_open"]


def test_reset_comes_before_what_is_on_its_way() -> None:
    line = Line({"latency": {"mean": 1}}, {"reset": {}, "after": 0.5})
    line.send("a")
    assert line.advance(0.5)[-1] == Transmit(Abort(is_reset=True))


def test_all_that_the_client_sent_arrives_when_it_has_gone() -> None:
    line = Line({"latency": {"mean": 1}, "direction": "both"}, {"reorder": {}, "direction": "both"})
    line.receive("a")
    line.send("b")
    assert line.faults.flush() == [Arrive(text("a"))]


# --- order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "expected"), [(1, "bacd"), (2, "bcad"), (3, "bcda"), (4, "bcda")])
def test_reordered_message_comes_behind_others(by: int, expected: str) -> None:
    line = Line({"reorder": {"by": by, "within": 2}, "frames": {"nth": 1}})
    line.send(*"abcd")
    line.advance(5)
    assert "".join(payload.decode() for _, payload in line.sent) == expected
    assert [time for time, _ in line.sent][-1] == (2.0 if by == 4 else 0.0)


def test_reordered_message_that_is_late_too_waits_for_both() -> None:
    line = Line({"latency": {"mean": 1}}, {"reorder": {"within": 2}, "frames": {"nth": 1}})
    line.send("a")
    line.advance(5)
    assert line.sent == [(3.0, b"a")]


# --- bounds ---------------------------------------------------------------------------------------


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "MAX_PARCELS", 4)


def holds(line: Line) -> list[tuple[float, Hold]]:
    return [(time, one) for time, one in line.log if isinstance(one, Hold)]


@pytest.mark.usefixtures("_small")
def test_client_that_sent_too_much_is_read_again_when_half_of_it_has_come() -> None:
    line = Line({"latency": {"mean": 10}, "direction": "from_client"})
    for number in range(6):
        line.receive(str(number))
        line.advance(1)
    assert holds(line) == [(4.0, HELD)]
    line.advance(10)
    # With a limit of four, two are left of six.
    assert holds(line) == [(4.0, HELD), (13.0, FREE)]


@pytest.mark.usefixtures("_small")
def test_client_is_read_again_when_all_of_it_has_come_at_once() -> None:
    line = Line({"latency": {"mean": 1}, "direction": "from_client"})
    line.receive(*"abcdef")
    line.advance(1)
    assert holds(line) == [(0.0, HELD), (1.0, FREE)]
    assert line.faults.is_idle(line.now) is False
    line.set()
    assert line.faults.is_idle(line.now)


@pytest.mark.usefixtures("_small")
def test_hold_comes_before_what_arrives_with_it() -> None:
    line = Line({"latency": {"mean": 1}, "direction": "from_client"})
    line.receive(*"abcdef")
    assert line.advance(1)[0] == FREE


@pytest.mark.usefixtures("_small")
def test_client_that_is_held_for_two_reasons_is_read_when_both_are_gone() -> None:
    line = Line(
        {"latency": {"mean": 1}, "direction": "from_client"}, {"stop_reading": {}, "duration": 5}
    )
    line.receive(*"abcdef")
    line.advance(10)
    assert holds(line) == [(0.0, HELD), (5.0, FREE)]


@pytest.mark.usefixtures("_small")
def test_client_for_which_too_much_waits_is_given_up_once() -> None:
    line = Line({"latency": {"mean": 1}})
    outcomes = line.send(*"abcdef")
    assert without_notes(outcomes) == [GiveUp()]
    line.advance(10)
    assert [one for _, one in line.log].count(GiveUp()) == 1
    assert line.sent == []


@pytest.mark.usefixtures("_small")
def test_nothing_but_the_end_goes_to_a_client_that_was_given_up() -> None:
    line = Line({"latency": {"mean": 1}})
    line.send(*"abcdef", SendPing(b""), AnswerClose())
    line.receive("from the client")
    assert line.advance(10) == [Transmit(AnswerClose())]
    assert line.came == [(0.0, b"from the client")]
    assert line.faults.next_wake(line.now) is None


def test_state_that_waits_for_messages_now_is_another_fault() -> None:
    line = Line("stop_reading")
    assert line.set({"stop_reading": {}, "probability": 1}) == [FREE]


def test_bytes_count_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "MAX_BYTES", 10)
    line = Line({"latency": {"mean": 1}})
    assert GiveUp() not in line.send("x" * 10)
    assert GiveUp() in line.send("y")


@pytest.mark.usefixtures("_small")
def test_message_that_waits_for_nothing_is_never_too_much() -> None:
    line = Line({"duplicate": {"copies": 50}})
    assert payloads(line.send("a")) == [b"a"] * 51
    assert GiveUp() not in [one for _, one in line.log]


# --- a client that is not read --------------------------------------------------------------------


def test_messages_read_just_before_the_socket_was_held_wait_as_if_they_were_not_read() -> None:
    line = Line("stop_reading")
    line.receive("a", "b")
    line.advance(5)
    assert line.came == []
    assert line.faults.next_wake(line.now) is None
    assert not line.faults.is_idle(line.now)
    assert line.set() == [FREE, Arrive(text("a")), Arrive(text("b"))]
    assert line.faults.is_idle(line.now)


def test_message_that_starts_stop_reading_arrives_and_the_next_waits_for_its_end() -> None:
    deaf = {"stop_reading": {}, "direction": "from_client", "match": {"text": "now"}, "duration": 2}
    line = Line(deaf)
    line.receive("a", "now", "b")
    line.advance(5)
    assert line.came == [(0.0, b"a"), (0.0, b"now"), (2.0, b"b")]


def test_messages_that_wait_for_a_client_to_be_read_arrive_when_it_is_lost() -> None:
    line = Line("stop_reading")
    line.receive("a")
    assert line.faults.flush() == [Arrive(text("a"))]
