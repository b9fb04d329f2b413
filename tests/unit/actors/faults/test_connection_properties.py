"""Any faults and any traffic: nothing raises or is lost unsaid, and chance repeats itself."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.faults import Line
from tests.helpers.mock_strategies import FAULT_LISTS
from websocket_mock.actors.faults.outcomes import Acted, Arrive, GiveUp, Outcome, Transmit
from websocket_mock.actors.faults.parcels import payload_of
from websocket_mock.actors.values.effects import (
    AnswerClose,
    SendBinary,
    SendFragments,
    SendPing,
    SendPong,
    SendText,
    StartClose,
)
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    TextReceived,
)

MOST = settings(suppress_health_check=[HealthCheck.too_slow])

TEXTS = st.text(max_size=6) | st.sampled_from(["a", "hello", '{"a": 1}'])
SENT = st.one_of(
    TEXTS.map(lambda text: SendText(text.encode())),
    st.binary(max_size=6).map(SendBinary),
    st.builds(
        SendFragments,
        TEXTS.map(str.encode),
        is_text=st.just(True),
        fragments=st.integers(1, 3),
        compress=st.booleans(),
    ),
    st.binary(max_size=3).map(SendPing),
    st.binary(max_size=3).map(SendPong),
    st.just(AnswerClose()),
    st.just(StartClose(1000, "")),
)
RECEIVED = st.one_of(
    TEXTS.map(lambda text: TextReceived(text, len(text.encode()))),
    st.binary(max_size=6).map(BinaryReceived),
    st.binary(max_size=3).map(PingReceived),
    st.binary(max_size=3).map(PongReceived),
    st.just(CloseReceived(1000, "")),
)
PAUSES = st.sampled_from([0.0, 0.001, 0.25, 1.0])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), SENT),
        st.tuples(st.just("receive"), RECEIVED),
        st.tuples(st.just("advance"), PAUSES),
    ),
    max_size=12,
)

END_OF_TIME = 10_000.0

LOSSES: set[str] = {
    "drop",
    "half_open",
    "reset",
    "hang_up",
    "no_pong",
    "no_close_reply",
}
CHANGES: set[str] = {
    "reorder",
    "duplicate",
    "corrupt",
    "truncate",
    "invalid_utf8",
    "reserved_bit",
    "reserved_opcode",
    "masked",
    "oversized_control",
    "fragmented_control",
    "raw",
}


def run(line: Line, steps: list[Any]) -> list[tuple[float, Outcome]]:
    """All that comes of these steps, up to the end of time."""
    for what, argument in steps:
        getattr(line, what)(argument)
    line.advance(END_OF_TIME)
    return line.log


def kinds(line: Line) -> set[str]:
    return {one.kind for _, one in line.log if isinstance(one, Acted)}


@given(FAULT_LISTS, STEPS)
@MOST
def test_nothing_raises_and_everything_leaves_the_line(faults: list[Any], steps: list[Any]) -> None:
    line = Line(*faults)
    run(line, steps)
    assert line.faults.next_wake(line.now) is None
    line.set()  # what waits for a client that is not read may come now
    assert line.faults.flush() == []
    assert GiveUp() not in [one for _, one in line.log]


@given(FAULT_LISTS, STEPS)
@MOST
def test_nothing_is_lost_and_no_order_changed_but_by_a_fault_that_says_so(
    faults: list[Any], steps: list[Any]
) -> None:
    line = Line(*faults)
    run(line, steps)
    acted = kinds(line)
    line.set()  # what waits for a client that is not read may come now
    sent = [argument for what, argument in steps if what == "send"]
    received = [argument for what, argument in steps if what == "receive"]
    left = [one.effect for _, one in line.log if isinstance(one, Transmit)]
    came = [one.event for _, one in line.log if isinstance(one, Arrive)]
    if not acted & (LOSSES | CHANGES):
        assert (left, came) == (sent, received)
    elif not acted & (LOSSES | {"duplicate"}):
        assert (len(left), len(came)) == (len(sent), len(received))
    elif not acted & LOSSES:
        assert len(left) >= len(sent)
        assert len(came) >= len(received)
    if not acted & (CHANGES - {"reorder"}):
        # Whatever arrives is something that was sent, unchanged.
        messages = [payload_of(one) for one in (*sent, *received)]
        assert all(payload_of(one) in messages for one in (*left, *came) if payload_of(one))


@given(FAULT_LISTS, STEPS)
@MOST
def test_times_never_go_back_and_wake_is_due_when_it_says(
    faults: list[Any], steps: list[Any]
) -> None:
    line = Line(*faults)
    for what, argument in steps:
        getattr(line, what)(argument)
        due = line.faults.next_wake(line.now)
        assert due is None or due > line.now
        # Nothing is due before.
        before = line.now if due is None else (line.now + due) / 2
        line.now = max(line.now, min(before, line.now + 0.0005))
        assert line.faults.wake(line.now) == []
    while (due := line.faults.next_wake(line.now)) is not None:
        line.now = due
        line.faults.wake(line.now)
        later = line.faults.next_wake(line.now)
        assert later is None or later > due


@given(FAULT_LISTS, STEPS, st.integers(0, 3))
@MOST
def test_same_seed_and_same_traffic_have_the_same_outcomes(
    faults: list[Any], steps: list[Any], seed: int
) -> None:
    assert run(Line(*faults, seed=str(seed)), steps) == run(Line(*faults, seed=str(seed)), steps)


@given(FAULT_LISTS, STEPS, st.sampled_from(["corrupt", "drop", "duplicate"]))
@MOST
def test_fault_that_never_acts_changes_nothing(
    faults: list[Any], steps: list[Any], kind: str
) -> None:
    other = {kind: {}, "name": "unrelated", "direction": "both", "probability": 0}
    assert run(Line(other, *faults), steps) == run(Line(*faults), steps)


@given(FAULT_LISTS, FAULT_LISTS, STEPS, STEPS)
@MOST
def test_nothing_raises_when_the_faults_change_in_between(
    before: list[Any], after: list[Any], steps: list[Any], more: list[Any]
) -> None:
    line = Line(*before)
    for what, argument in steps:
        getattr(line, what)(argument)
    line.set(*after)
    run(line, more)
    line.set(forgets_raised=True)
    line.advance(END_OF_TIME)
    assert line.faults.is_idle(line.now)
    assert line.faults.next_wake(line.now) is None


def test_other_seeds_have_other_outcomes() -> None:
    steps = [("send", SendText(b"a message")), ("advance", 0.25)] * 10
    faults: list[Any] = [
        {"drop": {}, "probability": 0.5},
        {"latency": {"mean": 1, "jitter": 1}},
        "corrupt",
    ]
    logs = [run(Line(*faults, seed=str(seed)), steps) for seed in range(10)]
    assert all(one != other for at, one in enumerate(logs) for other in logs[:at])


def test_another_fault_leaves_the_luck_of_the_others_alone() -> None:
    """Which messages one fault hits, and how, is not up to those before it."""
    steps = [("send", SendText(f"message {number}".encode())) for number in range(40)]
    corrupt = {"corrupt": {}, "probability": 0.5}
    alone, among = Line(corrupt), Line({"drop": {}, "frames": {"nth": 5}, "after": 0}, corrupt)
    run(alone, steps)
    run(among, steps)
    lost = {b"message 4"}
    hit = [
        {one.payload for _, one in line.log if isinstance(one, Acted)} for line in (alone, among)
    ]
    assert hit[0] - lost == hit[1] - lost
