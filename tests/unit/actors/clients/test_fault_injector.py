"""The shell around the faults of a connection: what it asks of whom, and when."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.client_bench import BenchClient, ClientBench
from tests.helpers.conversation import make_context
from tests.helpers.fakes import ScriptedBehaviour
from tests.helpers.faults import Document, compile_faults, text
from websocket_mock.actors.conversation.core import Effect, Event, JoinGroup, LeaveGroup, RaiseFault
from websocket_mock.actors.conversation.echo import Echo
from websocket_mock.actors.faults import lane as lane_module
from websocket_mock.actors.faults.compiler import compile_action_fault
from websocket_mock.actors.faults.schema import Fault
from websocket_mock.actors.messages import CloseClient, ConnectionLost, DeliverText, RefreshFaults
from websocket_mock.actors.values.effects import SendText
from websocket_mock.actors.values.frames import TEXT, Pacing, RawFrame
from websocket_mock.actors.values.inbound import CloseReceived, PingReceived, TextReceived

LOST = ConnectionLost(1006, "gone", was_clean=False)


@pytest.fixture
def bench() -> Iterator[ClientBench]:
    one = ClientBench()
    yield one
    one.stop()


def start(bench: ClientBench, *documents: Document) -> BenchClient:
    """A client that echoes, with these faults."""
    bench.faults = tuple(compile_faults(*documents))
    client = bench.start(Echo(make_context()))
    bench.counted()
    return client


def change(bench: ClientBench, client: BenchClient, *documents: Document) -> None:
    """Put these faults in force, and no others."""
    bench.faults = tuple(compile_faults(*documents))
    client.tell(RefreshFaults(None))


def noted(bench: ClientBench) -> list[tuple[Any, ...]]:
    """Kind, direction, payload, size and details of all but the opening."""
    bench.counted()
    return [record[2:] for record in bench.records if record[2] != "open"]


def told(effects: tuple[Effect, ...]) -> ScriptedBehaviour:
    """What wants these effects of the message `go`."""

    def answer(event: Event) -> tuple[Effect, ...]:
        return effects if event == text("go") else ()

    return ScriptedBehaviour(answer)


def raising(document: Document) -> RaiseFault:
    return RaiseFault(compile_action_fault(Fault.model_validate(document)))


def test_client_without_faults_has_no_timer_and_no_notes(bench: ClientBench) -> None:
    client = start(bench)
    client.receive(text("a"))
    assert client.outbox.calls == [("text", b"a")]
    assert [kind for kind, *_ in noted(bench)] == ["text", "text"]
    assert len(bench.dispatcher.scheduler) == 0


def test_delayed_message_is_sent_counted_and_noted_at_its_time(bench: ClientBench) -> None:
    client = start(bench, {"latency": {"mean": 1}})
    client.receive(text("a"))
    assert client.outbox.calls == []
    assert client.snapshot().messages_sent == 0
    bench.advance(1)
    assert client.outbox.calls == [("text", b"a")]
    assert client.snapshot().messages_sent == 1
    assert noted(bench) == [
        ("text", "received", "a", 1, None),
        ("fault", "sent", None, 0, {"fault": "latency", "type": "latency"}),
        ("text", "sent", b"a", 1, None),
    ]


def test_messages_stay_in_order_though_time_passes_while_they_are_answered(
    bench: ClientBench,
) -> None:
    """On a busy machine: the answer to the first is sent when the third has come as well."""

    def answer(event: Event) -> tuple[Effect, ...]:
        if not isinstance(event, TextReceived):
            return ()
        bench.clock.advance(1)
        return (SendText(event.text.encode()),)

    bench.faults = tuple(compile_faults({"latency": {"mean": 2}, "direction": "both"}))
    client = bench.start(ScriptedBehaviour(answer))
    client.receive(text("a"), text("b"))
    bench.advance(1)
    client.receive(text("c"))
    bench.advance(1)
    bench.advance(9)
    assert client.outbox.calls == [("text", b"a"), ("text", b"b"), ("text", b"c")]


def test_message_from_the_client_is_counted_when_it_has_come(bench: ClientBench) -> None:
    client = start(bench, {"latency": {"mean": 1}, "direction": "from_client"})
    client.receive(text("a"), PingReceived(b"p"))
    assert client.snapshot().messages_received == 0
    bench.advance(1)
    assert client.snapshot().messages_received == 1
    assert client.outbox.calls == [("text", b"a"), ("pong", b"p")]


def test_lost_message_is_noted_with_its_payload_and_not_counted(bench: ClientBench) -> None:
    client = start(bench, {"drop": {}, "name": "loss"})
    client.receive(text("a"))
    client.tell(DeliverText(b""))
    bench.counted()
    assert client.outbox.calls == []
    assert client.snapshot().messages_sent == 0
    details = {"fault": "loss", "type": "drop"}
    assert noted(bench)[1:] == [
        ("fault", "sent", "a", 1, details),
        ("fault", "sent", "", 0, details),
    ]


def test_frames_that_break_the_protocol_reach_the_outbox(bench: ClientBench) -> None:
    client = start(bench, "reserved_bit")
    client.receive(text("a"))
    assert client.outbox.calls == [("raw", RawFrame(TEXT, b"a", reserved=2))]


def test_pacing_is_for_its_message_alone(bench: ClientBench) -> None:
    client = start(bench, {"split": {"at": 1, "pause": 1}, "match": {"text": "a"}})
    client.receive(text("a"), text("b"))
    assert client.outbox.calls == [
        ("pace", Pacing(1.0, first=1)),
        ("text", b"a"),
        ("pace", None),
        ("text", b"b"),
    ]


def test_fault_that_cannot_be_applied_is_reported(bench: ClientBench, log_lines: list[str]) -> None:
    broken = {"match": {"json": {"schema": {"$ref": "#/nowhere"}}}}
    client = start(bench, {"drop": {}, "name": "x", **broken})
    client.receive(text("{}"))
    assert client.outbox.calls == [("text", b"{}")]
    assert bench.counted().errors == 1
    assert any(line.startswith("WARNING client 0000000a: fault x: ") for line in log_lines)


def test_line_is_held_and_frozen_and_let_go(bench: ClientBench) -> None:
    client = start(
        bench, {"stop_reading": {}, "duration": 1}, {"half_open": {}, "after": 2, "duration": 1}
    )
    for _ in range(4):
        bench.advance(1)
    assert client.outbox.calls == [
        ("hold", True),
        ("hold", False),
        ("freeze", True),
        ("freeze", False),
    ]
    assert len(bench.dispatcher.scheduler) == 0


def test_reset_of_the_line_is_an_abort(bench: ClientBench) -> None:
    client = start(bench, {"reset": {}, "after": 1})
    bench.advance(1)
    assert client.outbox.calls == [("abort", True)]


def test_client_for_which_too_much_waits_is_closed_at_once(
    bench: ClientBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "MAX_PARCELS", 2)
    client = start(bench, {"latency": {"mean": 1}})
    client.receive(*map(text, "abcde"))
    bench.advance(1)
    assert client.outbox.calls == [("close", 1013, "slow consumer")]


def test_abort_from_outside_ends_a_dead_line(bench: ClientBench) -> None:
    client = start(bench, "half_open")
    client.outbox.take()
    client.tell(CloseClient(1000, "", None))
    assert client.outbox.calls == []
    client.tell(CloseClient(1000, "", "reset"))
    assert client.outbox.calls == [("abort", True)]


def test_close_from_outside_comes_behind_what_is_on_its_way(bench: ClientBench) -> None:
    client = start(bench, {"latency": {"mean": 1}})
    client.receive(text("a"))
    client.tell(CloseClient(1000, "bye", None))
    assert client.outbox.calls == []
    bench.advance(1)
    assert client.outbox.calls == [("text", b"a"), ("close", 1000, "bye")]


def test_state_that_is_due_while_others_are_carried_out_is_not_missed(bench: ClientBench) -> None:
    def answer(event: Event) -> tuple[Effect, ...]:
        # As if the answer took its time.
        bench.clock.advance(1)
        return ()

    behaviour = ScriptedBehaviour(lambda event: answer(event) if event == text("go") else ())
    bench.faults = tuple(compile_faults({"reset": {}, "after": 0.5}))
    client = bench.start(behaviour)
    client.receive(text("go"))
    bench.run()
    assert client.outbox.calls == [("abort", True)]


# --- a change -------------------------------------------------------------------------------------


def test_faults_reach_and_leave_an_open_connection(bench: ClientBench) -> None:
    client = start(bench)
    change(bench, client, "drop")
    client.receive(text("a"))
    change(bench, client)
    client.receive(text("b"))
    assert client.outbox.calls == [("text", b"b")]


def test_no_timer_is_left_when_the_last_fault_is_gone(bench: ClientBench) -> None:
    client = start(bench, {"half_open": {}, "after": 5}, {"latency": {"mean": 2}})
    assert len(bench.dispatcher.scheduler) == 1
    change(bench, client, {"latency": {"mean": 2}})
    assert len(bench.dispatcher.scheduler) == 0
    client.receive(text("a"))
    change(bench, client)
    bench.advance(2)
    assert client.outbox.calls == [("text", b"a")]
    bench.counted()
    assert len(bench.dispatcher.scheduler) == 0


def test_timer_follows_what_is_due_first(bench: ClientBench) -> None:
    client = start(bench, {"latency": {"mean": 3}})
    client.receive(text("a"))
    bench.advance(1)
    change(bench, client, {"latency": {"mean": 3}}, {"stop_reading": {}, "after": 1})
    bench.counted()
    assert len(bench.dispatcher.scheduler) == 1
    bench.advance(1)
    assert client.outbox.calls == [("hold", True)]
    bench.advance(1)
    assert client.outbox.calls == [("hold", True), ("text", b"a")]


def test_fault_of_a_group_comes_and_goes_with_it(bench: ClientBench) -> None:
    def answer(event: Event) -> tuple[Effect, ...]:
        match event:
            case TextReceived(text="join"):
                return (JoinGroup("red"), SendText(b"in"))
            case TextReceived(text="leave"):
                return (LeaveGroup("red"), SendText(b"out"))
            case _:
                return ()

    bench.faults = tuple(compile_faults({"drop": {}, "group": "red"}))
    client = bench.start(ScriptedBehaviour(answer))
    client.receive(text("leave"), text("join"), text("leave"))
    assert client.outbox.calls == [("text", b"out"), ("text", b"out")]


def test_raised_fault_acts_from_the_next_effect_on(bench: ClientBench) -> None:
    effects = (SendText(b"a"), raising("drop"), SendText(b"b"))
    client = bench.start(told(effects))
    client.receive(text("go"))
    assert client.outbox.calls == [("text", b"a")]
    client.tell(RefreshFaults(None))
    client.tell(DeliverText(b"c"))
    client.tell(RefreshFaults(None, forgets_raised=True))
    client.tell(DeliverText(b"d"))
    assert client.outbox.calls == [("text", b"a"), ("text", b"d")]


def test_raised_fault_concerns_what_came_in_the_same_read(bench: ClientBench) -> None:
    behaviour = told((raising({"drop": {}, "direction": "from_client"}),))
    client = bench.start(behaviour)
    behaviour.take()
    client.receive(text("go"), text("lost"))
    assert behaviour.events == [text("go")]


# --- the end --------------------------------------------------------------------------------------


def test_all_that_the_client_sent_arrives_before_the_end(bench: ClientBench) -> None:
    bench.faults = tuple(compile_faults({"latency": {"mean": 5}, "direction": "from_client"}))
    behaviour = ScriptedBehaviour()
    client = bench.start(behaviour)
    behaviour.take()
    client.receive(text("a"), CloseReceived(1000, ""))
    assert behaviour.events == []
    client.tell(LOST)
    assert [type(event).__name__ for event in behaviour.events] == [
        "TextReceived",
        "CloseReceived",
        "Lost",
    ]
    bench.counted()
    assert len(bench.dispatcher.scheduler) == 0


def test_client_that_is_gone_leaves_no_timer_of_its_faults(bench: ClientBench) -> None:
    client = start(bench, {"latency": {"mean": 5}}, {"reset": {}, "after": 9})
    client.receive(text("a"))
    client.tell(LOST)
    bench.counted()
    assert len(bench.dispatcher.scheduler) == 0
    bench.advance(10)
    assert client.outbox.calls == []
