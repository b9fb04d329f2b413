"""The table of connected clients, and roll calls."""

from collections.abc import Iterator

import pykka
import pytest

from tests.helpers.client_bench import client_info, client_snapshot
from tests.helpers.fakes import CrashLog, RecordingRef
from tests.helpers.futures import is_pending
from tests.helpers.singletons import running, settle
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.directory import client_registry
from websocket_mock.actors.directory.client_registry import ClientRegistry
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import (
    CallRoll,
    ClientReported,
    ClientsListed,
    GetClientRefs,
    ListClients,
    RegisterClient,
    ReportClient,
    ResolveTarget,
    TargetResolved,
    UnregisterClient,
)
from websocket_mock.actors.values.models import ClientId, ClientPage
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.targets import Everyone, EveryoneBut, OneClient, Target

A, B, C = ClientId("aaaaaaaa"), ClientId("bbbbbbbb"), ClientId("cccccccc")


class Office:
    """A registry and the clients it knows, who answer only when the test lets them."""

    def __init__(self, ref: Ref) -> None:
        self.ref = ref
        self.clients: dict[ClientId, RecordingRef] = {}

    def register(self, *client_ids: ClientId) -> None:
        for client_id in client_ids:
            self.clients[client_id] = RecordingRef(client_id)
            self.ref.tell(RegisterClient(client_info(client_id), self.clients[client_id]))
        settle(self.ref)

    def unregister(self, client_id: ClientId) -> None:
        self.ref.tell(UnregisterClient(client_id))
        settle(self.ref)

    def ask_list(self, limit: int = 100, after: int = 0) -> "pykka.Future[ClientPage]":
        """Ask for a page; the roll call is under way when this returns."""
        future: pykka.Future[ClientPage] = self.ref.ask(ListClients(limit, after), timeout=PATIENCE)
        return future

    def report(self, client_id: ClientId, messages: int = 0) -> None:
        """Let a client answer every roll call it has heard of."""
        for call in self.clients[client_id].take():
            assert isinstance(call, ReportClient)
            snapshot = client_snapshot(client_id, messages_received=messages)
            self.ref.tell(ClientReported(call.roll_call_id, snapshot))
        settle(self.ref)

    def resolve(self, target: Target, scope: Scope = None) -> TargetResolved:
        asker = RecordingRef("asker")
        self.ref.tell(ResolveTarget(7, target, scope, asker))
        settle(self.ref)
        (resolved,) = asker.mail
        assert isinstance(resolved, TargetResolved)
        return resolved


@pytest.fixture
def office() -> Iterator[Office]:
    crashes = CrashLog()
    with running(ClientRegistry, crashes) as ref:
        yield Office(ref)
    assert crashes.names == []


def ids(page: ClientPage) -> list[str]:
    return [snapshot.info.id for snapshot in page.clients]


# --- targets --------------------------------------------------------------------------------------


def test_targets_are_resolved_in_the_order_of_connecting(office: Office) -> None:
    office.register(B, A, C)
    refs = office.clients
    everyone = office.resolve(Everyone())
    assert everyone == TargetResolved(7, (refs[B], refs[A], refs[C]), 3)
    assert office.resolve(EveryoneBut(A)) == TargetResolved(7, (refs[B], refs[C]), 3)
    assert office.resolve(OneClient(A)) == TargetResolved(7, (refs[A],), 3)


def test_client_that_is_not_connected_resolves_to_nobody(office: Office) -> None:
    office.register(A)
    assert office.resolve(OneClient(B)) == TargetResolved(7, (), 1)
    assert office.resolve(EveryoneBut(B)).refs == (office.clients[A],)


def test_unregistered_client_is_no_longer_a_target(office: Office) -> None:
    office.register(A, B)
    office.unregister(A)
    assert office.resolve(Everyone()) == TargetResolved(7, (office.clients[B],), 1)


def test_unregistering_a_stranger_does_nothing(office: Office) -> None:
    office.register(A)
    office.unregister(B)
    assert office.resolve(Everyone()).total == 1


@pytest.mark.parametrize(
    ("target", "expected"),
    [(Everyone(), [A, B]), (EveryoneBut(A), [B]), (OneClient(B), [B]), (OneClient(C), [])],
)
def test_outsiders_get_the_refs_behind_a_target(
    office: Office, target: Target, expected: list[ClientId]
) -> None:
    office.register(A, B)
    found = ask(office.ref, GetClientRefs(target), timeout=PATIENCE)
    assert found == tuple((client_id, office.clients[client_id]) for client_id in expected)


# --- roll calls -----------------------------------------------------------------------------------


def test_list_of_nobody_is_answered_at_once(office: Office) -> None:
    assert ask(office.ref, ListClients(10), timeout=PATIENCE) == ClientPage((), 0, None)


def test_list_waits_for_the_last_report_and_keeps_the_order_of_connecting(office: Office) -> None:
    office.register(A, B)
    future = office.ask_list()
    office.report(B, messages=2)
    assert is_pending(future)
    office.report(A, messages=1)
    page = future.get(timeout=0)
    assert ids(page) == [A, B]
    assert [snapshot.messages_received for snapshot in page.clients] == [1, 2]
    assert (page.total, page.next_cursor) == (2, None)


def test_client_that_leaves_in_the_middle_of_a_roll_call_is_left_out(office: Office) -> None:
    office.register(A, B, C)
    future = office.ask_list()
    office.report(A)
    office.unregister(B)
    assert is_pending(future)
    office.report(C)
    assert ids(future.get(timeout=0)) == [A, C]


def test_roll_call_ends_when_the_last_one_missing_leaves(office: Office) -> None:
    office.register(A, B)
    future = office.ask_list()
    office.report(A)
    office.unregister(B)
    assert ids(future.get(timeout=0)) == [A]


def test_client_that_reported_and_then_left_is_in_the_list(office: Office) -> None:
    office.register(A, B)
    future = office.ask_list()
    office.report(A)
    office.unregister(A)
    office.report(B)
    assert ids(future.get(timeout=0)) == [A, B]


def test_client_that_has_just_stopped_is_ticked_off_by_its_last_message(office: Office) -> None:
    office.register(A, B)
    office.clients[A].is_stopped = True
    future = office.ask_list()
    office.report(B)
    assert is_pending(future)
    office.unregister(A)
    assert ids(future.get(timeout=0)) == [B]


def test_client_that_comes_during_a_roll_call_does_not_disturb_it(office: Office) -> None:
    office.register(A)
    future = office.ask_list()
    office.register(B)
    office.report(A)
    assert ids(future.get(timeout=0)) == [A]
    assert office.clients[B].mail == []


def test_report_that_comes_too_late_is_ignored(office: Office) -> None:
    office.register(A)
    office.ref.tell(ClientReported(99, client_snapshot(A)))
    future = office.ask_list()
    office.report(A)
    assert ids(future.get(timeout=0)) == [A]


def test_roll_calls_do_not_mix(office: Office) -> None:
    office.register(A, B)
    first, second = office.ask_list(), office.ask_list(limit=1)
    office.report(A)
    assert is_pending(first)
    assert ids(second.get(timeout=0)) == [A]
    office.report(B)
    assert ids(first.get(timeout=0)) == [A, B]


def test_client_that_calls_the_roll_gets_the_list_as_a_message(office: Office) -> None:
    office.register(A, B)
    office.ref.tell(CallRoll(None, office.clients[A]))
    settle(office.ref)
    office.report(B)
    office.report(A)
    assert office.clients[A].mail == [ClientsListed((client_snapshot(A), client_snapshot(B)))]


def test_client_that_calls_the_roll_and_leaves_breaks_nothing(office: Office) -> None:
    office.register(A, B)
    office.ref.tell(CallRoll(None, office.clients[A]))
    settle(office.ref)
    office.clients[A].is_stopped = True
    office.unregister(A)
    office.report(B)
    assert office.resolve(Everyone()).total == 1


def test_oldest_roll_call_is_answered_as_it_is_when_there_are_too_many(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_registry, "MAX_ROLL_CALLS", 2)
    office.register(A, B)
    first = office.ask_list()
    office.report(A)
    second = office.ask_list()
    assert is_pending(first)
    third = office.ask_list()
    assert ids(first.get(timeout=0)) == [A]
    office.report(A)
    office.report(B)
    assert [ids(one.get(timeout=0)) for one in (second, third)] == [[A, B], [A, B]]


def test_roll_calls_under_way_are_answered_when_the_registry_stops(office: Office) -> None:
    office.register(A, B)
    first, second = office.ask_list(), office.ask_list()
    office.clients[B].mail.clear()
    office.report(A)
    office.ref.stop(timeout=PATIENCE)
    assert [ids(one.get(timeout=PATIENCE)) for one in (first, second)] == [[A], [A]]


# --- pages ----------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_repetition(office: Office) -> None:
    everyone = [ClientId(f"{number:08x}") for number in range(5)]
    office.register(*everyone)
    seen: list[str] = []
    cursor: int | None = 0
    while cursor is not None:
        future = office.ask_list(limit=2, after=cursor)
        for client_id in everyone:
            office.report(client_id)
        page = future.get(timeout=0)
        assert page.total == 5
        seen += ids(page)
        cursor = page.next_cursor
    assert seen == everyone


def test_only_the_clients_of_the_page_are_asked(office: Office) -> None:
    office.register(A, B)
    future = office.ask_list(limit=1)
    assert office.clients[B].mail == []
    office.report(A)
    assert future.get(timeout=0).next_cursor is not None


def test_cursor_stays_good_when_its_client_has_left(office: Office) -> None:
    office.register(A, B, C)
    future = office.ask_list(limit=2)
    office.report(A)
    office.report(B)
    cursor = future.get(timeout=0).next_cursor
    assert cursor is not None
    office.unregister(B)
    rest = office.ask_list(limit=2, after=cursor)
    office.report(C)
    assert ids(rest.get(timeout=0)) == [C]
    assert rest.get(timeout=0).next_cursor is None
