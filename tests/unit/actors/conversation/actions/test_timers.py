"""The actions `after`, `every`, `stop` and `wait`."""

from typing import Any

import pytest

from tests.helpers.actions import SCOPE, WHY, Bench, compiled
from websocket_mock.actors.conversation.action import CompiledAction
from websocket_mock.actors.conversation.actions.control import DoIgnore
from websocket_mock.actors.conversation.actions.timers import (
    DoAfter,
    DoEvery,
    DoStop,
    DoWait,
    Repeat,
    Resume,
)
from websocket_mock.actors.conversation.core import StartTimer
from websocket_mock.actors.values.effects import SendText


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ({"wait": "2s"}, DoWait(2.0)),
        (
            {"after": {"delay": 1, "do": ["ignore", {"wait": 1}]}},
            DoAfter(1.0, (DoIgnore(), DoWait(1.0))),
        ),
        (
            {"every": {"interval": 1, "jitter": 0.1, "count": 3, "do": ["ignore"]}},
            DoEvery(1.0, 0.1, 3, (DoIgnore(),)),
        ),
    ],
)
def test_action_is_compiled(written: Any, action: CompiledAction) -> None:
    assert compiled(written) == action


@pytest.mark.parametrize(
    "written",
    [
        {"after": {"name": "stream {{ n }}", "delay": 1, "do": ["ignore"]}},
        {"every": {"name": "stream {{ n }}", "interval": 1, "do": ["ignore"]}},
        {"stop": "stream {{ n }}"},
    ],
)
def test_names_of_streams_are_templates(written: Any) -> None:
    action = compiled(written)
    assert isinstance(action, DoAfter | DoEvery | DoStop)
    assert action.name is not None
    assert action.name(SCOPE) == "stream 3"


def test_wait_keeps_the_rest_of_the_list_for_later(bench: Bench) -> None:
    sent, timer = bench.run(
        {"send": {"text": "1"}}, {"wait": "2s"}, {"send": {"text": "2"}}, {"wait": 1}, "ignore"
    )
    assert sent == SendText(b"1")
    assert isinstance(timer, StartTimer)
    assert timer.delay == 2.0
    assert isinstance(timer.payload, Resume)
    assert timer.payload.occasion is WHY
    rest = bench.runner.run(timer.payload.actions, WHY, bench.now)
    assert rest[0] == SendText(b"2")
    assert isinstance(rest[1], StartTimer)


def test_after_does_not_keep_the_list(bench: Bench) -> None:
    after = {"after": {"delay": "2s", "do": [{"send": {"text": "late"}}]}}
    timer, sent = bench.run(after, {"send": {"text": "now"}})
    assert sent == SendText(b"now")
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Resume)
    assert timer.delay == 2.0
    assert bench.runner.run(timer.payload.actions, WHY, bench.now) == [SendText(b"late")]


def repetitions(bench: Bench, every: dict[str, Any], most: int) -> tuple[list[str], list[float]]:
    """What an `every` sends, and its delays, for at most so many turns."""
    (timer,) = bench.run({"every": every})
    sent, delays = [], []
    for _ in range(most):
        assert isinstance(timer, StartTimer)
        assert isinstance(timer.payload, Repeat)
        delays.append(timer.delay)
        *done, last = bench.runner.repeat(timer.payload, bench.now)
        effects = done if isinstance(last, StartTimer) else [*done, last]
        sent += [one.payload.decode() for one in effects if isinstance(one, SendText)]
        if not isinstance(last, StartTimer):
            break
        timer = last
    return sent, delays


def test_repetition_counts_from_zero_up_to_its_count(bench: Bench) -> None:
    every = {"interval": "2s", "count": 3, "do": [{"send": {"text": "{{ repeat.index }}"}}]}
    assert repetitions(bench, every, 10) == (["0", "1", "2"], [2.0, 2.0, 2.0])


def test_repetition_without_a_count_goes_on(bench: Bench) -> None:
    every = {"interval": 1, "do": [{"send": {"text": "a"}}]}
    assert repetitions(bench, every, 50)[0] == ["a"] * 50


def test_jitter_stays_within_its_bounds_and_follows_the_seed() -> None:
    every = {"interval": "1s", "jitter": "300ms", "count": 50, "do": [{"send": {"text": "a"}}]}
    _, delays = repetitions(Bench("one"), every, 50)
    assert all(0.7 <= delay <= 1.3 for delay in delays)
    assert max(delays) - min(delays) > 0.3
    assert repetitions(Bench("one"), every, 50)[1] == delays
    assert repetitions(Bench("other"), every, 50)[1] != delays


def test_jitter_beyond_the_interval_never_leads_to_a_negative_delay(bench: Bench) -> None:
    every = {"interval": "1ms", "jitter": "1s", "count": 50, "do": [{"send": {"text": "a"}}]}
    assert min(repetitions(bench, every, 50)[1]) == 0.001


def test_repetition_may_end_with_a_wait(bench: Bench) -> None:
    every = {"interval": 1, "count": 2, "do": [{"wait": 1}, {"send": {"text": "a"}}]}
    (timer,) = bench.run({"every": every})
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Repeat)
    effects = bench.runner.repeat(timer.payload, bench.now)
    assert [type(one.payload) for one in effects if isinstance(one, StartTimer)] == [Resume, Repeat]
