"""A conversation that begins anew on the same connection."""

from typing import Any

import pytest

from tests.helpers.conversation import Conversation, converse, opened, texts
from websocket_mock.actors.conversation.core import (
    CancelTimers,
    Effect,
    JoinGroup,
    LeaveGroup,
    StateReset,
)


def say(text: str, **rule: Any) -> dict[str, Any]:
    return {"do": [{"send": {"text": text}}], **rule}


def on(word: str, *actions: Any, **rule: Any) -> dict[str, Any]:
    return {"match": {"text": word}, "do": list(actions), **rule}


def reset(mock: Conversation) -> list[Effect]:
    return mock.handle(StateReset())


def test_state_word_and_variables_and_counters_are_as_in_the_beginning() -> None:
    tell = "{{ state }} {{ vars.n | default('none') }} {{ counters.received }}"
    mock = opened(
        initial_state="new",
        rules=[on("go", {"state": "live"}, {"set": {"n": 7}}), say(tell)],
    )
    mock.text("go")
    assert texts(mock.text("?")) == ["live 7 2"]
    reset(mock)
    assert texts(mock.text("?")) == ["new none 1"]


def test_initial_state_is_that_of_the_present_version() -> None:
    mock = opened(initial_state="old", rules=[say("{{ state }}")])
    mock.change(initial_state="young", rules=[say("{{ state }}")])
    assert texts(mock.text("?")) == ["old"]
    reset(mock)
    assert texts(mock.text("?")) == ["young"]


@pytest.mark.parametrize(
    ("counting", "answers"),
    [
        ({"times": 1}, ["rule", "other"]),
        ({"after_times": 1}, ["other", "rule"]),
        ({"every_nth": 2}, ["other", "rule"]),
    ],
)
def test_rules_count_anew(counting: dict[str, int], answers: list[str]) -> None:
    mock = opened(rules=[say("rule", **counting), say("other")])
    for _ in range(2):
        assert [*texts(mock.text("a")), *texts(mock.text("a"))] == answers
        reset(mock)


def test_groups_are_left() -> None:
    mock = opened(rules=[on("join", {"join": "g"})])
    assert mock.text("join") == [JoinGroup("g")]
    assert LeaveGroup(None) in reset(mock)


def test_what_rules_had_still_to_do_is_cancelled() -> None:
    mock = opened(
        rules=[
            on("after", {"after": {"delay": "1s", "do": [{"send": {"text": "late"}}]}}),
            on("every", {"every": {"interval": "1s", "do": [{"send": {"text": "tick"}}]}}),
            on("wait", {"wait": "1s"}, {"send": {"text": "waited"}}),
        ]
    )
    for word in ("after", "every", "wait"):
        mock.text(word)
    reset(mock)
    assert mock.timers == []
    assert mock.advance(10.0) == []


def test_timer_and_idle_rules_begin_to_wait_anew() -> None:
    mock = opened(
        rules=[say("timer", trigger="timer", after="3s"), say("idle", trigger="idle", after="5s")]
    )
    assert texts(mock.advance(4.0)) == ["timer"]
    reset(mock)
    assert mock.timers == [3.0, 5.0]
    assert texts(mock.advance(2.9)) == []
    assert texts(mock.advance(0.2)) == ["timer"]
    assert texts(mock.advance(2.0)) == ["idle"]


def test_connect_rules_do_not_fire_again() -> None:
    mock = converse(rules=[say("hello", trigger="connect")])
    assert texts(mock.open()) == ["hello"]
    assert texts(reset(mock)) == []


def test_random_values_are_those_of_a_new_connection() -> None:
    mock = opened(rules=[say("{{ random.int(1, 1000000) }} {{ uuid() }}")])
    first, second = mock.text("?"), mock.text("?")
    assert first != second
    reset(mock)
    assert [mock.text("?"), mock.text("?")] == [first, second]


def test_script_begins_with_its_first_step() -> None:
    script = [{"send": {"text": "one"}}, {"expect": {"text": "a"}}, {"send": {"text": "two"}}]
    mock = converse(script=[*script, {"expect": {"text": "b"}}])
    assert texts(mock.open()) == ["one"]
    assert texts(mock.text("a")) == ["two"]
    assert texts(reset(mock)) == ["one"]
    assert texts(mock.text("a")) == ["two"]


def test_endpoint_that_was_removed_stays_silent() -> None:
    mock = opened(script=[{"expect": {"text": "a"}}, {"send": {"text": "two"}}])
    mock.remove()
    assert reset(mock) == [LeaveGroup(None)]
    assert mock.text("a") == []


def test_timers_are_cancelled_before_new_ones_start() -> None:
    mock = opened(rules=[say("timer", trigger="timer", after="3s")])
    effects = mock._mock.handle(StateReset(), mock.now)
    assert effects[0] == CancelTimers()
