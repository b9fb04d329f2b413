"""The bookkeeping of the load: nothing lost, doubled or wrong goes uncounted."""

import itertools
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.scripts.load.ledger import (
    SCENARIOS,
    ClientLedger,
    DeliveryLedger,
    Rules,
    Scenario,
    Tally,
    count_lost,
)

RUN = "cafe0123"


class Pair:
    """Two clients of one run that share a tally and a clock which ticks with each look at it."""

    def __init__(self, scenario: Scenario = "ping", ticks: int = 1000) -> None:
        self.tally = Tally()
        rules = Rules(RUN, 2, scenario, itertools.count(0, ticks).__next__)
        self.one = ClientLedger(rules, 0, self.tally)
        self.other = ClientLedger(rules, 1, self.tally)

    def ask(self) -> dict[str, Any]:
        request: dict[str, Any] = orjson.loads(self.one.next_request())
        return request


def answer(**fields: Any) -> bytes:
    return orjson.dumps(fields)


def pong(request: dict[str, Any]) -> bytes:
    return answer(type="pong", test_id=request["test_id"])


def delivery(request: dict[str, Any]) -> bytes:
    return answer(type="broadcast", from_client="x", message=request["message"])


def test_answer_to_the_newest_request_calls_for_the_next() -> None:
    pair = Pair(ticks=5)
    assert pair.one.receive(pong(pair.ask())) is True
    assert (pair.tally.sent, pair.tally.answered, pair.tally.errors) == (1, 1, 0)
    assert pair.tally.round_trips.percentile(50) == 5
    assert count_lost([pair.one, pair.other]) == 0


def test_late_answer_to_an_older_request_counts_but_calls_for_nothing() -> None:
    pair = Pair()
    older, newest = pair.ask(), pair.ask()
    assert pair.one.receive(pong(older)) is False
    assert pair.one.receive(pong(newest)) is True
    assert (pair.tally.answered, pair.tally.duplicated) == (2, 0)


def test_second_answer_is_a_duplicate() -> None:
    pair = Pair()
    request = pair.ask()
    pair.one.receive(pong(request))
    assert pair.one.receive(pong(request)) is False
    assert (pair.tally.answered, pair.tally.duplicated, pair.tally.errors) == (1, 1, 0)


def test_request_without_answer_is_lost() -> None:
    pair = Pair()
    pair.ask()
    pair.one.receive(pong(pair.ask()))
    assert count_lost([pair.one, pair.other]) == 1


@given(st.lists(st.sampled_from([0, 1, 1, 2]), max_size=50), st.randoms())
def test_every_loss_and_duplicate_is_counted(copies: list[int], random: Random) -> None:
    pair = Pair()
    answers = [pong(pair.ask()) for _ in copies]
    arriving = [text for text, times in zip(answers, copies, strict=True) for _ in range(times)]
    random.shuffle(arriving)
    for text in arriving:
        pair.one.receive(text)
    assert count_lost([pair.one, pair.other]) == copies.count(0)
    assert pair.tally.duplicated == copies.count(2)
    assert pair.tally.errors == 0


@given(st.lists(st.sampled_from([0, 1, 1, 2]), max_size=50), st.randoms())
def test_every_lost_and_doubled_delivery_is_counted(copies: list[int], random: Random) -> None:
    pair = Pair("broadcast")
    arriving = []
    for times in copies:
        arriving += [delivery(pair.ask())] * times
        pair.one.receive(answer(type="broadcast_sent", recipients=1))
    random.shuffle(arriving)
    for text in arriving:
        pair.other.receive(text)
    assert count_lost([pair.one, pair.other]) == copies.count(0)
    assert pair.tally.duplicated == copies.count(2)
    assert pair.tally.delivered == len(copies) - copies.count(0)
    assert pair.tally.errors == 0


def test_dropped_client_is_owed_no_broadcast() -> None:
    pair = Pair("broadcast")
    pair.ask()
    pair.one.receive(answer(type="broadcast_sent", recipients=0))
    assert count_lost([pair.one, pair.other]) == 1
    assert count_lost([pair.one, pair.other], dropped={1}) == 0


def test_unconfirmed_broadcast_is_one_lost_request() -> None:
    pair = Pair("broadcast")
    pair.ask()
    assert count_lost([pair.one, pair.other]) == 1


def test_surplus_confirmation_is_a_duplicate() -> None:
    pair = Pair("broadcast")
    pair.ask()
    assert pair.one.receive(answer(type="broadcast_sent", recipients=1)) is True
    assert pair.one.receive(answer(type="broadcast_sent", recipients=1)) is False
    assert (pair.tally.broadcasts, pair.tally.duplicated) == (1, 1)


def test_delivery_latency_is_measured_from_the_sender() -> None:
    pair = Pair("broadcast", ticks=7)
    request = pair.ask()
    pair.other.receive(delivery(request))
    assert pair.tally.deliveries.percentile(50) == 7


def test_echo_must_come_back_exactly() -> None:
    pair = Pair("echo")
    request = pair.ask()
    assert pair.one.receive(answer(type="echo_response", original_message=request)) is True
    changed = {**pair.ask(), "text": "other"}
    pair.one.receive(answer(type="echo_response", original_message=changed))
    assert pair.tally.error_kinds == {"wrong echo": 1}
    assert pair.tally.answered == 2


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"{nope", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[1]", "not JSON"),
        (answer(type="error", message="no"), "refused"),
        (answer(type="welcome"), "unexpected message"),
        (answer(), "unexpected message"),
        (answer(type="pong"), "answer to nothing"),
        (answer(type="pong", test_id=f"{RUN}-1-1"), "answer to nothing"),
        (answer(type="pong", test_id=f"{RUN}-0-99"), "answer to nothing"),
        (answer(type="pong", test_id=f"{RUN}-0-x"), "answer to nothing"),
        (
            answer(type="broadcast", message={"run": RUN, "from": 7, "number": 0, "sent": 0}),
            "wrong broadcast",
        ),
        (
            answer(type="broadcast", message={"run": RUN, "from": 1, "number": 2**40, "sent": 0}),
            "wrong broadcast",
        ),
        (
            answer(type="broadcast", message={"run": RUN, "from": 1, "number": "1", "sent": 0}),
            "wrong broadcast",
        ),
        (
            answer(type="broadcast", message={"run": RUN, "from": 0, "number": 0, "sent": 0}),
            "own broadcast came back",
        ),
    ],
)
def test_wrong_message_is_an_error(payload: bytes, kind: str) -> None:
    pair = Pair()
    pair.ask()
    assert pair.one.receive(payload) is False
    assert pair.tally.error_kinds == {kind: 1}
    assert (pair.tally.received, pair.tally.answered) == (1, 0)


@pytest.mark.parametrize(
    "payload",
    [
        answer(type="broadcast", from_client="stranger", message="hello"),
        answer(type="broadcast", message={"run": "another", "from": 1}),
        answer(type="notice", from_mcp_server=True, payload={}),
    ],
)
def test_messages_of_others_are_no_errors(payload: bytes) -> None:
    pair = Pair()
    pair.ask()
    assert pair.one.receive(payload) is False
    assert (pair.tally.unrelated, pair.tally.errors, pair.tally.duplicated) == (1, 0, 0)


def test_mix_holds_every_kind_and_few_broadcasts() -> None:
    pair = Pair("mixed")
    kinds = [pair.ask()["type"] for _ in SCENARIOS["mixed"]]
    assert set(kinds) == {"ping", "echo", "broadcast"}
    assert kinds.count("broadcast") == 1


def test_only_the_first_few_different_errors_are_kept() -> None:
    tally = Tally()
    for number in range(100):
        tally.error("kind", str(number // 2))
    assert tally.error_kinds == {"kind": 100}
    assert tally.error_samples == [f"kind: {number}" for number in range(5)]


def test_gap_beyond_memory_stays_lost() -> None:
    ledger = DeliveryLedger(2)
    assert ledger.record(1, 25_000) is True
    assert ledger.missing({1: 25_001}, own=0) == 25_000
    assert ledger.record(1, 3) is True
    assert ledger.record(1, 24_999) is False
    assert ledger.missing({1: 25_001}, own=0) == 24_999
