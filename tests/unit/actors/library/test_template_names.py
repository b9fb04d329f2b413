"""Names in templates that nothing has."""

from typing import Any

import pytest

from tests.helpers.conversation import make_context
from websocket_mock.actors.conversation.names import NAMES
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.actors.matching.message_view import NOTHING


def warnings(*actions: Any, path: str = "/a/{id}", **keys: Any) -> list[str]:
    rules = [{"do": list(actions)}]
    found = compile_document({"endpoints": [{"path": path, "rules": rules, **keys}]}).warnings
    return [str(one).removeprefix("endpoints[0].rules[0].do[0].") for one in found]


def test_names_are_those_that_templates_see() -> None:
    runner = ActionRunner(make_context(), {}, "seed", "initial")
    names = runner.names(Occasion("", "", NOTHING, {}), 0.0)
    assert names.keys() == NAMES.keys()
    for name, attributes in NAMES.items():
        for attribute in attributes or ():
            owner = names[name]
            assert attribute in owner if isinstance(owner, dict) else hasattr(owner, attribute)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            {"send": {"text": "{{ mesage.text }}"}},
            "send.text: there is no 'mesage' in templates; did you mean 'message'?",
        ),
        (
            {"send": {"json": {"a": ["{{ message.txt }}"]}}},
            "send.json.a[0]: 'message' has no 'txt'; did you mean 'text'?",
        ),
        (
            {"close": {"reason": "{{ path['ib'] }}"}},
            "close.reason: 'path' has no 'ib'; did you mean 'id'?",
        ),
        (
            {"every": {"interval": 1, "do": [{"set": {"n": "{{ cunters.sent }}"}}]}},
            "every.do[0].set.n: there is no 'cunters' in templates; did you mean 'counters'?",
        ),
    ],
)
def test_unknown_name_is_warned_of_with_the_nearest(action: Any, expected: str) -> None:
    assert warnings(action) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "{{ path.id }} {{ vars.anything }} {{ match.group }} {{ query.q }} {{ message.json.a.b }}",
        "{% set x = 1 %}{{ x }} {% for i in range(3) %}{{ i }}{% endfor %} {{ random.int(1, 6) }}",
        "{{ now_iso() }} {{ uuid() }} {{ counters.sent }} {{ repeat.index }} {{ client.id }}",
    ],
)
def test_names_that_are_there_are_not_warned_of(text: str) -> None:
    assert warnings({"send": {"text": text}}) == []


def test_text_that_is_no_template_is_left_alone() -> None:
    assert warnings({"send": {"text": "{{ mesage }}", "template": False}}) == []


def test_rest_of_a_path_is_known() -> None:
    assert warnings({"send": {"text": "{{ path.rest }}"}}, path="/a/**") == []


def test_rule_that_waits_for_a_state_nobody_sets_is_warned_of() -> None:
    rules = [
        {"state": "liv", "do": ["ignore"]},
        {"state": ["live", "other"], "do": [{"after": {"delay": 1, "do": [{"state": "live"}]}}]},
        {"state": "initial", "do": ["ignore"]},
    ]
    found = compile_document({"endpoints": [{"path": "/a", "rules": rules}]}).warnings
    assert list(map(str, found)) == [
        "endpoints[0].rules[0].state: never fires: nothing sets the state 'liv'"
    ]


def test_field_that_the_layout_does_not_have_is_warned_of() -> None:
    say = {"send": {"text": "{{ message.fields.id }} {{ message.fields.kid }}"}}
    layout = {"id": {"at": 0, "as": "uint8"}}
    expected = "send.text: 'message.fields' has no 'kid'; did you mean 'id'?"
    assert warnings(say, fields=layout) == [expected]
    assert "it has no attributes" in warnings({"when": "{{ message.fields.id }}", "do": [say]})[0]


def test_item_of_a_loop_is_known_inside_of_it_only() -> None:
    say = {"send": {"text": "{{ symbol }}"}}
    each = {
        "for_each": {"in": [1], "as": "symbol", "do": [say, {"after": {"delay": 1, "do": [say]}}]}
    }
    assert warnings(each) == []
    outside = {"when": "{{ symbol }}", "do": [each], "else": [say]}
    assert [one.partition(":")[0] for one in warnings(outside)] == ["when", "else[0].send.text"]


def test_chosen_value_is_known_where_there_is_one_only() -> None:
    say = {"send": {"text": "{{ price }}"}}
    choose = {"from": {"a": "{{ price }}"}, "by": "a", "as": "price", "do": [say], "else": [say]}
    assert [one.partition(":")[0] for one in warnings({"choose": choose})] == [
        "choose.from.a",
        "choose.else[0].send.text",
    ]
