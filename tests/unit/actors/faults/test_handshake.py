"""Which handshakes have a fault."""

from typing import Any

import pytest

from tests.helpers.faults import compile_faults
from websocket_mock.actors.faults.handshake import find_handshake_fault
from websocket_mock.actors.faults.kinds.wrong_accept import WrongAccept


def found(
    *documents: Any, endpoint: str | None = "/mock", attempt: int = 1, seed: str = "s"
) -> str | None:
    hit = find_handshake_fault(compile_faults(*documents), endpoint, attempt, seed, 0.0)
    return None if hit is None else hit[0]


def test_handshake_without_such_a_fault_is_as_it_should_be() -> None:
    assert found() is None
    assert found("drop", "reset") is None


def test_first_fault_that_is_for_it_is_named() -> None:
    wrong: dict[str, Any] = {"wrong_accept": {}}
    assert found("drop", {**wrong, "name": "x"}, {**wrong, "name": "y"}) == "x"


@pytest.mark.parametrize(
    ("endpoint", "label"), [("/mock", "wrong_accept"), ("/other", None), (None, None)]
)
def test_fault_of_an_endpoint_is_for_its_handshakes(
    endpoint: str | None, label: str | None
) -> None:
    assert found({"wrong_accept": {}, "endpoint": "/mock"}, endpoint=endpoint) == label


def test_attempt_says_which_handshakes() -> None:
    document = {"wrong_accept": {}, "attempt": {"at_most": 2}}
    labels = [found(document, attempt=number) for number in (1, 2, 3)]
    assert labels == ["wrong_accept", "wrong_accept", None]


def test_chance_is_that_of_each_connection() -> None:
    def hits(probability: float) -> list[str | None]:
        document = {"wrong_accept": {}, "probability": probability}
        return [found(document, seed=str(number)) for number in range(200)]

    assert hits(0.5) == hits(0.5)
    assert 60 < sum(one is not None for one in hits(0.5)) < 140
    assert set(hits(0)) == {None}
    assert set(hits(1)) == {"wrong_accept"}


def test_fault_that_has_expired_is_over() -> None:
    (fault,) = compile_faults("wrong_accept")
    expiring = [fault.expiring(5.0)]
    hits = [find_handshake_fault(expiring, None, 1, "", now) for now in (4.9, 5.0)]
    assert hits == [("wrong_accept", WrongAccept()), None]
