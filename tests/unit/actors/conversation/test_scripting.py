"""One run of a script, without a conversation around it."""

from typing import Any

import pytest

from tests.helpers.conversation import make_context
from tests.helpers.mocks import compile_endpoint
from websocket_mock.actors.conversation.actions.timers import Resume
from websocket_mock.actors.conversation.core import Effect, ReportVerdict, StartTimer
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.conversation.scripting import ScriptRun
from websocket_mock.actors.conversation.timer_payloads import StepOverdue
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.effects import SendText, StartClose

PASSED = ReportVerdict(passed=True, text="")


def expect(word: str, **step: Any) -> dict[str, Any]:
    return {"expect": {"text": word}, **step}


def send(text: str) -> dict[str, Any]:
    return {"send": {"text": text}}


def failed(text: str) -> ReportVerdict:
    return ReportVerdict(passed=False, text=text)


class Bench:
    """A run of a script that has begun."""

    def __init__(self, *steps: dict[str, Any]) -> None:
        endpoint = compile_endpoint(script=list(steps))
        runner = ActionRunner(make_context(), {}, "seed", "initial")
        self.run = ScriptRun(endpoint.script, runner)
        self.began = self.run.begin(0.0)

    def say(self, text: str) -> tuple[str, list[Effect]]:
        return self.run.try_message(MessageView(text=text, size=len(text)), 0.0)

    def hear(self, text: str) -> list[Effect]:
        """Say what is expected."""
        why, effects = self.say(text)
        assert why == ""
        return effects


def test_script_speaks_up_to_the_first_thing_to_expect() -> None:
    bench = Bench(send("1"), send("2"), expect("a"), send("3"))
    assert bench.began == [SendText(b"1"), SendText(b"2")]
    assert bench.run.progress == "running"


def test_script_that_expects_nothing_passes_at_once() -> None:
    bench = Bench(send("1"), {"close": {"code": 4000}})
    assert bench.began == [SendText(b"1"), StartClose(4000, ""), PASSED]
    assert bench.run.progress == "passed"


def test_expected_messages_lead_through_the_script() -> None:
    bench = Bench(expect("a"), send("A"), expect("b"), expect("c"), send("C"))
    assert bench.began == []
    assert bench.hear("a") == [SendText(b"A")]
    assert bench.hear("b") == []
    assert bench.hear("c") == [SendText(b"C"), PASSED]
    assert bench.run.progress == "passed"


def test_action_sees_the_message_that_was_expected_last() -> None:
    step = {"expect": {"text": {"matches": "^hi (?P<name>.*)$"}}}
    bench = Bench(step, send("{{ match.name }} {{ message.size }}"), send("{{ match.name }}"))
    assert bench.hear("hi you")[:2] == [SendText(b"you 6"), SendText(b"you")]


def test_other_message_says_why_and_changes_nothing() -> None:
    bench = Bench(expect("a"), send("A"))
    assert bench.say("b") == ('text: expected "a", got "b"', [])
    assert bench.run.progress == "running"
    assert bench.hear("a") == [SendText(b"A"), PASSED]


def test_message_behind_the_end_is_not_expected() -> None:
    bench = Bench(expect("a"))
    bench.hear("a")
    assert bench.say("a") == ("nothing is expected now", [])
    assert bench.run.progress == "passed"


def test_failure_names_the_step() -> None:
    bench = Bench(send("1"), expect("a"))
    assert bench.run.fail("why") == failed("script[1]: why")
    assert bench.run.progress == "failed"
    assert bench.say("a") == ("nothing is expected now", [])


# --- time -----------------------------------------------------------------------------------------


def test_expectation_may_have_a_deadline() -> None:
    bench = Bench(send("1"), expect("a", within="2s"))
    assert bench.began == [SendText(b"1"), StartTimer(2.0, StepOverdue(1, 2.0))]
    overdue = bench.run.on_overdue(StepOverdue(1, 2.0))
    assert overdue == [failed("script[1]: no matching message came within 2 s")]
    assert bench.run.progress == "failed"


def test_deadline_that_was_met_does_nothing() -> None:
    bench = Bench(expect("a", within=1), expect("b"))
    bench.hear("a")
    assert bench.run.on_overdue(StepOverdue(1, 2.0)) == []
    assert bench.run.progress == "running"


def test_deadline_behind_the_end_does_nothing() -> None:
    bench = Bench(expect("a", within=1))
    bench.hear("a")
    assert bench.run.on_overdue(StepOverdue(1, 2.0)) == []
    assert bench.run.progress == "passed"


def test_wait_holds_the_script_up() -> None:
    bench = Bench(send("1"), {"wait": "2s"}, send("2"), expect("a"))
    sent, timer = bench.began
    assert sent == SendText(b"1")
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Resume)
    assert (timer.delay, timer.payload.step) == (2.0, 2)
    assert bench.say("a") == ("nothing is expected now", [])
    assert bench.run.on_next_step(2, 0.0) == [SendText(b"2")]
    assert bench.hear("a") == [PASSED]


def test_script_that_ends_with_a_wait_passes_behind_it() -> None:
    bench = Bench({"wait": 1})
    assert bench.run.progress == "running"
    assert bench.run.on_next_step(1, 0.0) == [PASSED]


@pytest.mark.parametrize("position", [0, 1, 3])
def test_wait_of_another_step_does_nothing(position: int) -> None:
    bench = Bench(send("1"), {"wait": 1}, send("2"))
    assert bench.run.on_next_step(position, 0.0) == []


def test_wait_of_a_run_that_has_failed_does_nothing() -> None:
    bench = Bench({"wait": 1}, send("2"))
    bench.run.fail("why")
    assert bench.run.on_next_step(1, 0.0) == []


def test_matcher_that_raises_is_no_match() -> None:
    bench = Bench({"expect": {"json": {"schema": {"$ref": "#/nowhere"}}}})
    why, effects = bench.say("{}")
    assert "nowhere" in why
    assert effects == []
