"""A conversation that follows a script, with a verdict in the end."""

from typing import Any

import pytest

from tests.helpers.conversation import Conversation, converse, opened, texts
from websocket_mock.actors.conversation.core import Effect, Lost, ReportVerdict
from websocket_mock.actors.values.effects import AnswerClose, SendPong, SendText, StartClose
from websocket_mock.actors.values.inbound import CloseReceived

LOGIN: list[dict[str, Any]] = [
    {"expect": {"json": {"$.type": "login", "$.user": {"present": True}}}, "within": "2s"},
    {"send": {"json": {"type": "welcome"}}},
    {"wait": "1s"},
    {"close": {"code": 1012, "reason": "restart"}},
]
PASSED = ReportVerdict(passed=True, text="")
FAILED_CLOSE = StartClose(1008, "the script failed")


def verdicts(effects: list[Effect]) -> list[ReportVerdict]:
    return [one for one in effects if isinstance(one, ReportVerdict)]


def test_script_runs_to_its_end() -> None:
    mock = opened(script=LOGIN)
    assert texts(mock.json({"type": "login", "user": "u"})) == ['{"type":"welcome"}']
    assert mock.advance(0.9) == []
    assert mock.advance(0.2) == [StartClose(1012, "restart"), PASSED]
    assert mock.handle(Lost(1012, "restart")) == []


def test_wrong_message_fails_the_script_and_closes() -> None:
    verdict, close = opened(script=LOGIN).json({"type": "logn", "user": "u"})
    assert isinstance(verdict, ReportVerdict)
    assert not verdict.passed
    assert verdict.text == 'script[0]: json $.type: expected "login", got "logn"'
    assert close == FAILED_CLOSE


def test_message_that_does_not_come_in_time_fails_the_script_and_closes() -> None:
    mock = opened(script=LOGIN)
    assert mock.advance(1.9) == []
    verdict, close = mock.advance(0.2)
    assert verdict == ReportVerdict(
        passed=False, text="script[0]: no matching message came within 2 s"
    )
    assert close == FAILED_CLOSE


def test_deadline_that_was_met_does_nothing() -> None:
    mock = opened(script=[{"expect": {"text": "a"}, "within": 1}, {"expect": {"text": "b"}}])
    assert mock.text("a") == []
    assert mock.advance(10) == []
    assert mock.text("b") == [PASSED]


def test_message_while_the_script_waits_fails_it() -> None:
    mock = opened(script=LOGIN)
    mock.json({"type": "login", "user": "u"})
    verdict, close = mock.text("too early")
    assert verdict == ReportVerdict(passed=False, text="script[3]: nothing is expected now")
    assert close == FAILED_CLOSE
    assert mock.advance(10) == []


@pytest.mark.parametrize("code", [1000, 1006])
def test_connection_that_ends_before_the_script_fails_it(code: int) -> None:
    mock = opened(script=LOGIN)
    assert mock.handle(Lost(code, "")) == [
        ReportVerdict(passed=False, text=f"script[0]: the connection closed with {code}")
    ]


def test_there_is_one_verdict_whatever_comes() -> None:
    mock = opened(script=LOGIN)
    found = verdicts(mock.text("wrong"))
    found += verdicts(mock.text("again"))
    found += verdicts(mock.advance(100))
    found += verdicts(mock.handle(Lost(1008, "")))
    assert len(found) == 1


def test_script_begins_when_the_connection_opens() -> None:
    assert texts(converse(script=[{"send": {"text": "hello"}}]).open()) == ["hello"]


def test_action_of_a_script_may_take_its_time() -> None:
    every = {"interval": 1, "count": 2, "do": [{"send": {"text": "tick"}}]}
    mock = converse(script=[{"every": every}, {"expect": {"text": "a"}}])
    mock.open()
    assert texts(mock.advance(5)) == ["tick", "tick"]


def test_control_frames_are_answered_beside_a_script() -> None:
    mock = opened(script=LOGIN)
    assert mock.ping(b"p") == [SendPong(b"p")]
    assert mock.handle(CloseReceived(1000, "")) == [AnswerClose()]


# --- unexpected messages where `unmatched` says more ----------------------------------------------


def lenient(unmatched: str) -> Conversation:
    return opened(script=[{"expect": {"text": "a"}}, {"send": {"text": "A"}}], unmatched=unmatched)


@pytest.mark.parametrize("unmatched", ["ignore", "echo", "error"])
def test_unexpected_message_may_be_unmatched_instead(unmatched: str) -> None:
    mock = lenient(unmatched)
    assert mock.text("b") == opened(unmatched=unmatched).text("b")
    assert mock.text("a") == [SendText(b"A"), PASSED]


def test_strict_script_fails_with_the_first_unexpected_message() -> None:
    assert lenient("strict").text("b")[1:] == [FAILED_CLOSE]


def test_message_behind_the_end_of_the_script_is_unmatched() -> None:
    mock = lenient("echo")
    mock.text("a")
    assert texts(mock.text("more")) == ["more"]


def test_matcher_that_raises_fails_the_script_with_its_reason() -> None:
    mock = opened(script=[{"expect": {"json": {"schema": {"$ref": "#/nowhere"}}}}])
    (verdict,) = verdicts(mock.text("{}"))
    assert not verdict.passed
    assert "nowhere" in verdict.text


# --- changes --------------------------------------------------------------------------------------


def test_rules_that_take_the_place_of_a_script_apply_from_the_next_message() -> None:
    mock = opened(script=LOGIN)
    mock.change(rules=[{"do": [{"send": {"text": "rule"}}]}])
    assert texts(mock.text("x")) == ["rule"]


def test_script_that_goes_with_its_endpoint_says_nothing_more() -> None:
    mock = opened(script=LOGIN)
    mock.remove()
    assert mock.text("x") == []
    assert texts(mock.advance(10)) == []
