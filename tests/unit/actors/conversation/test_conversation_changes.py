"""A change of the mocks while a connection is open."""

from typing import Any

import pytest

from tests.helpers.conversation import converse, opened, texts
from websocket_mock.actors.conversation.core import Lost, ReportProblem, ReportVerdict
from websocket_mock.actors.values.effects import SendPong, SendText


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
def test_timers_of_a_named_rule_that_does_something_else_do_nothing(late: list[Any]) -> None:
    rule = {"name": "rule", "match": {"text": "go"}, "do": late}
    mock = opened(rules=[rule])
    mock.text("go")
    mock.change(rules=[{**rule, "do": [*late, {"send": {"text": "more"}}]}])
    assert mock.advance(10) == []
    assert mock.timers == []


@pytest.mark.parametrize("late", LATE)
def test_timers_of_a_named_rule_that_only_matches_something_else_go_on(late: list[Any]) -> None:
    rule = {"name": "rule", "match": {"text": "go"}, "do": late}
    mock = opened(rules=[rule])
    mock.text("go")
    mock.change(rules=[{**rule, "match": {"text": "now"}, "times": 5, "priority": 3}])
    assert texts(mock.advance(1)) == ["late"]


def test_counts_of_a_rule_that_is_gone_go_with_it() -> None:
    once = say("once", name="once", times=1)
    mock = opened(rules=[once])
    mock.text("a")
    mock.change(rules=[])
    mock.text("a")
    mock.change(rules=[once])
    assert texts(mock.text("a")) == ["once"]


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


# --- other times for a timed rule -------------------------------------------------------------


def named(text: str, **rule: Any) -> dict[str, Any]:
    return say(text, name="rule", **rule)


def test_timer_rule_runs_by_its_new_delay() -> None:
    mock = opened(rules=[named("due", trigger="timer", after="10s")])
    mock.advance(2)
    mock.change(rules=[named("due", trigger="timer", after="3s")])
    assert mock.text("a") == []
    assert mock.advance(0.9) == []
    assert texts(mock.advance(100)) == ["due"]


def test_timer_rule_that_is_late_by_its_new_delay_fires_at_once() -> None:
    mock = opened(rules=[named("due", trigger="timer", after="10s")])
    mock.advance(5)
    mock.change(rules=[named("due", trigger="timer", after="3s")])
    mock.text("a")
    assert texts(mock.advance(0)) == ["due"]


def test_timer_rule_with_a_longer_delay_waits_longer() -> None:
    mock = opened(rules=[named("due", trigger="timer", after="2s")])
    mock.advance(1)
    mock.change(rules=[named("due", trigger="timer", after="5s")])
    mock.text("a")
    assert mock.advance(3.9) == []
    assert texts(mock.advance(0.2)) == ["due"]


@pytest.mark.parametrize(("interval", "ticks"), [("1s", 10), ("5s", 2), (None, 0)])
def test_timer_rule_runs_by_its_new_interval(interval: str | None, ticks: int) -> None:
    mock = opened(rules=[named("tick", trigger="timer", after=0, interval="2s")])
    assert texts(mock.advance(4)) == ["tick"] * 3
    changed = named("tick", trigger="timer", after=0)
    mock.change(rules=[changed if interval is None else {**changed, "interval": interval}])
    mock.text("a")
    assert texts(mock.advance(10)) == ["tick"] * ticks


def test_timer_rule_that_has_fired_may_be_given_an_interval() -> None:
    mock = opened(rules=[named("tick", trigger="timer", after="1s")])
    assert texts(mock.advance(2)) == ["tick"]
    mock.change(rules=[named("tick", trigger="timer", after="1s", interval="3s")])
    mock.text("a")
    assert mock.advance(1.9) == []
    assert texts(mock.advance(0.2)) == ["tick"]


@pytest.mark.parametrize(("after", "wait"), [("4s", 3.0), ("20s", 19.0)])
def test_idle_rule_runs_by_its_new_silence(after: str, wait: float) -> None:
    mock = opened(rules=[named("silent", trigger="idle", after="10s")])
    mock.text("a")
    mock.advance(1)
    mock.change(rules=[named("silent", trigger="idle", after=after), say("x", trigger="pong")])
    mock.handle(Lost(1000, ""))  # an event that is no sign of life
    assert mock.advance(wait - 0.1) == []
    assert texts(mock.advance(0.2)) == ["silent"]


def test_timed_rule_with_other_actions_keeps_its_times() -> None:
    mock = opened(rules=[named("old", trigger="timer", after="2s", interval="2s")])
    mock.advance(1)
    mock.change(rules=[named("new", trigger="timer", after="2s", interval="2s")])
    mock.text("a")
    assert texts(mock.advance(3)) == ["new", "new"]


def test_rule_of_another_trigger_is_a_new_one() -> None:
    mock = opened(rules=[named("due", trigger="timer", after="2s")])
    mock.advance(1)
    mock.change(rules=[named("silent", trigger="idle", after="2s")])
    mock.text("a")
    assert mock.advance(1.9) == []
    assert texts(mock.advance(0.2)) == ["silent"]


# --- scripts ----------------------------------------------------------------------------------


def expect(word: str, **step: Any) -> dict[str, Any]:
    return {"expect": {"text": word}, **step}


def send(text: str) -> dict[str, Any]:
    return {"send": {"text": text}}


PASSED = ReportVerdict(passed=True, text="")
CHANGED = ReportProblem("script", "its completed steps changed; this run gets no verdict")


def test_script_goes_on_with_its_new_steps() -> None:
    mock = opened(script=[expect("a"), expect("b"), send("old")])
    mock.text("a")
    mock.change(script=[expect("a"), expect("b"), send("new"), expect("c")])
    assert texts(mock.text("b")) == ["new"]
    assert mock.text("c") == [PASSED]


def test_step_that_waits_may_change() -> None:
    mock = opened(script=[expect("a"), expect("b")])
    mock.text("a")
    mock.change(script=[expect("a"), send("hint"), expect("c")])
    assert mock.ping() == [SendText(b"hint"), SendPong(b"")]
    assert mock.text("c") == [PASSED]


def test_deadline_of_a_step_that_waits_begins_anew_when_the_step_changes() -> None:
    mock = opened(script=[expect("a", within="2s")])
    mock.advance(1)
    mock.change(script=[expect("b", within="2s")])
    mock.ping()
    assert mock.advance(1.9) == []
    overdue = ReportVerdict(passed=False, text="script[0]: no matching message came within 2 s")
    assert mock.advance(0.2)[0] == overdue


def test_deadline_of_a_step_that_stays_goes_on() -> None:
    mock = opened(script=[expect("a", within="2s"), send("old")])
    mock.advance(1)
    mock.change(script=[expect("a", within="2s"), send("new")])
    mock.ping()
    assert len(mock.advance(1.1)) == 2


def test_script_that_ends_where_the_run_is_passes() -> None:
    mock = opened(script=[expect("a"), expect("b")])
    mock.text("a")
    mock.change(script=[expect("a")])
    assert mock.ping() == [PASSED, SendPong(b"")]


def test_wait_of_a_script_goes_on_with_the_new_steps_behind_it() -> None:
    mock = opened(script=[{"wait": 2}, send("old")])
    mock.advance(1)
    mock.change(script=[{"wait": 2}, send("new")])
    assert mock.ping() == [SendPong(b"")]
    assert mock.advance(1) == [SendText(b"new"), PASSED]


@pytest.mark.parametrize(
    "script", [[expect("x"), expect("b")], [send("first"), expect("a"), expect("b")], [send("a")]]
)
def test_run_ends_without_a_verdict_when_what_it_has_behind_it_changes(
    script: list[dict[str, Any]],
) -> None:
    every = {"every": {"interval": 1, "do": [send("tick")]}}
    mock = opened(script=[expect("a"), every, expect("b"), send("B")], unmatched="echo")
    mock.text("a")
    mock.change(script=script, unmatched="echo")
    assert mock.text("b") == [CHANGED, SendText(b"b")]
    assert mock.advance(10) == []
    assert mock.handle(Lost(1000, "")) == []


def test_run_that_has_passed_is_not_disturbed_by_what_comes_behind_it() -> None:
    mock = opened(script=[expect("a"), {"every": {"interval": 1, "do": [send("tick")]}}])
    assert mock.text("a") == [PASSED]
    mock.change(script=[expect("a"), {"every": {"interval": 1, "do": [send("tick")]}}, send("x")])
    assert texts(mock.advance(2)) == ["tick", "tick"]
    mock.change(script=[expect("other")])
    assert mock.advance(5) == []


def test_script_that_comes_later_does_not_begin_on_an_open_connection() -> None:
    mock = opened(rules=[say("rule")])
    mock.change(script=[send("first"), expect("a")])
    assert mock.text("b") == []
    assert mock.handle(Lost(1000, "")) == []


@pytest.mark.parametrize("is_removed", [True, False])
def test_script_that_is_gone_ends_without_a_verdict(is_removed: bool) -> None:
    mock = opened(script=[{"every": {"interval": 1, "do": [send("tick")]}}, expect("a")])
    if is_removed:
        mock.remove()
    else:
        mock.change(rules=[say("rule", match={"text": "a"})])
    assert mock.advance(5) == []
    assert mock.handle(Lost(1000, "")) == []


def test_script_that_changes_before_the_connection_is_open_is_the_one_that_runs() -> None:
    mock = converse(script=[send("old")])
    mock.change(script=[send("new")])
    assert mock.open() == [SendText(b"new"), PASSED]
