"""From the actions a person wrote to what runs."""

from typing import Any

import pytest

from tests.helpers.actions import compiled
from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.conversation.action_compiler import ActionCompiler
from websocket_mock.actors.conversation.actions.control import DoIgnore
from websocket_mock.actors.conversation.actions.timers import DoAfter
from websocket_mock.actors.conversation.expressions import Constant
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.library.own_code import Functions


@pytest.mark.parametrize(
    "written",
    [
        {"send": {"text": "{{ a"}},
        {"send": {"json": {"a": ["{% for %}"]}}},
        {"send": {"json": {"{{": 1}}},
        {"send": {"json": "{{ a b }}"}},
        {"send": {"text": "a", "to": {"group": "{{"}}},
        {"send": {"text": "{{ a|nonsense }}"}},
        {"close": {"reason": "{{"}},
        {"join": "{{"},
        {"leave": "{{"},
        {"stop": "{{"},
        {"after": {"name": "{{", "delay": 1, "do": ["ignore"]}},
        {"every": {"name": "{{", "interval": 1, "do": ["ignore"]}},
        {"set": {"a": "{{"}},
        {"after": {"delay": 1, "do": [{"send": {"text": "{{"}}]}},
        {"every": {"interval": 1, "do": [{"join": "{{"}]}},
    ],
)
def test_template_that_is_not_valid_is_refused(written: Any) -> None:
    with pytest.raises(BadAction, match="not a valid template: "):
        compiled(written)


def test_what_cannot_be_compiled_is_told_with_its_place_and_left_out() -> None:
    told: list[tuple[Place, str]] = []
    files: dict[str, bytes] = {}
    compiler = ActionCompiler(
        files.__getitem__, lambda place, why: told.append((place, str(why))), 100, Functions().find
    )
    nested = {"after": {"delay": 1, "do": [{"ping": {"payload": "x" * 126}}, "ignore"]}}
    actions = [Action.model_validate(one) for one in (nested, {"send": {"text": "\ud800"}})]
    assert compiler.compile_actions(actions, ("do",)) == (DoAfter(Constant(1.0), (DoIgnore(),)),)
    first, second = told
    place = ("do", 0, "after", "do", 0, "ping")
    assert first == (place, "a ping has at most 125 bytes of payload")
    assert second[0] == ("do", 1, "send")
    assert second[1] == "a half of a surrogate pair cannot be sent"
