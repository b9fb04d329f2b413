"""What a person may write, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from websocket_mock.actors.documents.mocks import Endpoint, HandshakeRule, Mocks, Rule, Step
from websocket_mock.actors.documents.problems import BadDocument, parse_mocks

EXAMPLE = {
    "seed": 42,
    "endpoints": [
        {
            "name": "orders",
            "path": "/orders/{customer}",
            "subprotocols": ["v2", "v1"],
            "client_key": {"query": "device"},
            "initial_state": "new",
            "handshake": [
                {"match": {"attempt": {"less_than": 4}}, "reject": {"status": 503}},
                {"match": {"origin": {"matches": "evil"}}, "abort": "reset"},
                {"stall": "forever"},
            ],
            "rules": [
                {"trigger": "connect", "do": [{"send": {"text": "hello"}}]},
                {"match": {"json": {"$.a": 1}}, "state": ["a", "b"], "do": ["ignore"]},
            ],
            "unmatched": "strict",
            "accepts": {"type": "object"},
            "sends": {"file": "schemas/sent.yaml"},
        },
        {"path": "/login", "script": [{"expect": {"text": "a"}, "within": "2s"}, {"wait": 1}]},
    ],
}


def test_whole_document_is_read() -> None:
    mocks = Mocks.model_validate(EXAMPLE)
    orders, login = mocks.endpoints
    assert orders.rules[1].state == ["a", "b"]
    assert orders.rules[1].do[0].ignore is True
    assert login.script is not None
    assert login.script[0].within == 2.0


def test_document_survives_being_written_and_read() -> None:
    mocks = Mocks.model_validate(EXAMPLE)
    written = mocks.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert Mocks.model_validate(written) == mocks


def test_empty_document_has_no_endpoints() -> None:
    assert Mocks.model_validate({}).endpoints == []


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Mocks().seed = 1  # type: ignore[misc]


def test_defaults_do_what_is_expected_of_a_mock() -> None:
    endpoint = Endpoint(path="/a")
    assert (endpoint.unmatched, endpoint.initial_state) == ("ignore", "initial")
    rule = Rule.model_validate({"do": ["ignore"]})
    assert (rule.trigger, rule.priority, rule.times) == ("message", 0, None)
    assert (rule.after_times, rule.every_nth, rule.state) == (0, 1, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"trigger": "idle", "after": "1s"},
        {"trigger": "timer", "after": 0},
        {"trigger": "timer", "after": 0, "interval": "1ms"},
        {"trigger": "close", "match": {"code": 1000}},
        {"times": 1, "after_times": 0, "every_nth": 1, "priority": -5},
    ],
)
def test_rule_is_read(fields: dict[str, Any]) -> None:
    rule = Rule.model_validate({**fields, "do": ["ignore"]})
    assert rule.model_fields_set == {*fields, "do"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"trigger": "idle"}, "needs `after`"),
        ({"trigger": "idle", "after": 0}, "at least 1ms"),
        ({"trigger": "timer"}, "needs `after`"),
        ({"after": "1s"}, "idle and timer"),
        ({"trigger": "idle", "after": 1, "interval": 1}, "goes with the trigger timer"),
        ({"trigger": "timer", "after": 1, "interval": 0}, "at least 1ms"),
        ({"trigger": "open"}, "'connect', 'message'"),
        ({"times": 0}, "greater than or equal to 1"),
        ({"after_times": -1}, "greater than or equal to 0"),
        ({"every_nth": 0}, "greater than or equal to 1"),
        ({"do": []}, "at least 1 item"),
        ({"match": {"text": {"equals": "a", "like": "b"}}}, "Extra inputs"),
        ({"match": {"text": {}}}, "give at least one test"),
        ({"priority": "1"}, "valid integer"),
    ],
)
def test_bad_rule_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Rule.model_validate({"do": ["ignore"], **fields})


@pytest.mark.parametrize("outcome", [{}, {"accept": {}, "abort": "reset"}, {"stall": "always"}])
def test_handshake_rule_has_one_outcome(outcome: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HandshakeRule.model_validate(outcome)


@pytest.mark.parametrize("outcome", ["accept", "reject"])
@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("X\r\nSet-Cookie", "a", "the name of a header"),
        ("X Y", "a", "the name of a header"),
        ("", "a", "the name of a header"),
        ("X", "a\r\nSet-Cookie: b", "the value of a header"),
        ("X", "a\n", "the value of a header"),
        ("X", "\0", "the value of a header"),
        ("X", "€", "the value of a header"),
    ],
)
def test_header_that_a_response_cannot_carry_is_refused(
    outcome: str, name: str, value: str, why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        HandshakeRule.model_validate({outcome: {"headers": {name: value}}})


def test_header_may_have_any_other_text() -> None:
    headers = {"X-Odd.1~": "", "x": "\t~ ü\xff"}
    rule = HandshakeRule.model_validate({"reject": {"headers": headers}})
    assert rule.reject is not None
    assert rule.reject.headers == headers


@pytest.mark.parametrize("name", ["", "a b", "a,b", "a\r\nX: b", "ü"])
def test_name_that_no_subprotocol_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="the name of a subprotocol"):
        Endpoint.model_validate({"path": "/a", "subprotocols": [name]})
    with pytest.raises(ValidationError, match="the name of a subprotocol"):
        HandshakeRule.model_validate({"accept": {"subprotocol": name}})


def test_bare_outcome_is_an_empty_one() -> None:
    assert HandshakeRule.model_validate({"accept": None}).accept is not None
    rejection = HandshakeRule.model_validate({"reject": None}).reject
    assert rejection is not None
    assert rejection.status == 403


@pytest.mark.parametrize("outcome", [{"stall": None}, {"abort": None}, {"reject": {"status": 101}}])
def test_outcome_that_says_nothing_is_refused(outcome: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HandshakeRule.model_validate(outcome)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ({}, "exactly one key: `expect` or an action"),
        ({"expect": {}, "wait": 1}, "exactly one key: `expect` or an action"),
        ({"wait": 1, "within": 1}, "`within` goes with expect"),
        ({"within": 1}, "exactly one"),
        ({"expect": None}, "'expect' has no value"),
    ],
)
def test_bad_step_is_refused(step: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Step.model_validate(step)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"rules": [{"do": ["ignore"]}], "script": [{"wait": 1}]}, "either rules or a script"),
        ({"script": []}, "at least 1 item"),
        ({"path": "a"}, "pattern"),
        ({"unmatched": "drop"}, "'ignore', 'echo'"),
        ({"client_key": {}}, "exactly one of path, query, header and cookie"),
        ({"client_key": {"query": "a", "header": "b"}}, "exactly one of path, query"),
        ({"subprotocols": "v1"}, "valid list"),
        ({"name": None}, "'name' has no value"),
    ],
)
def test_bad_endpoint_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Endpoint.model_validate({"path": "/a", **fields})


def test_json_schema_of_a_document_describes_every_key() -> None:
    schema = Mocks.model_json_schema(by_alias=True)
    models = [schema, *schema["$defs"].values()]
    for model in models:
        for variant in (model, *model.get("anyOf", ())):
            if "properties" in variant:
                assert variant["additionalProperties"] is False


@pytest.mark.parametrize("key", ["name", "path"])
def test_half_of_a_surrogate_pair_is_no_name(key: str) -> None:
    endpoint = {"path": "/a", "name": "a", key: "/\ud800"}

    with pytest.raises(BadDocument) as caught:
        parse_mocks([endpoint])
    (problem,) = caught.value.problems
    assert str(problem) == f"endpoints[0].{key}: half of a surrogate pair is not text; leave it out"
