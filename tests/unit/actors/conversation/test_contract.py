"""The contract of an endpoint: which messages are checked, and what is noted of them."""

import json
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.conversation import Conversation, converse, opened, texts
from tests.helpers.json_values import JSON_VALUES
from websocket_mock.actors.conversation.contract import (
    MAX_VERDICTS,
    Check,
    CompiledContract,
    ContractNotes,
    why_not_conforming,
)
from websocket_mock.actors.conversation.core import Effect, ReportVerdict, StateReset
from websocket_mock.actors.matching.json_schema import compile_check
from websocket_mock.actors.values.effects import SendFragments, SendText
from websocket_mock.actors.values.inbound import PongReceived, TextReceived

NUMBERS = {"type": "integer"}


def verdicts(effects: list[Effect]) -> list[str]:
    return [one.text for one in effects if isinstance(one, ReportVerdict) and one.contract]


def rules(*actions: Any, **fields: Any) -> list[dict[str, Any]]:
    return [{**fields, "do": list(actions)}]


# --- received messages ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("1", []),
        ('"1"', ["accepts: $: '1' is not of type 'integer'"]),
        ("{", ["accepts: the message is not JSON"]),
        ("", ["accepts: the message is not JSON"]),
    ],
)
def test_received_text_is_checked_and_answered_all_the_same(message: str, why: list[str]) -> None:
    effects = opened(accepts=NUMBERS, unmatched="echo").text(message)
    assert verdicts(effects) == why
    assert texts(effects) == [message]


def test_verdict_on_a_received_message_comes_before_its_answer() -> None:
    verdict = ReportVerdict(
        passed=False, text="accepts: $: None is not of type 'integer'", contract="accepts"
    )
    mock = opened(accepts=NUMBERS, unmatched="echo")
    assert mock.text("null") == [verdict, SendText(b"null")]


def test_message_that_fails_a_script_is_checked_too() -> None:
    effects = opened(accepts=NUMBERS, script=[{"expect": {"text": "1"}}]).text("x")
    assert [one.text for one in effects if isinstance(one, ReportVerdict)] == [
        "accepts: the message is not JSON",
        'script[0]: text: expected "1", got "x"',
    ]


def test_binary_messages_and_control_frames_are_not_checked() -> None:
    mock = opened(accepts=False, sends=False, rules=rules({"send": {"binary": "hex:00"}}))
    effects = mock.binary(b"x") + mock.ping(b"x") + mock.handle(PongReceived(b"x"))
    assert verdicts(effects) == []


def test_message_that_cannot_be_checked_breaks_the_contract() -> None:
    (verdict,) = verdicts(opened(accepts={"$ref": "#"}).text("1"))
    assert verdict.startswith("accepts: cannot be checked: RecursionError")


# --- sent messages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "send",
    [
        {"text": "{{ message.text }}"},
        {"json": "{{ message.text }}"},
        {"text": "{{ message.text }}", "fragments": 2},
        {"text": "{{ message.text }}", "compress": False},
    ],
)
def test_text_that_a_rule_sends_is_checked(send: dict[str, Any]) -> None:
    effects = opened(sends=NUMBERS, rules=rules({"send": send})).text("x")
    sent, verdict = effects
    assert isinstance(sent, SendText | SendFragments)
    assert isinstance(verdict, ReportVerdict)
    assert (verdict.contract, verdict.passed) == ("sends", False)


def test_fragments_of_a_binary_message_are_not_checked() -> None:
    send = {"binary": "hex:00", "fragments": 2}
    assert verdicts(opened(sends=False, rules=rules({"send": send})).text("x")) == []


@pytest.mark.parametrize("target", ["others", "all", {"group": "g"}, {"client": "0badcafe"}])
def test_what_goes_to_others_is_not_checked(target: Any) -> None:
    send = {"text": "x", "to": target}
    assert verdicts(opened(sends=False, rules=rules({"send": send})).text("x")) == []


@pytest.mark.parametrize("unmatched", ["echo", "error", "builtin"])
def test_answers_to_unmatched_messages_are_checked(unmatched: str) -> None:
    (verdict,) = verdicts(opened(sends=False, unmatched=unmatched).text("x"))
    assert verdict.startswith("sends: ")


def test_greeting_is_checked() -> None:
    mock = converse(sends=NUMBERS, rules=rules({"send": {"text": "hi"}}, trigger="connect"))
    assert verdicts(mock.open()) == ["sends: the message is not JSON"]


def test_script_and_stream_are_checked() -> None:
    mock = converse(sends=NUMBERS, script=[{"send": {"text": "hi"}}, {"expect": {}}])
    assert verdicts(mock.open()) == ["sends: the message is not JSON"]

    every = {"interval": "1s", "count": 3, "do": [{"send": {"json": "{{ repeat.index / 2 }}"}}]}
    mock = opened(sends=NUMBERS, rules=rules({"every": every}))
    assert mock.text("go") == []
    assert verdicts(mock.advance(3)) == ["sends: $: 0.5 is not of type 'integer'"]


def test_each_part_is_for_one_direction() -> None:
    mock = opened(accepts=NUMBERS, rules=rules({"send": {"text": "hi"}}))
    assert verdicts(mock.text("1")) == []
    mock = opened(sends=NUMBERS, rules=rules({"send": {"text": "1"}}))
    assert verdicts(mock.text("hi")) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1|2|", []),
        ("|", []),
        ("1|x|null|", ["{}: the message is not JSON"]),
        ("1|null", ["{}: $: None is not of type 'integer'"]),
    ],
)
def test_each_part_of_a_text_that_is_split_must_conform(text: str, why: list[str]) -> None:
    mock = opened(accepts=NUMBERS, split_by="|")
    assert verdicts(mock.text(text)) == [one.format("accepts") for one in why]

    send = {"text": text}
    mock = opened(sends=NUMBERS, split_by="|", rules=rules({"send": send}))
    assert verdicts(mock.text("go")) == [one.format("sends") for one in why]


# --- bounds and changes ---------------------------------------------------------------------------


def test_verdicts_of_a_connection_are_bounded_and_the_last_says_so() -> None:
    mock = opened(accepts=False, sends=False, unmatched="echo")
    found = [verdict for _ in range(MAX_VERDICTS) for verdict in verdicts(mock.text("1"))]
    assert len(found) == MAX_VERDICTS + 1
    assert not any("no more" in one for one in found[:-1])
    assert found[-1] == "accepts: more than 100 messages broke the contract; no more are checked"


def test_nothing_is_checked_once_enough_is_noted() -> None:
    checked: list[Any] = []
    notes = ContractNotes()

    def check(value: Any) -> str:
        checked.append(value)
        return "no"

    contract = CompiledContract(check, None)
    for _ in range(MAX_VERDICTS + 5):
        notes.add(contract, TextReceived("1", 1), ())
    assert len(checked) == MAX_VERDICTS + 1


def test_reset_begins_to_count_anew() -> None:
    mock = opened(accepts=False)
    for _ in range(MAX_VERDICTS + 1):
        mock.text("1")
    assert verdicts(mock.text("1")) == []
    mock.handle(StateReset())
    assert len(verdicts(mock.text("1"))) == 1


def change_to(mock: Conversation, **fields: Any) -> None:
    mock.change(path="/mock", unmatched="echo", **fields)


def test_new_version_checks_from_the_next_event() -> None:
    mock = opened(unmatched="echo")
    assert verdicts(mock.text("x")) == []
    change_to(mock, accepts=NUMBERS)
    assert verdicts(mock.text("x")) == ["accepts: the message is not JSON"]
    change_to(mock, accepts={"type": "string"}, sends=False)
    assert verdicts(mock.text('"x"')) == ["sends: $: False schema does not allow 'x'"]
    change_to(mock)
    assert verdicts(mock.text("x")) == []


def test_endpoint_that_was_removed_checks_nothing() -> None:
    mock = opened(accepts=False)
    mock.remove()
    assert mock.text("1") == []


# --- properties -----------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "type", "$ref", "1"])
KEYWORDS: st.SearchStrategy[Any] = st.deferred(
    lambda: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "string", "number", "nothing"]),
            "const": JSON_VALUES,
            "enum": st.lists(JSON_VALUES, max_size=2),
            "minimum": JSON_VALUES,
            "multipleOf": st.sampled_from([0, 0.1, 3, 10**30]),
            "pattern": st.sampled_from(["a", "^(a+)+$", "(", "\ud800"]),
            "required": st.lists(KEYS, max_size=2),
            "properties": st.dictionaries(KEYS, SCHEMAS, max_size=2),
            "patternProperties": st.dictionaries(KEYS, SCHEMAS, max_size=1),
            "additionalProperties": SCHEMAS,
            "unevaluatedProperties": SCHEMAS,
            "propertyNames": SCHEMAS,
            "items": SCHEMAS,
            "prefixItems": st.lists(SCHEMAS, max_size=2),
            "contains": SCHEMAS,
            "uniqueItems": st.booleans(),
            "oneOf": st.lists(SCHEMAS, max_size=3),
            "anyOf": st.lists(SCHEMAS, max_size=3),
            "allOf": st.lists(SCHEMAS, max_size=2),
            "not": SCHEMAS,
            "if": SCHEMAS,
            "then": SCHEMAS,
            "$defs": st.dictionaries(KEYS, SCHEMAS, max_size=1),
            "$ref": st.sampled_from(["#", "#/$defs/a", "#/no", "x", "http://[", 5]),
            "$dynamicRef": st.sampled_from(["#", "#a"]),
            "$id": st.sampled_from(["x", "http://x/y", "http://[", 5]),
            "$schema": st.sampled_from(
                ["x", 5, None]
                + [f"http://json-schema.org/draft-0{number}/schema#" for number in (3, 4, 6, 7)]
            ),
        },
    )
)
SCHEMAS: st.SearchStrategy[Any] = st.booleans() | KEYWORDS
MESSAGES = JSON_VALUES.map(json.dumps) | st.text()


@given(SCHEMAS, st.lists(MESSAGES, max_size=3))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_schema_is_refused_or_judges_any_message(schema: Any, messages: list[str]) -> None:
    checks: list[Check] = []
    with suppress(ValueError):
        checks.append(compile_check(schema))
    for check, message in product(checks, messages):
        assert isinstance(why_not_conforming(check, message), str)


@given(JSON_VALUES)
def test_what_conforms_is_what_the_schema_allows(value: Any) -> None:
    message = json.dumps(value)
    assert why_not_conforming(compile_check(True), message) == ""
    assert why_not_conforming(compile_check({"const": value}), message) == ""
    assert why_not_conforming(compile_check({"not": {"const": value}}), message).startswith("$: ")
