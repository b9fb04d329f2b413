"""The actions `after`, `every` and `stop`."""

from typing import Any

import pytest

from tests.helpers.actions import SCOPE, WHY, Bench, compiled
from websocket_mock.actors.conversation.action import CompiledAction
from websocket_mock.actors.conversation.actions.control import DoIgnore
from websocket_mock.actors.conversation.actions.flow import DoWait
from websocket_mock.actors.conversation.actions.timers import (
    DoAfter,
    DoEvery,
    DoStop,
    Repeat,
    Resume,
)
from websocket_mock.actors.conversation.core import ReportProblem, StartTimer
from websocket_mock.actors.conversation.expressions import Constant
from websocket_mock.actors.values.effects import SendText


@pytest.mark.parametrize(
    ("written", "action"),
    [
        (
            {"after": {"delay": 1, "do": ["ignore", {"wait": 1}]}},
            DoAfter(Constant(1.0), (DoIgnore(), DoWait(Constant(1.0)))),
        ),
        (
            {"every": {"interval": 1, "jitter": 0.1, "count": 3, "do": ["ignore"]}},
            DoEvery(Constant(1.0), Constant(0.1), Constant(3), None, (DoIgnore(),), ()),
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
    rest, is_done = bench.runner.proceed(timer.payload.parts, bench.now)
    assert not is_done
    assert rest[0] == SendText(b"2")
    assert isinstance(rest[1], StartTimer)


def test_after_does_not_keep_the_list(bench: Bench) -> None:
    after = {"after": {"delay": "2s", "do": [{"send": {"text": "late"}}]}}
    timer, sent = bench.run(after, {"send": {"text": "now"}})
    assert sent == SendText(b"now")
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Resume)
    assert timer.delay == 2.0
    assert bench.runner.proceed(timer.payload.parts, bench.now) == ([SendText(b"late")], True)


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


# --- templates where numbers stand ----------------------------------------------------------------


def timer_of(bench: Bench, action: Any) -> StartTimer:
    (timer,) = bench.run(action)
    assert isinstance(timer, StartTimer)
    return timer


def test_delay_interval_and_count_are_templates(bench: Bench) -> None:
    bench.run({"set": {"ms": 20, "n": 2}})
    after = {"after": {"delay": "{{ vars.ms }}ms", "do": ["ignore"]}}
    assert timer_of(bench, after).delay == 0.02
    every = {"interval": "{{ vars.n }}", "count": "{{ vars.n }}", "do": [{"send": {"text": "a"}}]}
    assert repetitions(bench, every, 10) == (["a", "a"], [2.0, 2.0])


def test_interval_is_rendered_for_each_turn(bench: Bench) -> None:
    every = {"interval": "{{ repeat.index + 1 }}", "count": 3, "do": ["ignore"]}
    timer = timer_of(bench, {"every": every})
    delays = [timer.delay]
    for _ in range(2):
        assert isinstance(timer.payload, Repeat)
        (timer,) = bench.runner.repeat(timer.payload, bench.now)  # type: ignore[assignment]
        delays.append(timer.delay)
    assert delays == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (
            {"after": {"delay": "{{ 'soon' }}", "do": ["ignore"]}},
            "do[0].after.delay: give a duration such as 250ms, or seconds up to 86,400, not 'soon'",
        ),
        (
            {"every": {"interval": 1, "count": "{{ -1 }}", "do": ["ignore"]}},
            "do[0].every.count: give a whole number that is at least 0, not -1",
        ),
        (
            {"every": {"interval": "{{ missing }}", "do": ["ignore"]}},
            "do[0].every.interval: 'missing' is undefined",
        ),
    ],
)
def test_number_that_a_template_does_not_give_is_reported_with_its_place(
    bench: Bench, action: Any, why: str
) -> None:
    assert bench.run(action, {"send": {"text": "next"}}) == [
        ReportProblem(WHY.label, why),
        SendText(b"next"),
    ]


def test_interval_that_fails_later_ends_the_stream_and_keeps_what_was_sent(bench: Bench) -> None:
    every = {"interval": "{{ 1 / (1 - repeat.index) }}", "do": [{"send": {"text": "a"}}]}
    timer = timer_of(bench, {"every": every})
    assert isinstance(timer.payload, Repeat)
    sent, problem = bench.runner.repeat(timer.payload, bench.now)
    assert sent == SendText(b"a")
    assert isinstance(problem, ReportProblem)
    assert problem.reason.startswith("do[0].every.interval: ZeroDivisionError")


# --- the end of a stream --------------------------------------------------------------------------

END = [{"send": {"text": "end {{ repeat.index }}"}}]


def test_then_follows_the_last_turn(bench: Bench) -> None:
    every = {"interval": 1, "count": 2, "do": [{"send": {"text": "a"}}], "then": END}
    assert repetitions(bench, every, 10) == (["a", "a", "end 1"], [1.0, 1.0])


def test_stream_of_no_turns_ends_at_once_when_it_is_due(bench: Bench) -> None:
    every = {"interval": 1, "count": "{{ 0 }}", "do": [{"send": {"text": "a"}}], "then": END}
    assert repetitions(bench, every, 10) == (["end 0"], [1.0])


def test_until_ends_a_stream_after_the_turn_that_makes_it_true(bench: Bench) -> None:
    do = [{"set": {"n": {"increment": 1}}}, {"send": {"text": "{{ vars.n }}"}}]
    every = {"interval": 1, "until": "{{ vars.n >= 3 }}", "do": do, "then": END}
    assert repetitions(bench, every, 10)[0] == ["1", "2", "3", "end 2"]


def test_until_that_becomes_true_between_two_turns_ends_a_stream_before_the_next(
    bench: Bench,
) -> None:
    every = {"interval": 1, "until": "{{ vars.over }}", "do": [{"send": {"text": "a"}}]}
    timer = timer_of(bench, {"every": every})
    bench.run({"set": {"over": True}})
    assert isinstance(timer.payload, Repeat)
    assert bench.runner.repeat(timer.payload, bench.now) == []


def test_then_waits_for_the_waits_of_the_last_turn(bench: Bench) -> None:
    do = [{"wait": 5}, {"send": {"text": "a"}}]
    timer = timer_of(bench, {"every": {"interval": 1, "count": 1, "do": do, "then": END}})
    assert isinstance(timer.payload, Repeat)
    (later,) = bench.runner.repeat(timer.payload, bench.now)
    assert isinstance(later, StartTimer)
    assert isinstance(later.payload, Resume)
    effects, _ = bench.runner.proceed(later.payload.parts, bench.now)
    assert effects == [SendText(b"a"), SendText(b"end 0")]


def test_then_does_not_follow_a_stream_that_stops_itself(bench: Bench) -> None:
    every = {"name": "s", "interval": 1, "count": 1, "do": [{"stop": "s"}], "then": END}
    timer = timer_of(bench, {"every": every})
    assert isinstance(timer.payload, Repeat)
    assert bench.runner.repeat(timer.payload, bench.now) == []
