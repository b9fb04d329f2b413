"""From the schema of faults to what acts."""

from typing import Any

import pytest

from tests.helpers.faults import compile_faults
from websocket_mock.actors.faults.compiler import (
    BadFault,
    compile_action_fault,
    compile_fault,
    name_faults,
)
from websocket_mock.actors.faults.registry import KINDS
from websocket_mock.actors.faults.schema import Fault, TargetedFault

NEEDED: dict[str, Any] = {
    "latency": {"mean": "1s"},
    "bandwidth": {"rate": "1KB"},
    "raw": "hex:00",
    "tls_certificate": {"problem": "expired"},
}
"""Parameters of the kinds that do not stand alone."""


def parse(*documents: Any) -> list[Fault]:
    return [Fault.model_validate(document) for document in documents]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_compiles(kind: str) -> None:
    source = TargetedFault.model_validate({kind: NEEDED.get(kind, {})})
    fault = compile_fault(source, "key", "label", "seed")
    assert (fault.key, fault.label, fault.kind, fault.seed) == ("key", "label", kind, "seed/key")
    assert (fault.source, fault.target, fault.expires_at) == (source, source, None)
    assert fault.condition.is_empty
    assert fault.attempt is None


@pytest.mark.parametrize(
    ("direction", "ways"),
    [
        ("to_client", ("to_client",)),
        ("from_client", ("from_client",)),
        ("both", ("to_client", "from_client")),
    ],
)
def test_direction_says_which_ways(direction: str, ways: tuple[str, ...]) -> None:
    (fault,) = compile_faults({"drop": {}, "direction": direction})
    assert fault.ways == ways


@pytest.mark.parametrize(
    ("document", "is_state"),
    [
        ("half_open", True),
        ({"half_open": {}, "after": 1, "duration": 1}, True),
        ({"half_open": {}, "match": {"text": "a"}}, False),
        ({"half_open": {}, "frames": {"nth": 1}}, False),
        ({"half_open": {}, "probability": 1}, False),
        ("drop", False),
    ],
)
def test_state_is_what_waits_for_no_message(document: Any, is_state: bool) -> None:
    (fault,) = compile_faults(document)
    assert fault.is_state is is_state


def test_fault_of_an_endpoint_has_no_scope() -> None:
    (source,) = parse("drop")
    assert compile_fault(source, "key", "label").target is None


def test_attempt_is_compiled_where_it_was_given() -> None:
    (fault,) = compile_faults({"drop": {}, "attempt": 3})
    assert fault.attempt is not None
    assert [fault.attempt(number).matched for number in (2, 3)] == [False, True]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"match": {"text": {"matches": "("}}}, "match: text: not a valid regular expression"),
        ({"attempt": {"matches": "("}}, "attempt: not a valid regular expression"),
        ({"match": {"json": {"$[": 1}}}, "match: '$[' is not a valid JSONPath"),
        ({"match": {"fields": {"id": 1}}}, "match: fields: nothing names the parts"),
    ],
)
def test_matcher_that_is_not_valid_is_refused(options: dict[str, Any], text: str) -> None:
    (source,) = parse({"drop": {}, **options})
    with pytest.raises(BadFault) as caught:
        compile_fault(source, "key", "label")
    assert str(caught.value).startswith(text)


# --- names ----------------------------------------------------------------------------------------


def test_faults_are_named_after_their_kinds_with_a_number_where_that_is_taken() -> None:
    faults = parse("drop", {"drop": {}, "name": "mine"}, "corrupt", "drop", "drop")
    assert name_faults(faults) == ["drop", "mine", "corrupt", "drop-2", "drop-3"]


def test_own_name_goes_before_that_of_a_kind() -> None:
    faults = parse("drop", {"corrupt": {}, "name": "drop"}, {"corrupt": {}, "name": "drop-2"})
    assert name_faults(faults) == ["drop-3", "drop", "drop-2"]


def test_names_that_are_taken_elsewhere_are_passed_over() -> None:
    assert name_faults(parse("drop"), taken=["drop", "drop-2"]) == ["drop-3"]


def test_two_faults_of_the_same_name_are_refused() -> None:
    with pytest.raises(BadFault, match="two faults are named 'x'"):
        name_faults(parse({"drop": {}, "name": "x"}, {"corrupt": {}, "name": "x"}))


# --- faults that actions raise --------------------------------------------------------------------


def test_raised_fault_is_known_by_its_name_or_by_all_of_it() -> None:
    named, same, plain, other = (
        compile_action_fault(source).key
        for source in parse(
            {"drop": {}, "name": "x"},
            {"corrupt": {}, "name": "x"},
            "drop",
            {"drop": {}, "after": 1},
        )
    )
    assert named == same
    assert len({named, plain, other}) == 3


def test_raised_fault_is_labelled_with_its_name_or_kind() -> None:
    labels = [compile_action_fault(one).label for one in parse({"drop": {}, "name": "x"}, "drop")]
    assert labels == ["x", "drop"]


def test_fault_of_the_handshake_cannot_be_raised() -> None:
    with pytest.raises(BadFault, match="wrong_accept happens at the handshake; put it under `fau"):
        compile_action_fault(*parse("wrong_accept"))
