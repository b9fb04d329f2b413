"""Records that are handed to the journal in batches."""

import pytest

from tests.helpers.fakes import ManualClock
from tests.helpers.journal import record_of
from websocket_mock.actors.journal.recorder import (
    FLUSH_AFTER,
    FLUSH_AT,
    FLUSH_SOON,
    Demand,
    IdleRecorder,
    JournalRecorder,
)
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.values.entries import KEPT_BYTES, OVERHEAD_BYTES, Record


class Desk:
    """A recorder, its timers and what it has handed over."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.scheduler = Scheduler(self.clock)
        self.batches: list[tuple[tuple[Record, ...], int]] = []
        self.demand = Demand()
        self.recorder = JournalRecorder(
            self.scheduler,
            lambda records, size: self.batches.append((records, size)),
            self.demand,
        )

    def add(self, *payloads: str) -> None:
        for payload in payloads:
            self.recorder.add(record_of(payload))

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.scheduler.run_due()

    def payloads(self) -> list[list[object]]:
        return [[record[4] for record in records] for records, _ in self.batches]


def test_journal_is_less_than_a_tenth_of_a_second_behind() -> None:
    assert FLUSH_AFTER < 0.1


def test_records_wait_a_moment_and_come_together_in_order() -> None:
    desk = Desk()
    desk.add("a", "b")
    desk.advance(FLUSH_AFTER / 2)
    assert desk.batches == []
    desk.add("c")
    desk.advance(FLUSH_AFTER / 2)

    assert desk.payloads() == [["a", "b", "c"]]


def test_records_come_soon_while_somebody_waits() -> None:
    desk = Desk()
    desk.demand.is_urgent = True
    desk.add("a")
    desk.advance(FLUSH_SOON)
    desk.demand.is_urgent = False
    desk.add("b")
    desk.advance(FLUSH_SOON)

    assert desk.payloads() == [["a"]]


def test_batch_is_counted_with_its_payloads_and_a_share_for_each_record() -> None:
    desk = Desk()
    desk.add("12345", "678")
    desk.recorder.flush()

    ((_, size),) = desk.batches
    assert size == 8 + 2 * OVERHEAD_BYTES


def test_full_batch_does_not_wait() -> None:
    desk = Desk()
    desk.add(*["x"] * (FLUSH_AT - 1))
    assert desk.batches == []
    desk.add("x")

    assert [len(records) for records, _ in desk.batches] == [FLUSH_AT]


def test_record_behind_a_full_batch_waits_no_longer_than_others() -> None:
    desk = Desk()
    desk.add(*["x"] * FLUSH_AT, "late")
    desk.advance(FLUSH_AFTER)

    assert desk.payloads()[1:] == [["late"]]


def test_nothing_is_handed_over_when_nothing_happens() -> None:
    desk = Desk()
    desk.recorder.flush()
    desk.add("x")
    desk.recorder.flush()
    desk.advance(10 * FLUSH_AFTER)
    desk.recorder.flush()

    assert desk.payloads() == [["x"]]


def test_large_payload_is_cut_before_it_waits() -> None:
    desk = Desk()
    desk.add("x" * (KEPT_BYTES + 1), "y" * KEPT_BYTES)
    desk.recorder.flush()

    ((first, second), size) = desk.batches[0]
    assert first[4:6] == ("x" * KEPT_BYTES, KEPT_BYTES + 1)
    assert second[6] is None
    assert size == 2 * (KEPT_BYTES + OVERHEAD_BYTES)


def test_payload_that_comes_again_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []

    def hash_of(payload: bytes) -> str:
        hashed.append(payload)
        return payload[:1].decode()

    monkeypatch.setattr("websocket_mock.actors.journal.recorder.sha256_of", hash_of)
    desk = Desk()
    long = [letter * (KEPT_BYTES + 1) for letter in "aab"]
    desk.add(*long)
    desk.recorder.flush()

    assert hashed == [payload.encode() for payload in long[1:]]
    assert [record[6] for record in desk.batches[0][0]] == [{"sha256": letter} for letter in "aab"]


def test_idle_recorder_hands_over_nothing_and_needs_no_timer() -> None:
    desk = Desk()
    idle = IdleRecorder(desk.scheduler, lambda records, size: desk.batches.append((records, size)))
    for _ in range(FLUSH_AT + 1):
        idle.add(record_of("x"))
    idle.flush()

    assert desk.batches == []
    assert desk.scheduler.seconds_until_due() is None
