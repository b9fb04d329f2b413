"""Whom the tools mean, and what they say where nobody is found."""

import pytest

from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.actors.values.targets import AtEndpoint, Everyone, InGroup, OneClient, Target
from websocket_mock.mcp_bridge.service.errors import BadArgument
from websocket_mock.mcp_bridge.service.targets import choose_target, why_nobody

ONE = OneClient(ClientId("0000000a"))


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ((None, None, None), Everyone()),
        (("0000000a", None, None), ONE),
        ((None, "g", None), InGroup("g")),
        ((None, None, "shop"), AtEndpoint("shop")),
        ((None, "", None), InGroup("")),
    ],
)
def test_at_most_one_is_meant(
    given: tuple[str | None, str | None, str | None], target: Target
) -> None:
    assert choose_target(*given) == target


@pytest.mark.parametrize("given", [("a", "b", None), ("a", None, "c"), (None, "b", "c")])
def test_two_at_once_are_refused(given: tuple[str | None, str | None, str | None]) -> None:
    with pytest.raises(BadArgument, match="at most one of target_client, target_group"):
        choose_target(*given)


@pytest.mark.parametrize(
    ("target", "scope", "words"),
    [
        (ONE, None, ["'0000000a' is connected.", "get_websocket_clients"]),
        (ONE, "x", ["in namespace 'x'."]),
        (InGroup("g"), EVERY_NAMESPACE, ["group 'g' in any namespace.", "list_websocket_mocks"]),
        (AtEndpoint("shop"), "x", ["endpoint 'shop' in namespace 'x'.", "list_websocket_mocks"]),
    ],
)
def test_who_is_not_there_is_named_with_the_next_step(
    target: Target, scope: Scope, words: list[str]
) -> None:
    (text,) = why_nobody(target, scope)
    assert all(word in text for word in words)


def test_nothing_is_wrong_where_nobody_is_connected_at_all() -> None:
    assert why_nobody(Everyone(), "x") == []
