"""The actions `join` and `leave`."""

from typing import Any

import pytest

from tests.helpers.actions import SCOPE, Bench, compiled
from websocket_mock.actors.conversation.actions.groups import DoJoin, DoLeave
from websocket_mock.actors.conversation.core import Effect, JoinGroup, LeaveGroup


@pytest.mark.parametrize("kind", ["join", "leave"])
def test_group_is_a_template(kind: str) -> None:
    action = compiled({kind: "room {{ n }}"})
    assert isinstance(action, DoJoin | DoLeave)
    assert action.group(SCOPE) == "room 3"


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        ({"join": "room {{ path.id }}"}, JoinGroup("room 7")),
        ({"leave": "room"}, LeaveGroup("room")),
    ],
)
def test_action_has_its_effect(bench: Bench, action: Any, effect: Effect) -> None:
    assert bench.run(action) == [effect]
