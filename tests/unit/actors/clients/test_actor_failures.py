"""What raises is contained: a behaviour's error by the connection, an actor's by its end."""

from collections.abc import Iterator

import pytest

from tests.helpers.client_bench import BenchClient, ClientBench, client_info
from tests.helpers.fakes import BrokenOutbox, BrokenRef, RecordingOutbox, ScriptedBehaviour
from websocket_mock.actors.conversation.core import (
    Effect,
    Event,
    HandlerFailed,
    Opened,
    StartTimer,
    answer_control,
)
from websocket_mock.actors.messages import (
    ConnectionLost,
    DeliverText,
    ProbeClient,
    RegisterClient,
    UnregisterClient,
)
from websocket_mock.actors.values.effects import SendText
from websocket_mock.actors.values.inbound import (
    CloseReceived,
    Inbound,
    PingReceived,
    ProtocolViolated,
    TextReceived,
)
from websocket_mock.actors.values.models import ClientId, TrafficDelta

ID = ClientId("0000000a")
TEXT = TextReceived("go", 2)
BROKEN = ("close", 1011, "internal error")


class HopelessOutbox(BrokenOutbox):
    """An outbox that cannot even close."""

    def close(self, code: int, reason: str = "") -> None:
        super().close(code, reason)
        raise OSError("cannot close")


@pytest.fixture
def bench() -> Iterator[ClientBench]:
    one = ClientBench()
    yield one
    one.stop()


def failing_on(kind: type[Event], *, twice: bool = False) -> ScriptedBehaviour:
    """A behaviour that raises on one kind of event, and says so when asked what to do then."""

    def answer(event: Event) -> tuple[Effect, ...]:
        match event:
            case HandlerFailed(error):
                if twice:
                    raise ValueError("no answer to that")
                return (SendText(b"failed: %s" % str(error).encode()),)
            case _ if isinstance(event, kind):
                raise ValueError("boom")
            case _:
                return (SendText(b"fine"),)

    return ScriptedBehaviour(answer)


def assert_others_go_on(bench: ClientBench) -> None:
    other = bench.start(ScriptedBehaviour(), client_id="0000000b")
    other.tell(DeliverText(b"hello"))
    assert other.outbox.calls == [("text", b"hello")]


# --- behaviours -----------------------------------------------------------------------------------


def test_behaviour_that_raises_is_counted_and_answers_and_the_connection_goes_on(
    bench: ClientBench,
) -> None:
    client = bench.start(failing_on(TextReceived))
    bench.counted()
    client.outbox.take()
    client.receive(TEXT)
    assert client.outbox.take() == [("text", b"failed: boom")]
    assert bench.counted().errors == 1
    client.receive(PingReceived(b""))
    assert client.outbox.calls == [("text", b"fine")]


def test_behaviour_that_raises_is_logged_with_its_traceback(
    bench: ClientBench, log_lines: list[str]
) -> None:
    bench.start(failing_on(TextReceived)).receive(TEXT)
    (line,) = log_lines
    assert line.startswith("ERROR client 0000000a: a handler raised")
    assert "Traceback" in line
    assert "ValueError: boom" in line


def test_rest_of_a_read_is_handled_after_a_behaviour_raised(bench: ClientBench) -> None:
    client = bench.start(failing_on(TextReceived))
    client.outbox.take()
    client.receive(TEXT, PingReceived(b""), TEXT)
    answers = [call[1] for call in client.outbox.calls if call[0] == "text"]
    assert answers == [b"failed: boom", b"fine", b"failed: boom"]


@pytest.mark.parametrize(
    ("event", "call"),
    [
        (PingReceived(b"pay"), ("pong", b"pay")),
        (CloseReceived(1000, ""), ("answer_close",)),
        (ProtocolViolated(1002, ""), ("fail",)),
    ],
)
def test_protocol_is_kept_though_the_behaviour_raises(
    bench: ClientBench, event: Inbound, call: tuple[object, ...]
) -> None:
    client = bench.start(failing_on(type(event)))
    client.outbox.take()
    client.receive(event)
    assert client.outbox.calls == [call, ("text", b"failed: boom")]


def test_behaviour_that_raises_twice_is_counted_once_and_goes_on(
    bench: ClientBench, log_lines: list[str]
) -> None:
    client = bench.start(failing_on(TextReceived, twice=True))
    bench.counted()
    client.outbox.take()
    client.receive(TEXT)
    assert client.outbox.take() == []
    assert bench.counted().errors == 1
    assert [line.split(":")[0] for line in log_lines if line.startswith("ERROR")] == [
        "ERROR client 0000000a",
        "ERROR client 0000000a",
    ]
    client.receive(PingReceived(b""))
    assert client.outbox.calls == [("text", b"fine")]


def test_behaviour_that_raises_at_the_opening_is_contained(bench: ClientBench) -> None:
    client = bench.start(failing_on(Opened))
    assert client.is_alive
    assert client.outbox.calls == [("text", b"failed: boom")]


# --- actors ---------------------------------------------------------------------------------------


def start_broken(bench: ClientBench, outbox: RecordingOutbox | None = None) -> BenchClient:
    """Start a client that breaks when it sends text."""
    client = bench.start(ScriptedBehaviour(answer_control), outbox=outbox or BrokenOutbox())
    bench.counted()
    bench.registry.take()
    return client


def test_crash_under_tell_closes_with_1011_and_unregisters(bench: ClientBench) -> None:
    client = start_broken(bench)
    client.tell(DeliverText(b"hello"))
    assert client.outbox.calls == [BROKEN]
    assert not client.is_alive
    assert bench.registry.mail == [UnregisterClient(ID)]
    assert bench.counted() == TrafficDelta(disconnected=1, errors=1)
    assert_others_go_on(bench)


def test_crash_under_ask_reaches_the_asker_and_ends_the_client_the_same_way(
    bench: ClientBench,
) -> None:
    client = start_broken(bench)
    future = client.ref.ask(ProbeClient((b"hello",), 5.0, wants_replies=False), block=False)
    bench.run()
    with pytest.raises(OSError, match="the outbox is broken"):
        future.get(timeout=0)
    assert client.outbox.calls == [BROKEN]
    assert not client.is_alive
    assert bench.registry.mail == [UnregisterClient(ID)]
    assert_others_go_on(bench)


def test_crash_in_on_start_closes_with_1011_and_unregisters(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour(lambda _: (SendText(b"hi"),)), outbox=BrokenOutbox())
    assert not client.is_alive
    assert client.outbox.calls == [BROKEN]
    assert bench.registry.mail == [RegisterClient(client_info(), client.ref), UnregisterClient(ID)]
    counted = bench.counted()
    assert (counted.connected, counted.disconnected) == (1, 1)
    assert_others_go_on(bench)


def test_crash_in_on_stop_leaves_no_timer_and_harms_nobody(bench: ClientBench) -> None:
    def answer(event: Event) -> tuple[Effect, ...]:
        return (StartTimer(5.0, None),) if isinstance(event, TextReceived) else ()

    registry = BrokenRef("registry")
    registry.is_broken = False
    client = bench.start(ScriptedBehaviour(answer), registry=registry)
    client.receive(TEXT)
    registry.is_broken = True
    client.tell(ConnectionLost(1000, "", was_clean=True))
    assert not client.is_alive
    assert bench.counted().disconnected == 1
    assert len(bench.dispatcher.scheduler) == 0
    assert_others_go_on(bench)


def test_client_whose_registry_is_broken_is_closed(bench: ClientBench) -> None:
    client = bench.start(ScriptedBehaviour(), registry=BrokenRef("registry"))
    assert not client.is_alive
    assert client.outbox.calls == [BROKEN]
    assert_others_go_on(bench)


def test_client_that_breaks_is_released_even_if_it_cannot_be_closed(bench: ClientBench) -> None:
    at_start = bench.start(ScriptedBehaviour(lambda _: (SendText(b"hi"),)), outbox=HopelessOutbox())
    assert bench.registry.take()[1:] == [UnregisterClient(ID)]
    asked, told = (start_broken(bench, HopelessOutbox()) for _ in range(2))
    asked.ref.ask(ProbeClient((b"hello",), 5.0, wants_replies=False), block=False)
    told.tell(DeliverText(b"hello"))
    assert [one.is_alive for one in (at_start, asked, told)] == [False, False, False]
    assert bench.registry.mail == [UnregisterClient(ID)] * 2


def test_releasing_a_client_twice_unregisters_it_once(bench: ClientBench) -> None:
    client = start_broken(bench)
    actor = client.ref._actor_weakref()
    assert actor is not None
    client.tell(ConnectionLost(1000, "", was_clean=True))
    actor.on_failure(None, None, None)
    assert bench.registry.mail == [UnregisterClient(ID)]
    assert bench.counted() == TrafficDelta(disconnected=1)


def test_mail_between_a_crash_under_ask_and_the_end_breaks_nothing(bench: ClientBench) -> None:
    client = start_broken(bench)
    client.ref.ask(ProbeClient((b"hello",), 5.0, wants_replies=False), block=False)
    client.ref.tell(ConnectionLost(1011, "internal error", was_clean=False))
    bench.run()
    assert not client.is_alive
    assert bench.registry.mail == [UnregisterClient(ID)]
