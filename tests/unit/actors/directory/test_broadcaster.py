"""Fan-out to clients, with the registry's answers in the test's hands."""

from collections.abc import Iterator
from typing import Any

import pykka
import pytest

from tests.helpers.client_bench import client_info
from tests.helpers.fakes import CrashLog, RecordingRef
from tests.helpers.singletons import running, settle
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.directory.broadcaster import Broadcaster
from websocket_mock.actors.directory.client_registry import ClientRegistry
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import (
    Broadcast,
    BroadcastCounted,
    BroadcastDelivered,
    DeliverBinary,
    DeliverText,
    HandOver,
    PublishMessage,
    PushMessage,
    RegisterClient,
    ResolveTarget,
    TakeOverClient,
    TargetResolved,
)
from websocket_mock.actors.values.models import ClientId, DeliveryReport
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE
from websocket_mock.actors.values.targets import (
    AtEndpoint,
    BuiltInClientsBut,
    Everyone,
    EveryoneBut,
    InGroup,
    OneClient,
)

A, B, C = ClientId("aaaaaaaa"), ClientId("bbbbbbbb"), ClientId("cccccccc")


class Studio:
    """A broadcaster; the registry answers when the test says so."""

    def __init__(self, crashes: CrashLog) -> None:
        self.registry = RecordingRef("registry")
        self.stats = RecordingRef("stats")
        self.crashes = crashes
        self.ref: Ref = Broadcaster.start(self.registry, self.stats, crashes)

    def tell(self, message: object) -> None:
        self.ref.tell(message)
        settle(self.ref)

    def broadcast(self, sender: RecordingRef, payload: bytes = b"hello") -> ResolveTarget:
        """Broadcast, and return what the registry is asked."""
        self.tell(Broadcast(payload, ClientId(sender.name), "here", sender))
        return self.asked()

    def push(self, target: Any) -> "tuple[ResolveTarget, pykka.Future[DeliveryReport]]":
        future: pykka.Future[DeliveryReport] = self.ref.ask(
            PushMessage(b"hello", is_text=True, target=target), timeout=PATIENCE
        )
        return self.asked(), future

    def asked(self) -> ResolveTarget:
        (question,) = self.registry.take()
        assert isinstance(question, ResolveTarget)
        assert question.reply_to is self.ref or question.reply_to == self.ref
        return question

    def resolve(self, question: ResolveTarget, refs: list[RecordingRef], total: int) -> None:
        self.tell(TargetResolved(question.request_id, tuple(refs), total))


@pytest.fixture
def studio() -> Iterator[Studio]:
    crashes = CrashLog()
    one = Studio(crashes)
    yield one
    one.ref.stop(timeout=PATIENCE)
    assert crashes.names == []


@pytest.fixture
def clients() -> list[RecordingRef]:
    return [RecordingRef(name) for name in (A, B, C)]


# --- broadcasts of clients ------------------------------------------------------------------------


def test_broadcast_goes_to_all_others_and_the_sender_is_told(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    sender, *others = clients
    question = studio.broadcast(sender)
    assert question.target == BuiltInClientsBut(A)
    studio.resolve(question, others, total=3)
    assert [other.mail for other in others] == [[DeliverText(b"hello")]] * 2
    assert sender.mail == [BroadcastDelivered(2)]
    assert studio.stats.mail == []  # the sender has counted it


def test_broadcast_skips_client_that_just_stopped(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    sender, gone, other = clients
    question = studio.broadcast(sender)
    gone.is_stopped = True
    studio.resolve(question, [gone, other], total=3)
    assert other.mail == [DeliverText(b"hello")]
    assert sender.mail == [BroadcastDelivered(1)]


def test_broadcast_outlives_two_clients_closing_in_the_middle_of_it(studio: Studio) -> None:
    first, second, third, last = (RecordingRef(name) for name in "wxyz")
    sender = RecordingRef(A)

    class TakesOthersAlong(RecordingRef):
        """A client at whose turn two others close."""

        def tell(self, message: Any) -> None:
            super().tell(message)
            second.is_stopped = third.is_stopped = True

    first = TakesOthersAlong("w")
    question = studio.broadcast(sender)
    studio.resolve(question, [first, second, third, last], total=5)
    assert sender.mail == [BroadcastDelivered(2)]
    assert [len(one.mail) for one in (first, second, third, last)] == [1, 0, 0, 1]


def test_broadcast_whose_sender_has_gone_still_reaches_the_others(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    sender, *others = clients
    question = studio.broadcast(sender)
    sender.is_stopped = True
    studio.resolve(question, others, total=2)
    assert [len(other.mail) for other in others] == [1, 1]


def test_broadcast_to_nobody_is_answered(studio: Studio, clients: list[RecordingRef]) -> None:
    studio.resolve(studio.broadcast(clients[0]), [], total=1)
    assert clients[0].mail == [BroadcastDelivered(0)]


def test_answers_of_the_registry_find_their_broadcasts(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    one, other, listener = clients
    first = studio.broadcast(one, b"first")
    second = studio.broadcast(other, b"second")
    assert first.request_id != second.request_id
    studio.resolve(second, [listener], total=3)
    studio.resolve(first, [listener], total=3)
    assert listener.mail == [DeliverText(b"second"), DeliverText(b"first")]
    assert (one.mail, other.mail) == ([BroadcastDelivered(1)], [BroadcastDelivered(1)])


def test_every_recipient_gets_the_same_message_object(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    sender, one, other = clients
    studio.resolve(studio.broadcast(sender), [one, other], total=3)
    assert one.mail[0] is other.mail[0]


# --- pushes from outside --------------------------------------------------------------------------


def test_push_to_everyone_reports_deliveries_and_counts_as_a_broadcast(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    question, future = studio.push(Everyone())
    clients[0].is_stopped = True
    studio.resolve(question, clients, total=3)
    assert future.get(timeout=0) == DeliveryReport(delivered=2, total=3)
    assert studio.stats.mail == [BroadcastCounted()]


def test_push_to_one_client_is_no_broadcast(studio: Studio, clients: list[RecordingRef]) -> None:
    question, future = studio.push(OneClient(A))
    assert question.target == OneClient(A)
    studio.resolve(question, clients[:1], total=3)
    assert future.get(timeout=0) == DeliveryReport(delivered=1, total=3)
    assert studio.stats.mail == []


def test_push_to_an_unknown_client_says_so(studio: Studio) -> None:
    question, future = studio.push(OneClient(A))
    studio.resolve(question, [], total=3)
    assert future.get(timeout=0) == DeliveryReport(delivered=0, total=3, is_target_known=False)


def test_push_to_nobody_connected_is_no_error(studio: Studio) -> None:
    question, future = studio.push(Everyone())
    studio.resolve(question, [], total=0)
    assert future.get(timeout=0) == DeliveryReport(delivered=0, total=0)


def test_push_through_a_real_registry_reaches_its_clients(clients: list[RecordingRef]) -> None:
    crashes = CrashLog()
    with (
        running(ClientRegistry, crashes) as registry,
        running(Broadcaster, registry, RecordingRef("stats"), crashes) as ref,
    ):
        for client in clients:
            registry.tell(RegisterClient(client_info(client.name), client))
        report = ask(
            ref, PushMessage(b"hello", is_text=True, target=EveryoneBut(A)), timeout=PATIENCE
        )
    assert report == DeliveryReport(delivered=2, total=3)
    assert [len(client.mail) for client in clients] == [0, 1, 1]


def test_answer_that_nobody_waits_for_is_a_bug_and_escalates() -> None:
    crashes = CrashLog()
    with running(Broadcaster, RecordingRef("r"), RecordingRef("s"), crashes) as ref:
        ref.tell(TargetResolved(99, (), 0))
    assert crashes.names == ["broadcaster"]


def test_targets_are_resolved_in_the_scope_they_come_with(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    assert studio.broadcast(clients[0]).scope == "here"
    studio.tell(PublishMessage(b"x", is_text=True, target=InGroup("g"), namespace="there"))
    assert studio.asked().scope == "there"
    push = PushMessage(b"x", is_text=True, target=Everyone(), scope=EVERY_NAMESPACE)
    studio.ref.ask(push, timeout=PATIENCE)
    assert studio.asked().scope == EVERY_NAMESPACE


def test_client_that_is_taken_over_is_told_after_its_groups_have_moved(
    studio: Studio, clients: list[RecordingRef]
) -> None:
    old, heir, _ = clients
    order = TakeOverClient(A, "here", B, heir)
    studio.tell(order)
    told, question = studio.registry.take()
    assert told == order
    assert isinstance(question, ResolveTarget)
    assert (question.target, question.scope) == (OneClient(A), "here")
    studio.resolve(question, [old], total=3)
    assert old.mail == [HandOver(heir)]


@pytest.mark.parametrize(("is_text", "delivery"), [(True, DeliverText), (False, DeliverBinary)])
def test_push_is_text_or_binary(
    studio: Studio,
    clients: list[RecordingRef],
    is_text: bool,
    delivery: type[DeliverText | DeliverBinary],
) -> None:
    push = PushMessage(b"\x00", is_text, AtEndpoint("shop"))
    future = studio.ref.ask(push, timeout=PATIENCE)
    studio.resolve(studio.asked(), clients[:1], total=3)
    assert future.get(timeout=PATIENCE) == DeliveryReport(delivered=1, total=3)
    assert clients[0].mail == [delivery(b"\x00")]
    assert studio.stats.mail == []
