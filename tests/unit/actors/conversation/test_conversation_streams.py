"""Named `every` and `after`: ended by `stop`, restarted by their name."""

from typing import Any

from tests.helpers.conversation import Conversation, opened, texts
from websocket_mock.actors.conversation.core import ReportProblem

SUBSCRIBE: dict[str, Any] = {
    "match": {"text": {"matches": "^start (?P<name>.+)$"}},
    "do": [
        {
            "every": {
                "name": "{{ match.name }}",
                "interval": 1,
                "do": [{"send": {"text": "{{ match.name }}{{ repeat.index }}"}}],
            }
        }
    ],
}
UNSUBSCRIBE: dict[str, Any] = {
    "match": {"text": {"matches": "^stop (?P<name>.+)$"}},
    "do": [{"stop": "{{ match.name }}"}, {"send": {"text": "stopped"}}],
}


def subscriptions() -> Conversation:
    return opened(rules=[SUBSCRIBE, UNSUBSCRIBE])


def test_every_ends_with_a_stop_of_its_name() -> None:
    mock = subscriptions()
    mock.text("start a")
    assert texts(mock.advance(2)) == ["a0", "a1"]
    assert texts(mock.text("stop a")) == ["stopped"]
    assert mock.advance(10) == []
    assert mock.timers == []


def test_stop_leaves_other_streams_alone() -> None:
    mock = subscriptions()
    mock.text("start a")
    mock.text("start b")
    mock.text("stop a")
    assert texts(mock.advance(2)) == ["b0", "b1"]


def test_stop_of_a_name_that_does_not_run_does_nothing() -> None:
    mock = subscriptions()
    assert texts(mock.text("stop a")) == ["stopped"]
    mock.text("start a")
    assert texts(mock.advance(1)) == ["a0"]


def test_stream_may_be_started_again_after_its_stop() -> None:
    mock = subscriptions()
    mock.text("start a")
    mock.advance(2)
    mock.text("stop a")
    mock.text("start a")
    assert texts(mock.advance(2)) == ["a0", "a1"]


def test_stream_that_is_started_while_it_runs_begins_anew() -> None:
    mock = subscriptions()
    mock.text("start a")
    assert texts(mock.advance(1.5)) == ["a0"]
    mock.text("start a")
    assert mock.advance(0.9) == []
    assert texts(mock.advance(1.1)) == ["a0", "a1"]


def test_stream_is_restarted_by_another_rule_of_the_same_name() -> None:
    other = {"match": {"text": "other"}, "do": [{"after": {**LATE, "name": "a"}}]}
    mock = opened(rules=[SUBSCRIBE, other])
    mock.text("start a")
    mock.text("other")
    assert texts(mock.advance(5)) == ["late"]


LATE: dict[str, Any] = {"delay": 2, "do": [{"send": {"text": "late"}}]}


def test_after_ends_with_a_stop_of_its_name() -> None:
    start = {"match": {"text": "go"}, "do": [{"after": {**LATE, "name": "late"}}]}
    mock = opened(rules=[start, {"do": [{"stop": "late"}]}])
    mock.text("go")
    assert texts(mock.advance(2)) == ["late"]
    mock.text("go")
    mock.advance(1)
    mock.text("halt")
    assert mock.advance(10) == []


def test_after_that_each_message_restarts_is_a_watchdog() -> None:
    mock = opened(rules=[{"do": [{"after": {**LATE, "name": "watchdog"}}]}])
    for _ in range(5):
        mock.text("alive")
        assert mock.advance(1.9) == []
    assert texts(mock.advance(0.2)) == ["late"]


def test_what_a_stream_has_begun_ends_with_it() -> None:
    turn = [{"after": LATE}, {"wait": 2}, {"send": {"text": "waited"}}]
    every = {"name": "a", "interval": 1, "do": turn}
    mock = opened(
        rules=[
            {"match": {"text": "go"}, "do": [{"every": every}]},
            {"do": [{"stop": "a"}]},
        ]
    )
    mock.text("go")
    assert mock.advance(1.5) == []
    mock.text("halt")
    assert mock.advance(10) == []


def test_stream_may_stop_itself_and_ends_behind_that_turn() -> None:
    turn = [{"send": {"text": "1"}}, {"stop": "a"}, {"send": {"text": "2"}}]
    mock = opened(rules=[{"do": [{"every": {"name": "a", "interval": 1, "do": turn}}]}])
    mock.text("go")
    assert texts(mock.advance(10)) == ["1", "2"]
    assert mock.timers == []


def test_after_that_starts_its_own_name_again_goes_on() -> None:
    again = {"after": {"name": "a", "delay": 1, "do": [{"send": {"text": "second"}}]}}
    first = {"name": "a", "delay": 1, "do": [{"send": {"text": "first"}}, again]}
    mock = opened(rules=[{"do": [{"after": first}]}])
    mock.text("go")
    assert texts(mock.advance(3)) == ["first", "second"]


def test_stream_of_a_script_is_stopped_by_a_later_step() -> None:
    every = {"name": "a", "interval": 1, "do": [{"send": {"text": "tick"}}]}
    mock = opened(script=[{"every": every}, {"expect": {"text": "halt"}}, {"stop": "a"}])
    assert texts(mock.advance(2)) == ["tick", "tick"]
    mock.text("halt")
    assert mock.advance(10) == []


def test_name_that_cannot_be_rendered_is_reported_and_nothing_starts() -> None:
    nameless = {"every": {"name": "{{ missing }}", "interval": 1, "do": ["ignore"]}}
    mock = opened(rules=[{"name": "r", "do": [nameless, {"stop": "{{ missing }}"}]}])
    problems = mock.text("go")
    assert [type(one) for one in problems] == [ReportProblem] * 2
    assert mock.timers == []
