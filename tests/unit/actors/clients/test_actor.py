"""The shell around a behaviour: what it counts, carries out and passes on."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.client_bench import ClientBench, client_info, client_snapshot
from tests.helpers.fakes import START_TIME, ScriptedBehaviour
from websocket_mock.actors.conversation.core import (
    AskClients,
    AskStats,
    BroadcastDone,
    BroadcastText,
    ClientsKnown,
    CountError,
    Effect,
    Event,
    Lost,
    NotePing,
    Opened,
    StatsKnown,
)
from websocket_mock.actors.messages import (
    Broadcast,
    BroadcastCounted,
    BroadcastDelivered,
    CallRoll,
    ClientReported,
    ClientsListed,
    ConnectionLost,
    DeliverText,
    FramesReceived,
    RegisterClient,
    ReportClient,
    ReportStats,
    StatsReported,
    UnregisterClient,
)
from websocket_mock.actors.values.effects import (
    AnswerClose,
    FailConnection,
    SendBinary,
    SendPong,
    SendText,
)
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    Inbound,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)
from websocket_mock.actors.values.models import ClientId, ServerStats, TrafficDelta

STATS = ServerStats(1, 1, 0, 0, 0, 0, 0, 0, START_TIME, 0.0)
LOST = ConnectionLost(1000, "", was_clean=True)


@pytest.fixture
def bench() -> Iterator[ClientBench]:
    one = ClientBench()
    yield one
    one.stop()


def text(value: str) -> TextReceived:
    return TextReceived(value, len(value.encode()))


def answering(**effects: Effect | tuple[Effect, ...]) -> ScriptedBehaviour:
    """A behaviour that answers a text with the effects of that name."""

    def answer(event: Event) -> tuple[Effect, ...]:
        found = effects.get(event.text, ()) if isinstance(event, TextReceived) else ()
        return found if isinstance(found, tuple) else (found,)

    return ScriptedBehaviour(answer)


# --- coming and going -----------------------------------------------------------------------------


def test_client_is_registered_before_its_first_word(bench: ClientBench) -> None:
    known: list[Any] = []

    def answer(event: Event) -> tuple[Effect, ...]:
        known.extend(bench.registry.mail)
        return (SendText(b"welcome"),)

    client = bench.start(ScriptedBehaviour(answer))
    assert known == [RegisterClient(client_info(), client.ref)]
    assert client.outbox.calls == [("text", b"welcome")]


def test_connection_is_opened_once(bench: ClientBench) -> None:
    behaviour = ScriptedBehaviour()
    bench.start(behaviour)
    assert behaviour.events == [Opened()]


def test_client_that_is_lost_unregisters_as_its_last_act(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.registry.take()
    client.tell(LOST)
    assert not client.is_alive
    assert bench.registry.mail == [UnregisterClient(ClientId("0000000a"))]
    assert client.outbox.calls == []


def test_coming_and_going_are_counted(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    assert bench.counted() == TrafficDelta(connected=1)
    client.tell(LOST)
    assert bench.counted() == TrafficDelta(disconnected=1)


@pytest.mark.parametrize(
    ("code", "errors"), [(1000, 0), (1001, 0), (1002, 0), (1006, 0), (1011, 1), (1013, 1)]
)
def test_client_that_the_server_gave_up_counts_as_an_error(
    bench: ClientBench, code: int, errors: int
) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.counted()
    client.outbox.has_started_close = True
    client.tell(ConnectionLost(code, "", was_clean=True))
    assert bench.counted() == TrafficDelta(disconnected=1, errors=errors)


def test_client_that_closes_with_1011_is_no_error(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.counted()
    client.tell(ConnectionLost(1011, "", was_clean=True))
    assert bench.counted() == TrafficDelta(disconnected=1)


def test_mail_behind_the_end_of_the_connection_is_dropped(bench: ClientBench) -> None:
    behaviour = ScriptedBehaviour()
    client = bench.start(behaviour)
    client.ref.tell(LOST)
    bench.run()
    assert not client.is_alive
    assert behaviour.take() == [Opened(), Lost(1000, "")]


# --- what comes from the client -------------------------------------------------------------------


def test_all_of_one_read_is_fed_in_order_with_one_time(bench: ClientBench) -> None:
    behaviour = ScriptedBehaviour()
    client = bench.start(behaviour)
    behaviour.take()
    bench.clock.advance(5.0)
    events: tuple[Inbound, ...] = (text("a"), BinaryReceived(b"b"), PingReceived(b"c"), text("d"))
    client.receive(*events)
    assert behaviour.events == list(events)
    assert set(behaviour.times[1:]) == {START_TIME + 5.0}


def test_data_messages_are_counted_with_their_bytes(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.counted()
    client.receive(text("grün"), BinaryReceived(b"123"), PingReceived(b"x"), PongReceived(b"y"))
    assert bench.counted() == TrafficDelta(messages_received=2, bytes_received=8)
    assert client.snapshot().messages_received == 2


def test_new_client_reports_itself_open_and_idle(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.clock.advance(3.0)
    assert client.snapshot() == client_snapshot()


def test_report_names_its_roll_call(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.registry.take()
    client.tell(ReportClient(42))
    assert bench.registry.mail == [ClientReported(42, client_snapshot())]


def test_activity_is_the_time_of_the_last_read(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.clock.advance(3.0)
    client.receive(PongReceived(b""))
    bench.clock.advance(3.0)
    assert client.snapshot().last_activity == START_TIME + 3.0
    assert client.snapshot().last_ping is None


def test_ping_frame_is_noted_as_the_last_ping(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour())
    bench.clock.advance(3.0)
    client.receive(PingReceived(b""))
    assert client.snapshot().last_ping == START_TIME + 3.0


def test_ping_of_the_clients_own_protocol_is_noted_as_the_last_ping(bench: ClientBench) -> None:
    client = bench.start(answering(ping=NotePing()))
    bench.clock.advance(3.0)
    client.receive(text("other"))
    assert client.snapshot().last_ping is None
    client.receive(text("ping"))
    assert client.snapshot().last_ping == START_TIME + 3.0


@pytest.mark.parametrize("event", [CloseReceived(1000, ""), ProtocolViolated(1002, "reserved bit")])
def test_client_is_closing_once_either_side_ends_it(bench: ClientBench, event: Inbound) -> None:
    client = bench.start(ScriptedBehaviour())
    client.receive(event)
    assert client.snapshot().connection_status == "closing"


# --- effects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "call"),
    [
        (SendText(b"one"), ("text", b"one")),
        (SendBinary(b"\x00\x01"), ("binary", b"\x00\x01")),
        (SendPong(b"pay"), ("pong", b"pay")),
        (AnswerClose(), ("answer_close",)),
        (FailConnection(), ("fail",)),
    ],
)
def test_effect_reaches_the_outbox(
    bench: ClientBench, effect: Effect, call: tuple[Any, ...]
) -> None:
    client = bench.start(answering(go=effect))
    client.receive(text("go"))
    assert client.outbox.calls == [call]


def test_effects_are_carried_out_in_order(bench: ClientBench) -> None:
    effects = (SendText(b"1"), SendBinary(b"2"), SendPong(b"3"), SendText(b"4"))
    client = bench.start(answering(go=effects))
    client.receive(text("go"))
    assert [call[1] for call in client.outbox.calls] == [b"1", b"2", b"3", b"4"]


def test_sent_messages_are_counted_with_their_bytes_and_pongs_are_not(bench: ClientBench) -> None:
    client = bench.start(answering(go=(SendText(b"one"), SendBinary(b"12"), SendPong(b"long"))))
    bench.counted()
    client.tell(DeliverText(b"pushed"))
    client.receive(text("go"))
    assert bench.counted() == TrafficDelta(
        messages_received=1, bytes_received=2, messages_sent=3, bytes_sent=11
    )
    assert client.snapshot().messages_sent == 3


@pytest.mark.parametrize("effect", [CountError(), FailConnection()])
def test_refused_message_counts_as_an_error(bench: ClientBench, effect: Effect) -> None:
    client = bench.start(answering(go=effect))
    bench.counted()
    client.receive(text("go"))
    assert bench.counted().errors == 1


def test_broadcast_is_handed_to_the_broadcaster(bench: ClientBench) -> None:
    client = bench.start(answering(go=BroadcastText(b"all")))
    client.receive(text("go"))
    assert bench.broadcaster.mail == [Broadcast(b"all", ClientId("0000000a"), None, client.ref)]


def test_question_for_clients_goes_to_the_registry(bench: ClientBench) -> None:
    client = bench.start(answering(go=AskClients()))
    bench.registry.take()
    client.receive(text("go"))
    assert bench.registry.mail == [CallRoll(None, client.ref)]


def test_question_for_statistics_comes_after_all_that_was_counted(bench: ClientBench) -> None:
    client = bench.start(answering(stats=(SendText(b"1"), AskStats(), SendText(b"2"))))
    client.receive(text("before"), text("stats"), text("after"))
    (reported,) = bench.deltas
    assert (reported.messages_received, reported.messages_sent) == (2, 1)
    assert bench.stats.mail == [ReportStats(client.ref)]


def test_question_for_statistics_comes_after_the_clients_own_broadcast(bench: ClientBench) -> None:
    # The broadcast itself goes through two more actors; its count must not.
    client = bench.start(answering(shout=BroadcastText(b"all"), stats=AskStats()))
    client.receive(text("shout"), text("stats"))
    assert bench.stats.mail == [BroadcastCounted(), ReportStats(client.ref)]


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (BroadcastDelivered(3), BroadcastDone(3)),
        (ClientsListed((client_snapshot(),)), ClientsKnown((client_snapshot(),))),
        (StatsReported(STATS), StatsKnown(STATS)),
    ],
)
def test_answer_of_another_actor_reaches_the_behaviour(
    bench: ClientBench, message: object, event: Event
) -> None:
    behaviour = ScriptedBehaviour()
    client = bench.start(behaviour)
    bench.clock.advance(1.0)
    client.tell(message)
    assert behaviour.events[1:] == [event]
    assert behaviour.times[1:] == [START_TIME + 1.0]


def test_clients_of_one_dispatcher_do_not_mix(bench: ClientBench) -> None:
    one = bench.start(answering(go=SendText(b"one")), client_id="0000000a")
    other = bench.start(answering(go=SendText(b"other")), client_id="0000000b")
    one.ref.tell(FramesReceived((text("go"),)))
    other.ref.tell(FramesReceived((text("go"), text("go"))))
    bench.run()
    assert one.outbox.calls == [("text", b"one")]
    assert other.outbox.calls == [("text", b"other")] * 2
    assert (one.snapshot().messages_sent, other.snapshot().messages_sent) == (1, 2)
