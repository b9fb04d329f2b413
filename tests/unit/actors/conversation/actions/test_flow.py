"""The actions `when`, `for_each` and `wait`: which actions run next."""

from typing import Any

import pytest

from tests.helpers.actions import WHY, Bench, compiled
from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.conversation.actions.flow import MAX_ITEMS, DoWait
from websocket_mock.actors.conversation.actions.timers import Resume
from websocket_mock.actors.conversation.core import Effect, ReportProblem, StartTimer
from websocket_mock.actors.conversation.expressions import Constant
from websocket_mock.actors.conversation.runner import (
    MAX_ACTIONS,
    MAX_TURNS,
    TOO_MANY_ACTIONS,
)
from websocket_mock.actors.values.effects import SendText


def say(text: str) -> dict[str, Any]:
    return {"send": {"text": text}}


def texts(effects: list[Effect]) -> list[str]:
    return [one.payload.decode() for one in effects if isinstance(one, SendText)]


def resume(bench: Bench, effects: list[Effect]) -> list[Effect]:
    """Let the wait end that the last effect is, and go on."""
    timer = effects[-1]
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Resume)
    return bench.runner.proceed(timer.payload.parts, bench.now)[0]


# --- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "said"), [(1, ["one", "after"]), (2, ["other", "after"])])
def test_when_chooses_between_two_lists(bench: Bench, n: int, said: list[str]) -> None:
    bench.run({"set": {"n": n}})
    when = {"when": "{{ vars.n == 1 }}", "do": [say("one")], "else": [say("other")]}
    assert texts(bench.run(when, say("after"))) == said


def test_when_may_have_one_list_only(bench: Bench) -> None:
    assert bench.run({"when": "{{ 1 == 2 }}", "do": [say("a")]}) == []
    assert texts(bench.run({"when": "{{ 1 == 2 }}", "else": [say("b")]})) == ["b"]


def test_when_sees_variables_counters_state_attempt_and_groups(bench: Bench) -> None:
    bench.run({"set": {"n": 1}}, {"join": "red"}, {"state": "live"}, say("x"))
    condition = (
        "{{ vars.n == 1 and counters.sent == 1 and state == 'live' and attempt == 3"
        " and 'red' in groups }}"
    )
    assert texts(bench.run({"when": condition, "do": [say("yes")]})) == ["yes"]
    bench.run({"leave": "red"})
    assert texts(bench.run({"when": condition, "do": [say("yes")]})) == []


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("{{ vars.missing }}", False),
        ("{{ 3 in vars.missing }}", False),
        ("{{ 3 not in vars.missing }}", True),
        ("{{ message.json.a.b.c == 1 }}", False),
        ("{{ vars.missing is defined }}", False),
        ("{{ vars.missing >= 1 or vars.missing < 1 or 1 <= vars.missing }}", False),
        ("{{ vars.missing == 0 }}", False),
        ("{{ vars.missing == message.json.missing }}", False),
        ("{{ vars.missing != message.json.missing }}", True),
    ],
)
def test_what_does_not_exist_is_empty_in_a_condition(
    bench: Bench, condition: str, is_true: bool
) -> None:
    assert texts(bench.run({"when": condition, "do": [say("yes")]})) == ["yes"] * is_true


def test_condition_that_fails_is_reported_and_the_rest_runs(bench: Bench) -> None:
    problem, sent = bench.run({"when": "{{ 'a' + 1 }}", "do": [say("a")]}, say("b"))
    assert isinstance(problem, ReportProblem)
    assert "TypeError" in problem.reason
    assert sent == SendText(b"b")


def test_wait_inside_a_when_holds_up_the_rest_of_both_lists(bench: Bench) -> None:
    effects = bench.run(
        say("1"), {"when": "{{ true }}", "do": [say("2"), {"wait": 3}, say("3")]}, say("4")
    )
    assert texts(effects) == ["1", "2"]
    assert texts(resume(bench, effects)) == ["3", "4"]


# --- for_each -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([1, "two", None], ["1", "two", "None"]),
        ("{{ ['a', 'b'] }}", ["a", "b"]),
        ("{{ {'x': 1, 'y': 2} }}", ["x", "y"]),
        ("{{ range(3) }}", ["0", "1", "2"]),
        ([], []),
    ],
)
def test_for_each_runs_once_for_each_item(bench: Bench, items: Any, said: list[str]) -> None:
    each = {"for_each": {"in": items, "as": "one", "do": [say("{{ one }}")]}}
    assert texts(bench.run(each, say("end"))) == [*said, "end"]


def test_item_has_a_name_by_default(bench: Bench) -> None:
    assert texts(bench.run({"for_each": {"in": [7], "do": [say("{{ item }}")]}})) == ["7"]


def test_for_each_may_be_nested(bench: Bench) -> None:
    inner = {"for_each": {"in": "{{ row }}", "as": "cell", "do": [say("{{ row[0] }}/{{ cell }}")]}}
    effects = bench.run({"for_each": {"in": [[1, 2], [3]], "as": "row", "do": [inner]}})
    assert texts(effects) == ["1/1", "1/2", "3/3"]


def test_wait_inside_a_for_each_comes_between_the_items(bench: Bench) -> None:
    do = [say("{{ item }}"), {"wait": 1}]
    effects = bench.run({"for_each": {"in": ["a", "b"], "do": do}}, say("end"))
    assert texts(effects) == ["a"]
    effects = resume(bench, effects)
    assert texts(effects) == ["b"]
    assert texts(resume(bench, effects)) == ["end"]


def test_later_actions_keep_their_item(bench: Bench) -> None:
    later = {"after": {"delay": 1, "do": [say("{{ item }}")]}}
    first, second = bench.run({"for_each": {"in": ["a", "b"], "do": [later]}})
    assert texts(resume(bench, [first])) == ["a"]
    assert texts(resume(bench, [second])) == ["b"]


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ("{{ 'abc' }}", "do[0].for_each.in: give a list, not 'abc'"),
        ("{{ 5 }}", "do[0].for_each.in: give a list, not 5"),
        (
            f"{{{{ range({MAX_ITEMS + 1}) }}}}",
            "do[0].for_each.in: 1,001 items; at most 1,000 are allowed",
        ),
    ],
)
def test_what_is_no_short_list_is_reported(bench: Bench, items: str, why: str) -> None:
    problem, sent = bench.run({"for_each": {"in": items, "do": [say("a")]}}, say("next"))
    assert problem == ReportProblem(WHY.label, why)
    assert sent == SendText(b"next")


def test_actions_of_one_event_are_bounded(bench: Bench) -> None:
    row = {"for_each": {"in": "{{ range(1000) }}", "as": "b", "do": [say("a")]}}
    effects = bench.run({"for_each": {"in": "{{ range(1000) }}", "as": "a", "do": [row]}})
    assert effects[-1] == ReportProblem(WHY.label, TOO_MANY_ACTIONS)
    assert len(effects) <= MAX_ACTIONS


def test_loop_turns_of_one_event_are_bounded(bench: Bench) -> None:
    loop = say("{% for one in range(9000) %}{% endfor %}")
    effects = bench.run({"for_each": {"in": "{{ range(100) }}", "do": [loop]}}, say("end"))
    assert len(texts(effects)) == MAX_TURNS // 9000 + 1
    assert ReportProblem(WHY.label, f"more than {MAX_TURNS} loop turns") in effects


# --- choose ---------------------------------------------------------------------------------------


def choosing(by: Any, **more: Any) -> dict[str, Any]:
    values = {"a": "A{{ 1 + 1 }}", "7": 7, "none": None, "bad": "{{ vars.missing }}"}
    do = [say("{{ choice }}")]
    return {"choose": {"from": values, "by": by, "do": do, "else": [say("other")], **more}}


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("a", "A2"),
        ("{{ 'a' }}", "A2"),
        ("{{ 3 + 4 }}", "7"),
        ("{{ 'no' }}ne", "None"),
        ("b", "other"),
        ("{{ true }}", "other"),
        ("{{ ['a'] }}", "other"),
        ("{{ none }}", "other"),
        ("{{ message.json.method.name }}", "other"),
        (["b", "{{ vars.missing }}", "7", "a"], "7"),
        (["b", "c"], "other"),
        ([], "other"),
    ],
)
def test_choose_takes_the_value_of_the_first_key_that_there_is(
    bench: Bench, by: Any, said: str
) -> None:
    assert texts(bench.run(choosing(by), say("end"))) == [said, "end"]


def test_value_keeps_its_type_and_is_seen_later_under_its_name(bench: Bench) -> None:
    later = {"after": {"delay": 1, "do": [say("{{ value[0] + 1 }}")]}}
    (timer,) = bench.run({"choose": {"from": {"a": [1]}, "by": "a", "as": "value", "do": [later]}})
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Resume)
    assert texts(bench.runner.proceed(timer.payload.parts, bench.now)[0]) == ["2"]


def test_only_the_value_that_is_chosen_is_rendered(bench: Bench) -> None:
    assert texts(bench.run(choosing("a"))) == ["A2"]
    problem, sent = bench.run(choosing("bad"), say("next"))
    assert isinstance(problem, ReportProblem)
    assert "missing" in problem.reason
    assert sent == SendText(b"next")


def test_choose_without_else_does_nothing_where_the_key_is_missing(bench: Bench) -> None:
    choose = {"choose": {"from": {"a": 1}, "by": "b", "do": [say("yes")]}}
    assert texts(bench.run(choose, say("end"))) == ["end"]


# --- wait -----------------------------------------------------------------------------------------


def test_wait_is_compiled() -> None:
    assert compiled({"wait": "2s"}) == DoWait(Constant(2.0))


def test_wait_is_a_template(bench: Bench) -> None:
    bench.run({"set": {"pause": "20ms"}})
    (timer,) = bench.run({"wait": "{{ vars.pause }}"})
    assert isinstance(timer, StartTimer)
    assert timer.delay == 0.02


@pytest.mark.parametrize(
    "written",
    [
        {"when": "{{ 1 + }}", "do": ["ignore"]},
        {"when": "{{ 1 }}", "do": [say("{{")]},
        {"when": "{{ 1 }}", "else": [say("{{")]},
        {"for_each": {"in": "{{ 1 + }}", "do": ["ignore"]}},
        {"for_each": {"in": [1], "do": [say("{{")]}},
        {"choose": {"from": {"a": "{{ 1 + }}"}, "by": "a", "do": ["ignore"]}},
        {"choose": {"from": {}, "by": "{{ 1 + }}", "do": ["ignore"]}},
        {"choose": {"from": {}, "by": "a", "do": ["ignore"], "else": [say("{{")]}},
        {"wait": "{{ 1 + }}"},
    ],
)
def test_template_that_is_not_valid_is_refused(written: Any) -> None:
    with pytest.raises(BadAction, match="not a valid template: "):
        compiled(written)


@pytest.mark.parametrize("name", ["message", "vars", "path"])
@pytest.mark.parametrize(
    ("kind", "keys"), [("for_each", {"in": [1]}), ("choose", {"from": {}, "by": "a"})]
)
def test_value_cannot_have_a_name_that_templates_have_already(
    kind: str, keys: Any, name: str
) -> None:
    with pytest.raises(BadAction, match=f"templates have a name '{name}' already"):
        compiled({kind: {**keys, "as": name, "do": ["ignore"]}})
