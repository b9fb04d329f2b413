"""A client actor that is probed from outside."""

from collections.abc import Iterator

import pykka
import pytest

from tests.helpers.client_bench import BenchClient, ClientBench
from tests.helpers.fakes import ScriptedBehaviour
from tests.helpers.futures import is_pending
from websocket_mock.actors.conversation.core import answer_control
from websocket_mock.actors.messages import ConnectionLost, ProbeClient
from websocket_mock.actors.values.inbound import BinaryReceived, PongReceived, TextReceived
from websocket_mock.actors.values.models import ClientId, ProbeResult, TrafficDelta

ID = ClientId("0000000a")


@pytest.fixture
def bench() -> Iterator[ClientBench]:
    one = ClientBench()
    yield one
    one.stop()


@pytest.fixture
def client(bench: ClientBench) -> BenchClient:
    client = bench.start(ScriptedBehaviour(answer_control))
    bench.counted()
    return client


def probe(
    bench: ClientBench, client: BenchClient, query: ProbeClient
) -> "pykka.Future[ProbeResult]":
    """Ask for a probe; return the future that the actor answered with."""
    asked = client.ref.ask(query, block=False)
    bench.run()
    answer: pykka.Future[ProbeResult] = asked.get(timeout=0)
    return answer


def sent_ping(client: BenchClient) -> bytes:
    (payload,) = [call[1] for call in client.outbox.take() if call[0] == "ping"]
    assert isinstance(payload, bytes)
    return payload


def test_probe_sends_its_messages_and_then_a_ping(bench: ClientBench, client: BenchClient) -> None:
    probe(bench, client, ProbeClient((b"one", b"two"), 5.0, wants_replies=False))
    assert [call[0] for call in client.outbox.calls] == ["text", "text", "ping"]
    assert bench.counted() == TrafficDelta(messages_sent=2, bytes_sent=6)


def test_ping_of_a_probe_is_short_enough_for_a_control_frame(
    bench: ClientBench, client: BenchClient
) -> None:
    probe(bench, client, ProbeClient((), 5.0, wants_replies=False))
    assert len(sent_ping(client)) <= 125


def test_probe_ends_with_the_pong(bench: ClientBench, client: BenchClient) -> None:
    future = probe(bench, client, ProbeClient((b"one",), 5.0, wants_replies=False))
    bench.clock.advance(0.5)
    client.receive(PongReceived(sent_ping(client)))
    assert future.get(timeout=0) == ProbeResult(ID, 1, 3, 0.5, (), 0)
    bench.advance(5.0)
    assert client.is_alive


def test_probe_without_a_pong_ends_with_its_window(bench: ClientBench, client: BenchClient) -> None:
    future = probe(bench, client, ProbeClient((), 5.0, wants_replies=False))
    bench.advance(4.0)
    assert is_pending(future)
    bench.advance(1.0)
    assert future.get(timeout=0) == ProbeResult(ID, 0, 0, None, (), 0)


def test_probe_collects_replies_until_its_window_ends(
    bench: ClientBench, client: BenchClient
) -> None:
    future = probe(bench, client, ProbeClient((b"one",), 5.0, wants_replies=True))
    bench.clock.advance(0.5)
    client.receive(PongReceived(sent_ping(client)), TextReceived("yes", 3), BinaryReceived(b"12"))
    assert is_pending(future)
    bench.advance(4.5)
    replies = ("yes", "(2 bytes, binary)")
    assert future.get(timeout=0) == ProbeResult(ID, 1, 3, 0.5, replies, 2)


def test_client_that_leaves_answers_its_probes_at_once(
    bench: ClientBench, client: BenchClient
) -> None:
    query = ProbeClient((), 5.0, wants_replies=True)
    futures = [probe(bench, client, query) for _ in range(2)]
    client.tell(ConnectionLost(1006, "", was_clean=False))
    assert [future.get(timeout=0).round_trip for future in futures] == [None, None]
    bench.counted()
    assert len(bench.dispatcher.scheduler) == 0


def test_replies_are_not_kept_while_nobody_probes(bench: ClientBench, client: BenchClient) -> None:
    client.receive(TextReceived("early", 5))
    future = probe(bench, client, ProbeClient((), 5.0, wants_replies=True))
    bench.advance(5.0)
    assert future.get(timeout=0).replies == ()
