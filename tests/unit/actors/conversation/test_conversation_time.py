"""What a mock does by itself: timers, silence, delays, repetitions."""

from collections.abc import Callable
from typing import Any

from tests.helpers.conversation import converse, opened, texts
from websocket_mock.actors.values.effects import SendPong, SendText
from websocket_mock.actors.values.inbound import PongReceived


def say(text: str, **rule: Any) -> dict[str, Any]:
    return {"name": text, "do": [{"send": {"text": text}}], **rule}


# --- timer rules ----------------------------------------------------------------------------------


def test_timer_rule_fires_once_so_long_after_the_connection_opened() -> None:
    mock = opened(rules=[say("due", trigger="timer", after="5s")])
    assert mock.timers == [5.0]
    assert mock.advance(4.9) == []
    assert texts(mock.advance(0.1)) == ["due"]
    assert mock.advance(100) == []


def test_timer_rule_may_fire_at_once() -> None:
    mock = opened(rules=[say("due", trigger="timer", after=0)])
    assert texts(mock.advance(0)) == ["due"]


def test_timer_rule_with_an_interval_fires_again_and_again() -> None:
    mock = opened(rules=[say("tick", trigger="timer", after="1s", interval="2s")])
    assert texts(mock.advance(7.5)) == ["tick"] * 4


def test_timer_rule_counts_and_looks_at_the_state() -> None:
    mock = opened(
        rules=[
            {"match": {"text": "go"}, "do": [{"state": "live"}]},
            say("{{ state }}", trigger="timer", after=1, interval=1, state="live", times=2),
        ]
    )
    assert mock.advance(3) == []
    mock.text("go")
    assert texts(mock.advance(10)) == ["live", "live"]


def test_timer_rule_may_skip_turns() -> None:
    mock = opened(rules=[say("tick", trigger="timer", after=1, interval=1, every_nth=3)])
    assert texts(mock.advance(9)) == ["tick"] * 3


# --- idle rules -----------------------------------------------------------------------------------


def test_idle_rule_fires_after_so_much_silence() -> None:
    mock = opened(rules=[say("silent", trigger="idle", after="10s")])
    assert mock.advance(9.9) == []
    assert texts(mock.advance(0.1)) == ["silent"]


def test_silence_begins_anew_with_everything_the_client_sends() -> None:
    mock = opened(rules=[say("silent", trigger="idle", after="10s")])
    hearings: list[Callable[[], object]] = [
        lambda: mock.text("a"),
        lambda: mock.binary(b""),
        mock.ping,
        lambda: mock.handle(PongReceived(b"")),
    ]
    for hear in hearings:
        assert mock.advance(9) == []
        hear()
    assert mock.advance(9.9) == []
    assert texts(mock.advance(0.2)) == ["silent"]


def test_silence_that_goes_on_fires_again() -> None:
    mock = opened(rules=[say("silent", trigger="idle", after="10s")])
    assert texts(mock.advance(35)) == ["silent"] * 3


def test_what_the_mock_sends_is_no_sound() -> None:
    mock = opened(
        rules=[
            say("silent", trigger="idle", after="10s"),
            say("tick", trigger="timer", after=4, interval=4),
        ]
    )
    assert texts(mock.advance(10)) == ["tick", "tick", "silent"]


def test_idle_rules_do_not_disturb_one_another() -> None:
    mock = opened(
        rules=[
            say("short", trigger="idle", after="10s"),
            {"name": "long", "trigger": "idle", "after": "30s", "do": [{"close": {"code": 1001}}]},
        ]
    )
    mock.advance(29)
    mock.fired.clear()
    mock.advance(1)
    assert sorted(mock.fired) == ["long", "short"]


def test_idle_rule_may_fire_once() -> None:
    mock = opened(rules=[say("silent", trigger="idle", after=10, times=1)])
    assert texts(mock.advance(100)) == ["silent"]


# --- delays in a rule -----------------------------------------------------------------------------


def test_wait_delays_the_rest_of_a_rule_and_nothing_else() -> None:
    rule = {"match": {"text": "go"}, "do": [{"wait": "2s"}, {"send": {"text": "late"}}]}
    mock = opened(rules=[rule, say("now")])
    assert mock.text("go") == []
    assert texts(mock.text("x")) == ["now"]
    assert texts(mock.advance(2)) == ["late"]


def test_late_action_still_sees_the_message_it_began_with() -> None:
    rule = {
        "match": {"text": {"matches": "^(?P<word>.*)$"}},
        "do": [{"after": {"delay": "1s", "do": [{"send": {"text": "{{ match.word }}"}}]}}],
    }
    mock = opened(rules=[rule])
    mock.text("first")
    mock.advance(0.5)
    mock.text("second")
    assert texts(mock.advance(1)) == ["first", "second"]


def test_stream_has_its_pace_and_its_length() -> None:
    every = {"interval": "500ms", "count": 5, "do": [{"send": {"text": "{{ repeat.index }}"}}]}
    mock = opened(rules=[{"do": [{"every": every}, {"send": {"text": "begin"}}]}])
    assert texts(mock.text("go")) == ["begin"]
    assert texts(mock.advance(1.4)) == ["0", "1"]
    assert texts(mock.advance(10)) == ["2", "3", "4"]
    assert mock.timers == []


def test_streams_of_two_messages_run_side_by_side() -> None:
    every = {"interval": 1, "count": 3, "do": [{"send": {"text": "{{ message.text }}"}}]}
    mock = opened(rules=[{"do": [{"every": every}]}])
    mock.text("a")
    mock.advance(0.5)
    mock.text("b")
    assert texts(mock.advance(5)) == ["a", "b", "a", "b", "a", "b"]


def test_repetition_in_a_repetition_counts_for_itself() -> None:
    inner = {"interval": "10ms", "count": 2, "do": [{"send": {"text": "{{ repeat.index }}"}}]}
    mock = opened(
        rules=[{"do": [{"every": {"interval": 1, "count": 2, "do": [{"every": inner}]}}]}]
    )
    mock.text("go")
    assert texts(mock.advance(5)) == ["0", "1", "0", "1"]


def test_delayed_pong_is_a_rule_that_ignores_the_ping() -> None:
    rule = {"trigger": "ping", "do": ["ignore", {"wait": 1}, {"send": {"text": "late"}}]}
    mock = opened(rules=[rule])
    assert mock.ping(b"p") == []
    assert mock.advance(1) == [SendText(b"late")]
    assert opened().ping(b"p") == [SendPong(b"p")]


def test_nothing_is_armed_without_timed_rules() -> None:
    assert converse(rules=[say("a")]).timers == []
    assert opened(rules=[say("a"), say("b", trigger="connect")]).timers == []
