"""A change of the mocks while a connection is open."""

from typing import Any

import pytest

from actors.behaviours.core import SendText
from tests.helpers.conversation import converse, opened, texts


def say(text: str, **rule: Any) -> dict[str, Any]:
    return {"do": [{"send": {"text": text}}], **rule}


def test_new_rules_apply_from_the_next_message() -> None:
    mock = opened(rules=[say("before")])
    assert texts(mock.text("a")) == ["before"]
    mock.change(rules=[say("after")])
    assert texts(mock.text("a")) == ["after"]


def test_new_policy_applies_from_the_next_message() -> None:
    mock = opened()
    assert mock.text("a") == []
    mock.change(unmatched="echo")
    assert texts(mock.text("a")) == ["a"]


def test_connect_rule_that_comes_later_does_not_fire() -> None:
    mock = opened()
    mock.change(rules=[say("hello", trigger="connect")])
    assert mock.text("a") == []


def test_state_and_variables_survive() -> None:
    mock = opened(rules=[{"do": [{"state": "live"}, {"set": {"n": 7}}]}])
    mock.text("a")
    mock.change(rules=[say("{{ vars.n }} {{ counters.received }}", state="live")])
    assert texts(mock.text("a")) == ["7 2"]


def test_counts_of_a_rule_that_stays_survive() -> None:
    once = say("once", name="once", times=1)
    mock = opened(rules=[once])
    mock.text("a")
    mock.change(rules=[{**once, "do": [{"send": {"text": "changed"}}]}, say("other")])
    assert texts(mock.text("a")) == ["other"]


def test_rule_that_changes_without_a_name_counts_anew() -> None:
    mock = opened(rules=[say("once", times=1)])
    mock.text("a")
    mock.change(rules=[say("changed", times=1)])
    assert texts(mock.text("a")) == ["changed"]


LATE = [
    pytest.param([{"wait": 1}, {"send": {"text": "late"}}], id="wait"),
    pytest.param([{"after": {"delay": 1, "do": [{"send": {"text": "late"}}]}}], id="after"),
    pytest.param([{"every": {"interval": 1, "do": [{"send": {"text": "late"}}]}}], id="every"),
]


@pytest.mark.parametrize("late", LATE)
def test_timers_of_a_rule_that_stays_go_on(late: list[Any]) -> None:
    rule = {"match": {"text": "go"}, "do": late}
    mock = opened(rules=[rule])
    mock.text("go")
    mock.change(rules=[say("new"), rule])
    assert texts(mock.advance(1)) == ["late"]


@pytest.mark.parametrize("late", LATE)
def test_timers_of_a_rule_that_is_gone_do_nothing(late: list[Any]) -> None:
    mock = opened(rules=[{"match": {"text": "go"}, "do": late}])
    mock.text("go")
    mock.change(rules=[say("new")])
    assert mock.advance(10) == []
    assert mock.timers == []


@pytest.mark.parametrize("late", LATE)
def test_timers_of_an_endpoint_that_is_gone_do_nothing(late: list[Any]) -> None:
    mock = opened(rules=[{"do": late}])
    mock.text("go")
    mock.remove()
    assert mock.advance(10) == []
    assert mock.timers == []


def test_stream_stops_in_the_middle_when_its_rule_goes() -> None:
    every = {"interval": 1, "do": [{"send": {"text": "tick"}}]}
    mock = opened(rules=[{"do": [{"every": every}]}])
    mock.text("go")
    assert texts(mock.advance(2)) == ["tick", "tick"]
    mock.change(rules=[])
    assert mock.advance(10) == []


@pytest.mark.parametrize("trigger", ["timer", "idle"])
def test_timed_rule_that_comes_later_is_armed_with_the_next_event(trigger: str) -> None:
    mock = opened()
    mock.change(rules=[say("due", trigger=trigger, after="5s")])
    mock.ping()
    assert mock.advance(4.9) == []
    assert texts(mock.advance(0.2)) == ["due"]


@pytest.mark.parametrize("trigger", ["timer", "idle"])
def test_timed_rule_that_is_gone_does_not_fire(trigger: str) -> None:
    mock = opened(rules=[say("due", trigger=trigger, after="5s")])
    mock.change(rules=[])
    assert mock.advance(100) == []
    assert mock.timers == []


@pytest.mark.parametrize("trigger", ["timer", "idle"])
def test_timed_rule_that_comes_back_fires_once(trigger: str) -> None:
    rules = [say("due", trigger=trigger, after="5s", times=1)]
    mock = opened(rules=rules)
    mock.change(rules=[])
    mock.advance(10)
    mock.change(rules=rules)
    mock.ping()
    assert texts(mock.advance(10)) == ["due"]


def test_timed_rule_that_stays_is_not_armed_twice() -> None:
    tick = say("tick", trigger="timer", after=1, interval=1)
    mock = opened(rules=[tick])
    for text in ("a", "b", "c"):
        mock.change(rules=[tick, say(text)])
        mock.text("x")
    assert texts(mock.advance(3)) == ["tick"] * 3


def test_built_in_protocol_may_come_and_go() -> None:
    mock = opened()
    mock.change(unmatched="builtin")
    assert len(mock.json({"type": "ping"})) == 2
    mock.change(unmatched="ignore")
    assert mock.json({"type": "ping"}) == []


def test_endpoint_that_is_gone_answers_nothing_any_more() -> None:
    mock = opened(rules=[say("a")], unmatched="echo")
    mock.remove()
    assert mock.text("a") == []
    assert mock.binary(b"a") == []


def test_endpoint_that_comes_back_answers_again() -> None:
    mock = opened(rules=[{"do": [{"state": "live"}]}])
    mock.text("a")
    mock.remove()
    mock.text("a")
    mock.change(rules=[say("back", state="live")])
    assert texts(mock.text("a")) == ["back"]


def test_change_before_the_connection_is_open_applies_to_its_opening() -> None:
    mock = converse(rules=[say("old", trigger="connect")])
    mock.change(rules=[say("new", trigger="connect"), say("due", trigger="timer", after=1)])
    assert mock.open() == [SendText(b"new")]
    assert mock.timers == [1.0]
