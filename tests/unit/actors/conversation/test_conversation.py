"""A programmed endpoint's answers: triggers, the choice of a rule, counts, what nothing matches."""

import json
from typing import Any

import pytest

from tests.helpers.conversation import Conversation, converse, opened, texts
from tests.helpers.mocks import compile_endpoints
from websocket_mock.actors.conversation.core import (
    AskClients,
    CountError,
    HandlerFailed,
    JoinGroup,
    Lost,
    ReportProblem,
    ReportVerdict,
)
from websocket_mock.actors.values.effects import (
    AnswerClose,
    FailConnection,
    SendBinary,
    SendPing,
    SendPong,
    SendText,
    StartClose,
)
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    ProtocolViolated,
)


def say(text: str, **rule: Any) -> dict[str, Any]:
    """A rule that sends a text."""
    return {"name": text, "do": [{"send": {"text": text}}], **rule}


def on(word: str, text: str, **rule: Any) -> dict[str, Any]:
    """A rule that answers a word with a text."""
    return say(text, match={"text": word}, **rule)


# --- triggers -------------------------------------------------------------------------------------


def test_connect_rule_speaks_first() -> None:
    mock = converse(rules=[say("hello", trigger="connect")])
    assert mock.open() == [SendText(b"hello")]
    assert mock.fired == ["hello"]


def test_nothing_is_said_unasked() -> None:
    assert converse(rules=[say("a")]).open() == []


def test_message_rule_answers_text_and_binary() -> None:
    mock = opened(rules=[say("text", match={"type": "text"}), say("binary")])
    assert texts(mock.text("a")) == ["text"]
    assert texts(mock.binary(b"a")) == ["binary"]


def test_ping_is_answered_with_a_pong_before_its_rule() -> None:
    mock = opened(rules=[say("pinged", trigger="ping", match={"binary": "hex:01"})])
    assert mock.ping(b"\x01") == [SendPong(b"\x01"), SendText(b"pinged")]
    assert mock.ping(b"\x02") == [SendPong(b"\x02")]


def test_ping_may_be_ignored() -> None:
    mock = opened(rules=[{"trigger": "ping", "times": 1, "do": ["ignore"]}])
    assert mock.ping(b"1") == []
    assert mock.ping(b"2") == [SendPong(b"2")]


def test_pong_may_be_answered() -> None:
    mock = opened(rules=[say("ponged", trigger="pong", match={"size": 2})])
    assert mock.handle(PongReceived(b"12")) == [SendText(b"ponged")]
    assert mock.handle(PongReceived(b"1")) == []


def test_close_is_answered_behind_its_rule() -> None:
    mock = opened(rules=[say("closing", trigger="close", match={"code": 1000})])
    assert mock.handle(CloseReceived(1000, "")) == [SendText(b"closing"), AnswerClose()]
    assert mock.handle(CloseReceived(1001, "")) == [AnswerClose()]


def test_close_may_be_ignored() -> None:
    mock = opened(rules=[{"trigger": "close", "match": {"reason": "keep"}, "do": ["ignore"]}])
    assert mock.handle(CloseReceived(1000, "keep")) == []
    assert mock.handle(CloseReceived(1000, "")) == [AnswerClose()]


def test_violation_fails_the_connection() -> None:
    mock = opened(rules=[say("a")], unmatched="echo")
    assert mock.handle(ProtocolViolated(1002, "")) == [FailConnection()]


def test_end_of_the_connection_says_nothing() -> None:
    assert opened(rules=[say("a")], unmatched="echo").handle(Lost(1006, "")) == []


# --- which rule -----------------------------------------------------------------------------------


def test_first_rule_that_matches_acts_alone() -> None:
    mock = opened(rules=[on("a", "one"), say("two"), say("three")])
    assert texts(mock.text("a")) == ["one"]
    assert texts(mock.text("b")) == ["two"]
    assert mock.fired == ["one", "two"]


def test_rule_of_higher_priority_is_tried_first() -> None:
    mock = opened(rules=[say("low", priority=-1), say("normal"), on("a", "high", priority=5)])
    assert texts(mock.text("a")) == ["high"]
    assert texts(mock.text("b")) == ["normal"]


def test_rules_of_another_trigger_are_not_tried() -> None:
    mock = opened(rules=[say("a", trigger="pong"), say("b", trigger="close")])
    assert mock.text("x") == []


def test_captures_reach_the_templates() -> None:
    rule = {
        "match": {"text": {"matches": r"^add (?P<a>\d+) (?P<b>\d+)$"}},
        "do": [{"send": {"text": "{{ match.a|int + match.b|int }}"}}],
    }
    assert texts(opened(rules=[rule]).text("add 2 40")) == ["42"]


def test_captures_of_the_path_and_of_the_message_reach_the_templates() -> None:
    rule = {"do": [{"send": {"text": "{{ path.id }} {{ message.json.a }}"}}]}
    mock = converse(HandshakeRequest("/x/7"), path="/x/{id}", rules=[rule])
    mock.open()
    assert texts(mock.json({"a": 1})) == ["7 1"]


@pytest.mark.parametrize(
    ("fields", "fires"),
    [
        ({"times": 2}, [1, 1, 0, 0, 0, 0, 0]),
        ({"after_times": 2}, [0, 0, 1, 1, 1, 1, 1]),
        ({"every_nth": 3}, [0, 0, 1, 0, 0, 1, 0]),
        ({"after_times": 1, "every_nth": 2}, [0, 0, 1, 0, 1, 0, 1]),
        ({"every_nth": 2, "times": 2}, [0, 1, 0, 1, 0, 0, 0]),
        ({"after_times": 2, "times": 1}, [0, 0, 1, 0, 0, 0, 0]),
    ],
)
def test_rule_fires_as_often_as_it_may(fields: dict[str, Any], fires: list[int]) -> None:
    mock = opened(rules=[on("a", "fired", **fields), say("other")])
    answers = [texts(mock.text("a")) for _ in fires]
    assert answers == [["fired"] if fire else ["other"] for fire in fires]


def test_only_what_matches_counts() -> None:
    mock = opened(rules=[on("a", "second", every_nth=2)])
    assert [texts(mock.text(word)) for word in "abbaba"] == [[], [], [], ["second"], [], []]


def test_count_of_a_rule_does_not_move_while_its_state_is_not_there() -> None:
    states: list[dict[str, Any]] = [
        {"match": {"text": "on"}, "do": [{"state": "on"}]},
        on("a", "once", state="on", times=1),
    ]
    mock = opened(rules=states)
    assert mock.text("a") == []
    mock.text("on")
    assert texts(mock.text("a")) == ["once"]
    assert mock.text("a") == []


def test_each_connection_counts_for_itself() -> None:
    rules = [say("once", times=1)]
    assert texts(opened(rules=rules).text("a")) == ["once"]
    assert texts(opened(rules=rules).text("a")) == ["once"]


def test_state_chooses_the_rules() -> None:
    mock = opened(
        initial_state="new",
        rules=[
            {"match": {"text": "login"}, "state": "new", "do": [{"state": "live"}]},
            say("live", state=["live", "idle"]),
            say("not live", state="new"),
        ],
    )
    assert texts(mock.text("a")) == ["not live"]
    assert mock.text("login") == []
    assert texts(mock.text("login")) == ["live"]


def test_matcher_that_raises_is_reported_and_the_next_rule_is_tried() -> None:
    broken = say("broken", match={"json": {"schema": {"$ref": "#/nowhere"}}})
    mock = opened(rules=[broken, say("next")])
    problem, answer = mock.text("{}")
    assert isinstance(problem, ReportProblem)
    assert problem.rule == "broken"
    assert "nowhere" in problem.reason
    assert answer == SendText(b"next")


@pytest.mark.parametrize("unmatched", ["echo", "error", "builtin"])
def test_message_that_only_broken_rules_could_take_is_unmatched(unmatched: str) -> None:
    broken = say("broken", match={"json": {"schema": {"$ref": "#/nowhere"}}})
    answers = opened(rules=[broken], unmatched=unmatched).text("{}")
    assert isinstance(answers[0], ReportProblem)
    assert answers[1:] == opened(rules=[], unmatched=unmatched).text("{}")


@pytest.mark.parametrize(
    ("event", "trigger", "answer"),
    [
        (PingReceived(b"p"), "ping", SendPong(b"p")),
        (CloseReceived(1000, ""), "close", AnswerClose()),
    ],
)
def test_control_frame_is_answered_although_a_matcher_raises(
    event: Any, trigger: str, answer: object
) -> None:
    broken = say("broken", trigger=trigger, match={"size": {"schema": {"$ref": "#/nowhere"}}})
    effects = opened(rules=[broken]).handle(event)
    assert len(effects) == 2
    assert answer in effects
    assert any(isinstance(effect, ReportProblem) for effect in effects)


def test_actions_of_a_rule_go_on_behind_one_that_fails() -> None:
    rule = {
        "name": "the rule",
        "do": [{"send": {"text": "{{ nope }}"}}, {"join": "g"}, {"ping": {}}],
    }
    problem, *rest = opened(rules=[rule]).text("a")
    assert problem == ReportProblem("the rule", "'nope' is undefined")
    assert rest == [JoinGroup("g"), SendPing(b"")]


def test_received_messages_are_counted_for_templates() -> None:
    mock = opened(rules=[say("{{ counters.received }}")])
    assert [texts(mock.text("a")), texts(mock.binary(b"a"))] == [["1"], ["2"]]
    mock.ping()
    assert texts(mock.text("a")) == ["3"]


# --- what nothing matches -------------------------------------------------------------------------


def test_unmatched_message_is_ignored_by_default() -> None:
    mock = opened(rules=[on("a", "b")])
    assert mock.text("x") == []
    assert mock.binary(b"x") == []


def test_unmatched_message_may_be_echoed() -> None:
    mock = opened(unmatched="echo")
    assert mock.text("€") == [SendText("€".encode())]
    assert mock.binary(b"\x00") == [SendBinary(b"\x00")]


def test_unmatched_message_may_be_an_error() -> None:
    count, answer = opened(unmatched="error").text("x")
    assert count == CountError()
    assert isinstance(answer, SendText)
    assert json.loads(answer.payload) == {
        "type": "error",
        "error": "No rule matches this message",
    }


def test_unmatched_message_may_end_the_connection() -> None:
    mock = opened(rules=[on("a", "b")], unmatched="strict")
    assert texts(mock.text("a")) == ["b"]
    verdict = ReportVerdict(
        passed=False,
        text='no rule matches; the nearest is b: text: expected "a", got "x"',
        is_strict=True,
    )
    assert mock.text("x") == [verdict, CountError(), StartClose(1008, "no rule matches")]


def test_only_the_first_unmatched_message_of_a_strict_endpoint_has_a_verdict() -> None:
    mock = opened(unmatched="strict")
    assert ReportVerdict(
        passed=False, text="no rule matches; there is no rule for messages", is_strict=True
    ) in mock.text("x")
    assert mock.text("y") == [CountError(), StartClose(1008, "no rule matches")]


def test_strict_verdict_names_the_rule_that_came_nearest() -> None:
    rules = [
        on("a", "b"),
        say("far", match={"type": "text", "size": 1, "text": "a"}),
        say("spent", match={"text": "once"}, times=1),
        say("broken", match={"json": {"schema": {"$ref": "#/nowhere"}}}),
    ]

    def verdict(text: str) -> str:
        mock = opened(rules=rules, unmatched="strict")
        mock.text("once")
        (found,) = [one for one in mock.text(text) if isinstance(one, ReportVerdict)]
        return found.text

    assert verdict("{") == 'no rule matches; the nearest is far: text: expected "a", got "{"'
    assert verdict("once") == (
        "no rule matches; the nearest is spent: it fires at most 1 times (times), per connection"
    )


def test_unmatched_message_may_be_left_to_the_built_in_protocol() -> None:
    mock = converse(rules=[on("a", "b")], unmatched="builtin")
    (welcome,) = texts(mock.open())
    assert json.loads(welcome)["type"] == "welcome"
    assert texts(mock.text("a")) == ["b"]
    (pong,) = texts(mock.json({"type": "ping"}))
    assert json.loads(pong)["type"] == "pong"
    assert mock.json({"type": "get_clients"}) == [AskClients()]
    assert mock.json({"type": "simulate_delay", "delay_seconds": 2}) == []
    (delayed,) = texts(mock.advance(2))
    assert json.loads(delayed)["type"] == "delay_completed"


def test_built_in_protocol_says_nothing_behind_a_connect_rule() -> None:
    mock = converse(rules=[say("hello", trigger="connect")], unmatched="builtin")
    assert texts(mock.open()) == ["hello"]


@pytest.mark.parametrize("unmatched", ["ignore", "echo", "error", "strict"])
def test_failed_handler_is_no_concern_of_a_mock(unmatched: str) -> None:
    assert opened(unmatched=unmatched).handle(HandlerFailed(ValueError("x"))) == []


def test_failed_handler_of_the_built_in_protocol_is_told() -> None:
    mock = opened(unmatched="builtin")
    (error,) = texts(mock.handle(HandlerFailed(ValueError("x"))))
    assert json.loads(error)["error"] == "Internal error: x"


def test_control_frames_are_answered_whatever_is_unmatched() -> None:
    for unmatched in ("ignore", "echo", "error", "strict", "builtin"):
        mock = opened(unmatched=unmatched)
        assert mock.ping(b"p") == [SendPong(b"p")]
        assert mock.handle(PongReceived(b"")) == []
        assert mock.handle(CloseReceived(1000, "")) == [AnswerClose()]


def test_chance_follows_seed_client_and_attempt() -> None:
    def draw(seed: int, attempt: int) -> list[str]:
        (endpoint,) = compile_endpoints(
            {"path": "/mock", "rules": [say("{{ random.int(1, 10**9) }}")]}, seed=seed
        )
        mock = Conversation(endpoint, HandshakeRequest("/mock", attempt=attempt))
        return texts(mock.handle(BinaryReceived(b"")))

    assert draw(1, 1) == draw(1, 1)
    assert len({tuple(draw(seed, attempt)) for seed in (1, 2) for attempt in (1, 2)}) == 4
