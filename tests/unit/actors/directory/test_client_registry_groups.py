"""Groups and endpoints as targets."""

from collections.abc import Iterator

import pytest

from tests.helpers.client_bench import client_info
from tests.helpers.fakes import CrashLog, RecordingRef
from tests.helpers.singletons import running
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.directory.client_registry import ClientRegistry
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import (
    GetClientRefs,
    GroupJoined,
    GroupLeft,
    RegisterClient,
    UnregisterClient,
)
from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.targets import AtEndpoint, InGroup, Target

A, B, C = ClientId("aaaaaaaa"), ClientId("bbbbbbbb"), ClientId("cccccccc")


@pytest.fixture
def registry() -> Iterator[Ref]:
    """Knows A and B at the endpoint `one`, and C at none."""
    crashes = CrashLog()
    with running(ClientRegistry, crashes) as ref:
        for client_id, endpoint in ((A, "one"), (B, "one"), (C, None)):
            info = client_info(client_id, endpoint=endpoint)
            ref.tell(RegisterClient(info, RecordingRef(client_id)))
        yield ref
    assert crashes.names == []


def members(registry: Ref, target: Target) -> list[ClientId]:
    found = ask(registry, GetClientRefs(target), timeout=PATIENCE)
    return [client_id for client_id, _ in found]


def test_group_is_who_has_joined_in_that_order(registry: Ref) -> None:
    for client_id in (C, A):
        registry.tell(GroupJoined(client_id, "g"))
    assert members(registry, InGroup("g")) == [C, A]
    assert members(registry, InGroup("other")) == []
    assert members(registry, InGroup("g", but=C)) == [A]
    assert members(registry, InGroup("g", but=B)) == [C, A]


def test_joining_twice_is_joining_once(registry: Ref) -> None:
    for _ in range(2):
        registry.tell(GroupJoined(A, "g"))
    assert members(registry, InGroup("g")) == [A]
    registry.tell(GroupLeft(A, "g"))
    assert members(registry, InGroup("g")) == []


def test_client_may_be_in_several_groups(registry: Ref) -> None:
    registry.tell(GroupJoined(A, "g"))
    registry.tell(GroupJoined(A, "h"))
    registry.tell(GroupLeft(A, "g"))
    assert members(registry, InGroup("g")) == []
    assert members(registry, InGroup("h")) == [A]


def test_leaving_a_group_one_is_not_in_does_nothing(registry: Ref) -> None:
    registry.tell(GroupJoined(A, "g"))
    registry.tell(GroupLeft(B, "g"))
    registry.tell(GroupLeft(A, "unknown"))
    assert members(registry, InGroup("g")) == [A]


def test_client_that_goes_leaves_its_groups_and_its_endpoint(registry: Ref) -> None:
    for client_id in (A, B):
        registry.tell(GroupJoined(client_id, "g"))
    registry.tell(UnregisterClient(A))
    assert members(registry, InGroup("g")) == [B]
    assert members(registry, AtEndpoint("one")) == [B]


def test_client_that_has_gone_cannot_join(registry: Ref) -> None:
    registry.tell(UnregisterClient(A))
    registry.tell(GroupJoined(A, "g"))
    assert members(registry, InGroup("g")) == []


def test_endpoint_is_who_connected_to_it(registry: Ref) -> None:
    assert members(registry, AtEndpoint("one")) == [A, B]
    assert members(registry, AtEndpoint("two")) == []
