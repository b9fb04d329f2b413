"""What a client actor does for a mock: frames, aborts, groups, publications, reports."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.client_bench import BenchClient, ClientBench
from tests.helpers.fakes import RecordingRef, ScriptedBehaviour
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.conversation.core import (
    AskClients,
    BroadcastText,
    CancelTimers,
    Effect,
    Event,
    JoinGroup,
    LeaveGroup,
    Lost,
    Publish,
    ReportProblem,
    ReportVerdict,
    StartTimer,
    StateReset,
    TakeOver,
    TimerFired,
)
from websocket_mock.actors.messages import (
    Broadcast,
    CallRoll,
    ConnectionLost,
    DeliverBinary,
    DeliverText,
    GroupJoined,
    GroupLeft,
    HandedOver,
    HandOver,
    ProbeClient,
    PublishMessage,
    ResetState,
    TakeOverClient,
)
from websocket_mock.actors.values.effects import Abort, SendFragments, SendPing, StartClose
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.actors.values.models import ClientId, TrafficDelta
from websocket_mock.actors.values.targets import InGroup

ID = ClientId("0000000a")
GO = TextReceived("go", 2)


@pytest.fixture
def bench() -> Iterator[ClientBench]:
    one = ClientBench()
    yield one
    one.stop()


def told_to(bench: ClientBench, *effects: Effect) -> BenchClient:
    """A client whose behaviour wants these effects of the message that it has just got."""

    def answer(event: Event) -> tuple[Effect, ...]:
        return effects if event == GO else ()

    client = bench.start(ScriptedBehaviour(answer))
    bench.counted()
    bench.broadcaster.take()
    client.receive(GO)
    return client


@pytest.mark.parametrize(
    ("effect", "call"),
    [
        (
            SendFragments(b"abc", is_text=True, fragments=3, compress=False),
            ("fragments", b"abc", True, 3, False),
        ),
        (SendPing(b"p"), ("ping", b"p")),
        (StartClose(4000, "bye"), ("close", 4000, "bye")),
        (Abort(is_reset=True), ("abort", True)),
        (Abort(is_reset=False), ("abort", False)),
    ],
)
def test_effect_reaches_the_outbox(
    bench: ClientBench, effect: Effect, call: tuple[Any, ...]
) -> None:
    assert told_to(bench, effect).outbox.calls == [call]


def test_message_in_fragments_counts_once(bench: ClientBench) -> None:
    client = told_to(bench, SendFragments(b"abc", is_text=True, fragments=3, compress=True))
    counted = bench.counted()
    assert (counted.messages_sent, counted.bytes_sent) == (1, 3)
    assert client.snapshot().messages_sent == 1


@pytest.mark.parametrize("is_text", [True, False])
def test_publication_is_handed_to_the_broadcaster(bench: ClientBench, is_text: bool) -> None:
    client = told_to(bench, Publish(InGroup("g"), b"x", is_text=is_text))
    assert bench.broadcaster.mail == [PublishMessage(b"x", is_text, InGroup("g"), None)]
    assert client.outbox.calls == []
    assert bench.counted().messages_sent == 0


def test_groups_go_the_way_of_publications_so_that_their_order_is_kept(bench: ClientBench) -> None:
    told_to(bench, JoinGroup("g"), Publish(InGroup("g"), b"x", is_text=True), LeaveGroup("g"))
    assert bench.broadcaster.mail == [
        GroupJoined(ID, "g"),
        PublishMessage(b"x", is_text=True, target=InGroup("g"), namespace=None),
        GroupLeft(ID, "g"),
    ]


def test_client_that_is_taken_over_hands_over_what_waits_and_is_closed(bench: ClientBench) -> None:
    heir = RecordingRef()
    client = bench.start(ScriptedBehaviour())
    client.tell(HandOver(heir))
    assert heir.mail == [DeliverText(b"left over"), DeliverBinary(b"\0"), HandedOver()]
    assert client.outbox.calls == [("hand over",), ("close", 1000, "taken over")]


def test_taking_over_goes_the_way_of_publications(bench: ClientBench) -> None:
    client = told_to(bench, TakeOver(ClientId("other")))
    (order,) = bench.broadcaster.mail
    assert isinstance(order, TakeOverClient)
    assert (order.client_id, order.namespace, order.heir_id) == ("other", None, ID)
    assert order.heir == client.ref


def test_binary_that_is_delivered_is_sent_and_counted(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.counted()
    client.tell(DeliverBinary(b"\x00\x01"))
    assert client.outbox.calls == [("binary", b"\x00\x01")]
    assert bench.counted() == TrafficDelta(messages_sent=1, bytes_sent=2)


def test_problem_is_logged_and_counted_and_the_connection_goes_on(
    bench: ClientBench, log_lines: list[str]
) -> None:
    client = told_to(bench, ReportProblem("the rule", "why"), SendPing(b""))
    assert bench.counted().errors == 1
    assert f"WARNING client {ID}: the rule: why\n" in log_lines
    assert client.outbox.calls == [("ping", b"")]
    assert client.is_alive


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (ReportVerdict(passed=True, text=""), "the script passed"),
        (ReportVerdict(passed=False, text="script[1]: why"), "the script failed at script[1]: why"),
    ],
)
def test_verdict_is_logged(
    bench: ClientBench, log_lines: list[str], verdict: ReportVerdict, line: str
) -> None:
    told_to(bench, verdict)
    assert f"INFO client {ID}: {line}\n" in log_lines


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [
        (ReportVerdict(passed=False, text="why", is_strict=True), {"strict": True}),
        (ReportVerdict(passed=False, text="why", contract="accepts"), {"contract": "accepts"}),
        (ReportVerdict(passed=False, text="why", contract="sends"), {"contract": "sends"}),
        (ReportVerdict(passed=False, text="why"), {}),
    ],
)
def test_entry_of_a_verdict_says_what_it_is_about(
    bench: ClientBench, verdict: ReportVerdict, cause: dict[str, Any]
) -> None:
    told_to(bench, verdict)
    bench.counted()
    (details,) = [record[6] for record in bench.records if record[2] == "verdict"]
    assert details == {"passed": False, "text": "why", **cause}


def test_behaviour_is_told_of_the_end_with_its_code(bench: ClientBench) -> None:
    behaviour = ScriptedBehaviour()
    client = bench.start(behaviour)
    behaviour.take()
    client.tell(ConnectionLost(1006, "gone", was_clean=False))
    assert behaviour.events == [Lost(1006, "gone")]


def test_verdict_at_the_end_of_the_connection_is_still_logged(
    bench: ClientBench, log_lines: list[str]
) -> None:
    def answer(event: Event) -> tuple[Effect, ...]:
        return (ReportVerdict(passed=False, text="x"),) if isinstance(event, Lost) else ()

    client = bench.start(ScriptedBehaviour(answer))
    client.tell(ConnectionLost(1006, "", was_clean=False))
    assert not client.is_alive
    assert any("the script failed at x" in line for line in log_lines)


# --- namespaces, and a conversation that begins anew ----------------------------------------------


@pytest.mark.parametrize(
    ("effect", "ask_of", "message"),
    [
        (Publish(InGroup("g"), b"x", is_text=True), "broadcaster", PublishMessage),
        (BroadcastText(b"x"), "broadcaster", Broadcast),
        (AskClients(), "registry", CallRoll),
    ],
)
def test_what_goes_to_others_names_the_namespace(
    bench: ClientBench, effect: Effect, ask_of: str, message: type[Any]
) -> None:
    client = bench.start(
        ScriptedBehaviour(lambda event: (effect,) if event == GO else ()), namespace="x"
    )
    client.receive(GO)
    asked = [one for one in getattr(bench, ask_of).mail if isinstance(one, message)]
    assert [getattr(one, "namespace", None) or one.scope for one in asked] == ["x"]


def test_order_to_begin_anew_reaches_the_behaviour(bench: ClientBench) -> None:
    behaviour = ScriptedBehaviour()
    client = bench.start(behaviour)
    behaviour.take()
    client.tell(ResetState())
    assert behaviour.take() == [StateReset()]
    assert client.outbox.calls == []


class TestCancelledTimers:
    def start(self, bench: ClientBench) -> tuple[ScriptedBehaviour, BenchClient]:
        def answer(event: Event) -> tuple[Effect, ...]:
            if event == GO:
                return (StartTimer(1.0, "old"),)
            return (CancelTimers(), StartTimer(2.0, "new")) if event == StateReset() else ()

        behaviour = ScriptedBehaviour(answer)
        client = bench.start(behaviour)
        client.receive(GO)
        behaviour.take()
        return behaviour, client

    def test_they_never_fire_and_later_ones_do(self, bench: ClientBench) -> None:
        behaviour, client = self.start(bench)
        client.tell(ResetState())
        bench.advance(5.0)
        assert behaviour.take() == [StateReset(), TimerFired("new")]

    def test_one_that_was_due_already_does_nothing_either(self, bench: ClientBench) -> None:
        behaviour, client = self.start(bench)
        client.ref.tell(ResetState())
        bench.advance(1.0)
        assert behaviour.take() == [StateReset()]
        assert client.is_alive

    def test_probe_under_way_still_gets_its_answer(self, bench: ClientBench) -> None:
        _, client = self.start(bench)
        future = client.ref.ask(ProbeClient((), 3.0, wants_replies=False), block=False)
        bench.run()
        client.tell(ResetState())
        bench.advance(4.0)
        result = future.get(timeout=PATIENCE).get(timeout=PATIENCE)
        assert result.round_trip is None
