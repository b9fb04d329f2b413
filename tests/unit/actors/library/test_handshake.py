"""What an endpoint does with an opening handshake."""

from typing import Any

import pytest

from tests.helpers.mocks import compile_endpoint
from websocket_mock.actors.conversation.compiled import Found
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.handshake import HandshakePlan, plan
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.handshake_request import HandshakeRequest

SLOW = {"match": {"query": {"slow": "1"}}, "stall": "5s"}
REJECT = {"match": {"attempt": {"less_than": 3}}, "reject": {"status": 503, "body": "soon"}}
ABORT = {"match": {"origin": "evil"}, "abort": "reset"}


def planned(*rules: dict[str, Any], endpoint: dict[str, Any] | None = None, **request: Any) -> Any:
    found = Found(compile_endpoint(handshake=list(rules), **(endpoint or {})), {})
    return plan(found, HandshakeRequest("/mock", **request))


def test_handshake_that_no_rule_takes_is_accepted_at_once() -> None:
    made = planned(SLOW, REJECT, ABORT, attempt=3)
    assert (made.delay, made.ending) == (0.0, Accept())


def test_plan_carries_the_request_and_what_was_found() -> None:
    found = Found(compile_endpoint(), {"a": "b"})
    request = HandshakeRequest("/mock")
    made = plan(found, request)
    assert made.request is request
    assert made.found is found


def test_first_rule_that_matches_decides() -> None:
    made = planned(SLOW, REJECT, ABORT, origin="evil")
    assert made.ending == Reject(status=503, body="soon")
    assert planned(SLOW, REJECT, ABORT, origin="evil", attempt=3).ending == "reset"
    assert planned(ABORT, REJECT, origin="evil").ending == "reset"


def test_accepting_rule_ends_the_search() -> None:
    made = planned({"accept": {"headers": {"X-A": "1"}}}, {"reject": {"status": 401}})
    assert made.ending == Accept(headers={"X-A": "1"})


def test_stall_goes_on_with_the_next_rule() -> None:
    made = planned(SLOW, REJECT, query={"slow": "1"})
    assert (made.delay, made.ending) == (5.0, Reject(status=503, body="soon"))


def test_stalls_add_up() -> None:
    made = planned({"stall": "1s"}, {"stall": 0.5}, {"stall": 0}, query={"slow": "1"})
    assert (made.delay, made.ending) == (1.5, Accept())


def test_stall_for_ever_never_decides() -> None:
    made = planned(SLOW, {"stall": "forever"}, REJECT, query={"slow": "1"})
    assert made.delay == FOR_EVER


@pytest.mark.parametrize("outcome", ["reset", "close"])
def test_abort_ends_without_an_answer(outcome: str) -> None:
    assert planned({"abort": outcome}).ending == outcome


def test_rule_that_raises_is_passed_over() -> None:
    schema = {"schema": {"$ref": "#/nowhere"}}
    made = planned({"match": {"path": schema}, "reject": {"status": 500}}, {"abort": "close"})
    assert made.ending == "close"


# --- subprotocols ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "offered", "chosen"),
    [
        ((), ["a", "b"], "a"),
        ((), [], None),
        (("b", "a"), ["a", "b"], "b"),
        (("c",), ["a", "b"], None),
        (("a",), [], None),
    ],
)
def test_subprotocol_is_chosen_by_our_preference(
    ours: tuple[str, ...], offered: list[str], chosen: str | None
) -> None:
    made = HandshakePlan(HandshakeRequest("/"), None, 0.0, Accept(), ours)
    assert made.choose_subprotocol(offered) == chosen


def test_rule_that_names_a_subprotocol_is_obeyed() -> None:
    made = planned({"accept": {"subprotocol": "odd"}}, endpoint={"subprotocols": ["a"]})
    assert made.choose_subprotocol(["a"]) == "odd"
    assert made.choose_subprotocol([]) == "odd"


def test_endpoint_may_need_a_subprotocol() -> None:
    made = planned(endpoint={"subprotocols": ["a"], "required_subprotocol": True})
    assert made.requires_subprotocol
    assert made.subprotocols == ("a",)
    assert not planned().requires_subprotocol
