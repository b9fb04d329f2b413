"""What a person may write down as a fault, and what is said of what they may not."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from tests.helpers.mock_strategies import SCOPED_FAULTS
from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.actors.faults.kind import ConnectionFault, HandshakeFault
from websocket_mock.actors.faults.registry import KINDS
from websocket_mock.actors.faults.schema import Fault, TargetedFault

NEEDED: dict[str, Any] = {
    "latency": {"mean": "1s"},
    "bandwidth": {"rate": "1KB"},
    "raw": "hex:00",
    "tls_certificate": {"problem": "expired"},
}
"""Parameters of the kinds that do not stand alone."""

ALONE = [kind for kind in KINDS if kind not in NEEDED]


def refusals(document: Any, model: type[Fault] = Fault) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    return [
        ".".join(map(str, one["loc"])) + ": " + one["msg"].removeprefix("Value error, ")
        for one in caught.value.errors()
    ]


def refusal(document: Any, model: type[Fault] = Fault) -> str:
    (text,) = refusals(document, model)
    return text.removeprefix(": ")


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALONE)
def test_kind_may_be_a_word_or_stand_alone(kind: str) -> None:
    documents: list[Any] = [kind, {kind: None}, {kind: {}}]
    word, bare, full = map(Fault.model_validate, documents)
    assert word == bare == full
    assert word.kind == kind
    assert not word.is_triggered


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written(kind: str) -> None:
    assert Fault.model_validate({kind: NEEDED.get(kind, {})}).kind == kind


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"latency": {"mean": "20ms", "jitter": "5ms"}}, {"mean": 0.02, "jitter": 0.005}),
        ({"latency": {"mean": 1}}, {"mean": 1.0, "jitter": 0.0}),
        ({"bandwidth": {"rate": "2KiB"}}, {"rate": 2048}),
        ({"duplicate": {}}, {"copies": 1}),
        ({"reorder": {}}, {"by": 1, "within": 1.0}),
        ({"corrupt": {}}, {"count": 1}),
        ({"truncate": {"to": "1KB"}}, {"to": 1000}),
        ({"truncate": {}}, {"to": None}),
        ({"split": {"at": 5, "pause": "1s"}}, {"at": 5, "pause": 1.0}),
        ({"drip": {"size": "2B", "interval": "1ms"}}, {"size": 2, "interval": 0.001}),
        ({"reserved_bit": {}}, {"bit": 2}),
        ({"reserved_opcode": {}}, {"opcode": 3}),
        ({"oversized_control": {}}, {"opcode": "ping", "size": 126}),
        ({"fragmented_control": {"opcode": "close"}}, {"opcode": "close"}),
    ],
)
def test_parameters_are_read_with_their_defaults(
    document: dict[str, Any], expected: dict[str, Any]
) -> None:
    fault = Fault.model_validate(document)
    assert getattr(fault, fault.kind).model_dump() == expected


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({}, "give exactly one of bandwidth, corrupt, drip, "),
        ({"probability": 0.5}, "give exactly one of bandwidth, corrupt, drip, "),
        ({"drop": {}, "corrupt": {}}, "give exactly one of bandwidth, corrupt, drip, "),
        ("dropp", "there is no fault 'dropp'; did you mean 'drop'?"),
        ("halfopen", "there is no fault 'halfopen'; did you mean 'half_open'?"),
        ("zzzz", "there is no fault 'zzzz'; there are: bandwidth, corrupt, "),
        ({"kind": "drop"}, "the kind is a key of its own: write {drop: {…}}"),
        ({"drop": {"x": 1}}, "drop: takes no parameters; write {} or nothing after it"),
        ({"masked": 5}, "masked: takes no parameters; write {} or nothing after it"),
        ("raw", 'raw needs parameters; write {"raw": …}'),
        ("latency", 'latency needs parameters; write {"latency": {"mean": …}}'),
        ({"latency": {}}, "latency.mean: Field required"),
        ({"bandwidth": None}, "bandwidth.rate: Field required"),
        ({"bandwidth": {"rate": 0}}, "bandwidth.rate: Input should be greater than or equal to 1"),
        ({"latency": {"mean": "-1s"}}, "latency.mean: give a duration such as 250ms"),
        ({"drop": {}, "duration": 0}, "give a `duration` above 0"),
        ({"latency": {"mean": None}}, "latency: 'mean' has no value"),
        ({"duplicate": {"copies": 101}}, "duplicate.copies: Input should be less than or equal"),
        ({"duplicate": {"copies": 0}}, "duplicate.copies: Input should be greater than or equal"),
        ({"reorder": {"by": 0}}, "reorder.by: Input should be greater than or equal to 1"),
        ({"corrupt": {"count": 0}}, "corrupt.count: Input should be greater than or equal to 1"),
        ({"truncate": {"to": -1}}, "truncate.to: give a size such as 64KiB"),
        ({"split": {"at": 0}}, "split.at: Input should be greater than or equal to 1"),
        ({"drip": {"interval": 0}}, "drip: give an interval of at least 1ms"),
        ({"drip": {"size": 0}}, "drip.size: Input should be greater than or equal to 1"),
        ({"reserved_bit": {"bit": 4}}, "reserved_bit.bit: Input should be 1, 2 or 3"),
        ({"reserved_opcode": {"opcode": 1}}, "reserved_opcode.opcode: Input should be 3, 4, 5"),
        ({"oversized_control": {"size": 125}}, "oversized_control.size: Input should be greater"),
        ({"oversized_control": {"opcode": "text"}}, "oversized_control.opcode: Input should be '"),
        ({"raw": "00ff"}, "raw: give binary data as hex:… or base64:…"),
        ({"raw": "hex:zz"}, "raw: 'hex:zz' is not valid hex"),
        ({"drop": {}, "name": ""}, "name: String should have at least 1 character"),
        ({"drop": {}, "name": None}, "'name' has no value"),
        ({"drop": {}, "probability": 1.5}, "probability: Input should be less than or equal to 1"),
        ({"drop": {}, "probability": -1}, "probability: Input should be greater than or equal"),
        ({"drop": {}, "direction": "up"}, "direction: Input should be 'to_client', 'from_client'"),
        ({"drop": {}, "frames": {}}, "frames: give nth, or some of every_nth, after_times and tim"),
        ({"drop": {}, "frames": {"nth": 0}}, "frames.nth: Input should be greater than or equal"),
        (
            {"drop": {}, "frames": {"nth": 1, "times": 1}},
            "frames: `nth` stands alone; leave out every_nth, after_times and times",
        ),
        (
            {"drop": {}, "frames": {"nth": 1, "every_nth": 1}},
            "frames: `nth` stands alone; leave out every_nth, after_times and times",
        ),
    ],
)
def test_what_is_wrong_is_said(document: Any, text: str) -> None:
    assert refusal(document).startswith(text)


# --- options that do not fit a kind ---------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("direction", ["to_client", "from_client", "both"])
def test_direction_is_for_what_goes_both_ways(kind: str, direction: str) -> None:
    document = {kind: NEEDED.get(kind, {}), "direction": direction}
    if direction == "to_client" or KINDS[kind].is_two_way:
        assert Fault.model_validate(document).direction == direction
    else:
        text = f"{kind} concerns what is sent to the client; leave out `direction`"
        assert refusal(document) == text


@pytest.mark.parametrize(
    "kind", [key for key, kind in KINDS.items() if issubclass(kind, ConnectionFault)]
)
def test_direction_of_a_state_is_that_of_the_message_it_waits_for(kind: str) -> None:
    document = {kind: {}, "match": {"text": "a"}}
    assert Fault.model_validate({**document, "direction": "from_client"}).is_triggered
    both = {**document, "direction": "both"}
    assert refusal(both) == f"{kind} happens once; give one direction"


@pytest.mark.parametrize("kind", ["no_pong", "no_close_reply"])
def test_answers_match_no_message(kind: str) -> None:
    document = {kind: {}, "match": {"text": "a"}}
    assert refusal(document) == f"{kind} concerns no message; leave out `match`"
    chance = {kind: {}, "frames": {"nth": 1}, "probability": 0.5}
    assert Fault.model_validate(chance).kind == kind


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"frames": {"nth": 1}}, "frames"),
        ({"match": {"text": "a"}}, "match"),
        ({"after": 1}, "after"),
        ({"after": 1, "duration": 1}, "after, duration"),
    ],
)
def test_handshake_has_no_messages_and_no_time(options: dict[str, Any], names: str) -> None:
    expected = f"wrong_accept happens once; leave out {names}"
    assert refusal({"wrong_accept": {}, **options}) == expected


def test_handshake_may_have_a_chance_and_an_attempt() -> None:
    document = {"wrong_accept": {}, "probability": 0.5, "attempt": 1, "endpoint": "e"}
    assert isinstance(TargetedFault.model_validate(document).behaviour, HandshakeFault)


@pytest.mark.parametrize("scope", ["group", "client"])
def test_handshake_has_no_client_yet(scope: str) -> None:
    expected = "wrong_accept happens before there is a client; give an endpoint"
    assert refusal({"wrong_accept": {}, scope: "x"}, TargetedFault) == expected


@pytest.mark.parametrize("scope", ["group", "client", "endpoint"])
def test_fault_of_an_endpoint_has_no_scope(scope: str) -> None:
    assert refusal({"drop": {}, scope: "x"}).startswith(f"{scope}: Extra inputs")


# --- JSON Schema ----------------------------------------------------------------------------------


@cache
def validator(model: type[BaseModel]) -> Draft202012Validator:
    schema = model.model_json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def accepts(model: type[BaseModel], document: Any) -> bool:
    return bool(validator(model).is_valid(document))


@given(SCOPED_FAULTS)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_json_schema_accepts_what_the_model_accepts(document: Any) -> None:
    TargetedFault.model_validate(document)
    assert accepts(TargetedFault, document)
    assert accepts(Mocks, {"faults": [document]})


@pytest.mark.parametrize("document", ["dropp", {"dropp": {}}, {"drop": 1}, 5, ["drop"]])
def test_json_schema_refuses_what_is_no_fault(document: Any) -> None:
    assert not accepts(Fault, document)
    assert not accepts(Mocks, {"endpoints": [{"path": "/a", "faults": [document]}]})


@pytest.mark.parametrize("kind", KINDS)
def test_json_schema_offers_as_a_word_what_may_be_one(kind: str) -> None:
    assert accepts(Fault, kind) is (kind in ALONE)


def test_json_schema_is_json() -> None:
    assert json.loads(json.dumps(TargetedFault.model_json_schema()))
