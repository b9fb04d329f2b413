"""Namespaces in the table of clients: targets, groups, lists and counts reach no further."""

from collections.abc import Iterator

import pytest

from tests.helpers.client_bench import client_info, client_snapshot
from tests.helpers.fakes import CrashLog, RecordingRef
from tests.helpers.singletons import running, settle
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.directory.client_registry import ClientRegistry
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import (
    CallRoll,
    ClientReported,
    ClientsListed,
    CountByEndpoint,
    CountEverywhere,
    GetClientRefs,
    GroupJoined,
    GroupLeft,
    ListClients,
    RegisterClient,
    ReportClient,
    ResolveTarget,
    TakeOverClient,
    UnregisterClient,
)
from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.actors.values.targets import (
    AtEndpoint,
    Everyone,
    EveryoneBut,
    InGroup,
    OneClient,
    Target,
)

A1, A2, B1, OUT = map(ClientId, ("aaaaaaa1", "aaaaaaa2", "bbbbbbb1", "00000000"))
ENDPOINT = "shop"


class Replier(RecordingRef):
    """A client that answers each roll call at once."""

    def __init__(self, client_id: ClientId, registry: Ref) -> None:
        super().__init__(client_id)
        self._registry = registry

    def tell(self, message: object) -> None:
        super().tell(message)
        if isinstance(message, ReportClient):
            snapshot = client_snapshot(self.name)
            self._registry.tell(ClientReported(message.roll_call_id, snapshot))


@pytest.fixture
def registry() -> Iterator[Ref]:
    """Knows B1, A1, A2 and OUT, who connected in this order, all at one endpoint."""
    crashes = CrashLog()
    with running(ClientRegistry, crashes) as ref:
        for client_id, namespace in ((B1, "b"), (A1, "a"), (A2, "a"), (OUT, None)):
            info = client_info(client_id, endpoint=ENDPOINT, namespace=namespace)
            ref.tell(RegisterClient(info, Replier(client_id, ref)))
        yield ref
    assert crashes.names == []


def found(registry: Ref, target: Target, scope: Scope) -> list[ClientId]:
    clients = ask(registry, GetClientRefs(target, scope), timeout=PATIENCE)
    return [client_id for client_id, _ in clients]


@pytest.mark.parametrize(
    ("target", "scope", "expected"),
    [
        (Everyone(), "a", [A1, A2]),
        (Everyone(), None, [OUT]),
        (Everyone(), "unknown", []),
        (Everyone(), EVERY_NAMESPACE, [B1, A1, A2, OUT]),
        (EveryoneBut(A1), "a", [A2]),
        (EveryoneBut(A1), EVERY_NAMESPACE, [B1, A2, OUT]),
        (OneClient(A1), "a", [A1]),
        (OneClient(A1), "b", []),
        (OneClient(A1), None, []),
        (OneClient(A1), EVERY_NAMESPACE, [A1]),
        (AtEndpoint(ENDPOINT), "b", [B1]),
        (AtEndpoint(ENDPOINT), None, [OUT]),
        (AtEndpoint(ENDPOINT), EVERY_NAMESPACE, [B1, A1, A2, OUT]),
    ],
    ids=str,
)
def test_target_reaches_the_clients_of_its_scope(
    registry: Ref, target: Target, scope: Scope, expected: list[ClientId]
) -> None:
    assert found(registry, target, scope) == expected


def test_group_of_the_same_name_is_another_one_in_each_namespace(registry: Ref) -> None:
    for client_id in (A1, B1, OUT):
        registry.tell(GroupJoined(client_id, "g"))
    scopes: tuple[Scope, ...] = ("a", "b", None, "c")
    assert [found(registry, InGroup("g"), scope) for scope in scopes] == [[A1], [B1], [OUT], []]
    assert set(found(registry, InGroup("g"), EVERY_NAMESPACE)) == {A1, B1, OUT}
    registry.tell(GroupLeft(A1, "g"))
    assert found(registry, InGroup("g"), "a") == []
    assert found(registry, InGroup("g"), "b") == [B1]


def test_client_of_another_namespace_is_not_taken_over(registry: Ref) -> None:
    registry.tell(GroupJoined(A1, "g"))
    registry.tell(TakeOverClient(A1, "b", A2, RecordingRef()))
    assert found(registry, InGroup("g"), "a") == [A1]


def test_client_may_leave_all_its_groups_at_once(registry: Ref) -> None:
    for client_id, group in ((A1, "g"), (A1, "h"), (A2, "g")):
        registry.tell(GroupJoined(client_id, group))
    registry.tell(GroupLeft(A1, None))
    assert found(registry, InGroup("g"), "a") == [A2]
    assert found(registry, InGroup("h"), "a") == []
    assert found(registry, Everyone(), "a") == [A1, A2]


def test_list_and_total_are_of_the_scope(registry: Ref) -> None:
    def page(limit: int, after: int = 0, scope: Scope = "a") -> tuple[list[str], int, int | None]:
        listed = ask(registry, ListClients(limit, after, scope), timeout=PATIENCE)
        return [one.info.id for one in listed.clients], listed.total, listed.next_cursor

    first, total, cursor = page(1)
    assert (first, total) == ([A1], 2)
    assert page(1, cursor or 0) == ([A2], 2, None)
    assert page(9, 0, None) == ([OUT], 1, None)
    assert page(9, 0, EVERY_NAMESPACE)[:2] == ([B1, A1, A2, OUT], 4)
    assert page(0, 0, EVERY_NAMESPACE) == ([], 4, None)


def test_client_that_calls_the_roll_hears_of_its_own_namespace(registry: Ref) -> None:
    asker = RecordingRef("asker")
    registry.tell(CallRoll("a", asker))
    settle(registry)
    settle(registry)
    (listed,) = asker.mail
    assert isinstance(listed, ClientsListed)
    assert [one.info.id for one in listed.clients] == [A1, A2]


def test_total_of_a_resolved_target_is_that_of_the_scope(registry: Ref) -> None:
    asker = RecordingRef("asker")
    registry.tell(ResolveTarget(1, EveryoneBut(A1), "a", asker))
    settle(registry)
    (resolved,) = asker.mail
    assert (len(resolved.refs), resolved.total) == (1, 2)


def test_clients_at_an_endpoint_are_counted_by_namespace(registry: Ref) -> None:
    counts = [
        ask(registry, CountByEndpoint(namespace), timeout=PATIENCE)
        for namespace in ("a", "b", None, "c")
    ]
    assert counts == [{ENDPOINT: 2}, {ENDPOINT: 1}, {ENDPOINT: 1}, {}]


def test_clients_everywhere_are_counted_by_namespace_and_endpoint(registry: Ref) -> None:
    registry.tell(UnregisterClient(A1))
    registry.tell(RegisterClient(client_info("11111111"), RecordingRef("11111111")))
    counts = ask(registry, CountEverywhere(), timeout=PATIENCE)
    assert counts == {("b", ENDPOINT): 1, ("a", ENDPOINT): 1, (None, ENDPOINT): 1, (None, None): 1}


def test_client_that_has_left_is_in_no_scope(registry: Ref) -> None:
    registry.tell(GroupJoined(A1, "g"))
    for client_id in (A1, A2, A1):
        registry.tell(UnregisterClient(client_id))
    assert found(registry, Everyone(), "a") == []
    assert found(registry, InGroup("g"), EVERY_NAMESPACE) == []
    assert found(registry, Everyone(), EVERY_NAMESPACE) == [B1, OUT]
