"""Delays of a client: pending without a thread, cancelled with the connection, bounded."""

import json
import threading
from collections.abc import Iterator

import pytest

from tests.helpers.client_bench import BenchClient, ClientBench
from tests.helpers.fakes import ScriptedBehaviour
from websocket_mock.actors.clients import actor as client_module
from websocket_mock.actors.conversation.core import (
    ConnectionContext,
    Effect,
    Event,
    StartTimer,
    TimerFired,
)
from websocket_mock.actors.conversation.json_protocol import JsonProtocol
from websocket_mock.actors.messages import ConnectionLost, ProbeClient
from websocket_mock.actors.values.effects import SendText
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.actors.values.models import ClientId, TransportStatus

LOST = ConnectionLost(1006, "", was_clean=False)


@pytest.fixture
def bench() -> Iterator[ClientBench]:
    one = ClientBench()
    yield one
    one.stop()


def start_json_client(bench: ClientBench) -> BenchClient:
    status = TransportStatus("localhost", 9004, is_running=True)
    context = ConnectionContext(
        ClientId("0000000a"), "/", "0", lambda: status, HandshakeRequest("/")
    )
    client = bench.start(JsonProtocol(context))
    client.outbox.take()
    return client


def send(client: BenchClient, *messages: dict[str, object]) -> None:
    texts = [json.dumps(message) for message in messages]
    client.receive(*[TextReceived(text, len(text)) for text in texts])


def delay(seconds: float) -> dict[str, object]:
    return {"type": "simulate_delay", "delay_seconds": seconds}


def types(client: BenchClient) -> list[str]:
    found = [message["type"] for message in client.outbox.texts]
    client.outbox.take()
    return found


def test_delay_is_answered_when_its_time_has_come(bench: ClientBench) -> None:
    client = start_json_client(bench)
    send(client, delay(2.5))
    bench.advance(2.25)
    assert types(client) == []
    bench.advance(0.25)
    assert types(client) == ["delay_completed"]


def test_other_messages_are_answered_while_a_delay_is_pending(bench: ClientBench) -> None:
    client = start_json_client(bench)
    send(client, delay(2.0), {"type": "ping"})
    assert types(client) == ["pong"]
    bench.advance(2.0)
    assert types(client) == ["delay_completed"]


def test_delays_end_in_the_order_of_their_times(bench: ClientBench) -> None:
    client = start_json_client(bench)
    send(client, delay(3), delay(1), delay(2))
    bench.advance(3.0)
    assert [message["delay_seconds"] for message in client.outbox.texts] == [1, 2, 3]


def test_delay_of_no_time_ends_in_the_next_pass(bench: ClientBench) -> None:
    client = start_json_client(bench)
    send(client, delay(0))
    bench.advance(0.0)
    assert types(client) == ["delay_completed"]


def test_timer_hands_its_payload_back(bench: ClientBench) -> None:
    def answer(event: Event) -> tuple[Effect, ...]:
        return (StartTimer(1.0, "payload"),) if isinstance(event, TextReceived) else ()

    behaviour = ScriptedBehaviour(answer)
    client = bench.start(behaviour)
    client.receive(TextReceived("go", 2))
    behaviour.take()
    bench.advance(1.0)
    assert behaviour.events == [TimerFired("payload")]


def test_disconnect_cancels_all_timers(bench: ClientBench) -> None:
    client = start_json_client(bench)
    send(client, *[delay(5)] * 10)
    client.tell(LOST)
    bench.counted()
    assert len(bench.dispatcher.scheduler) == 0
    bench.advance(10.0)
    assert client.outbox.calls == []


def test_disconnect_of_one_client_leaves_the_timers_of_others(bench: ClientBench) -> None:
    gone, stays = start_json_client(bench), start_json_client(bench)
    for client in (gone, stays):
        send(client, delay(5))
    gone.tell(LOST)
    bench.advance(5.0)
    assert (types(gone), types(stays)) == ([], ["delay_completed"])


def test_timer_that_is_due_as_the_client_leaves_breaks_nothing(bench: ClientBench) -> None:
    client = start_json_client(bench)
    send(client, delay(1))
    client.ref.tell(LOST)
    bench.advance(1.0)
    assert not client.is_alive
    assert bench.counted().errors == 0


def test_ten_thousand_pending_delays_cost_no_thread_and_fire_in_order(bench: ClientBench) -> None:
    client = start_json_client(bench)
    before = threading.active_count()
    delays = [(number * 7919 % 10_000) / 1000 for number in range(10_000)]
    send(client, *map(delay, delays))
    assert threading.active_count() <= before  # a thread of an earlier test may end
    bench.advance(5.0)
    first = client.outbox.texts
    assert [message["delay_seconds"] for message in first] == sorted(delays)[:5001]
    client.outbox.take()
    bench.advance(5.0)
    assert [message["delay_seconds"] for message in client.outbox.texts] == sorted(delays)[5001:]


def test_one_timer_too_many_is_refused_and_the_connection_goes_on(
    bench: ClientBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_TIMERS", 3)
    client = start_json_client(bench)
    send(client, *[delay(1)] * 4, {"type": "ping"})
    error, pong = client.outbox.texts
    assert error["error"] == "Internal error: more than 3 timers are waiting"
    assert pong["type"] == "pong"
    assert bench.counted().errors == 1
    client.outbox.take()
    bench.advance(1.0)
    assert types(client) == ["delay_completed"] * 3


def test_timer_that_has_fired_makes_room_for_another(
    bench: ClientBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_TIMERS", 1)
    client = start_json_client(bench)
    for _ in range(3):
        send(client, delay(1))
        bench.advance(1.0)
    assert types(client) == ["delay_completed"] * 3


def test_client_with_as_many_timers_as_it_may_have_can_still_be_probed(
    bench: ClientBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_TIMERS", 3)
    client = start_json_client(bench)
    send(client, *[delay(5)] * 3)
    answer = client.ref.ask(ProbeClient((), 1.0, wants_replies=False), block=False)
    bench.run()
    bench.advance(1.0)
    assert answer.get(timeout=0).get(timeout=0).round_trip is None
    assert client.is_alive


def test_behaviour_that_raises_when_its_timer_fires_is_contained(bench: ClientBench) -> None:
    def answer(event: Event) -> tuple[Effect, ...]:
        match event:
            case TextReceived():
                return (StartTimer(1.0, None),)
            case TimerFired():
                raise ValueError("too late")
            case _:
                return (SendText(b"{}"),)

    client = bench.start(ScriptedBehaviour(answer))
    client.receive(TextReceived("go", 2))
    bench.advance(1.0)
    assert client.is_alive
    assert client.outbox.calls == [("text", b"{}")] * 2
