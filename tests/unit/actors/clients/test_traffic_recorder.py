"""Counts that are reported in batches."""

from collections.abc import Callable
from dataclasses import astuple
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.clients.traffic_recorder import FLUSH_AFTER, TrafficRecorder
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.values.models import TrafficDelta


class Desk:
    """A recorder, its timers and its reports."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.scheduler = Scheduler(self.clock)
        self.reports: list[TrafficDelta] = []
        self.recorder = TrafficRecorder(self.scheduler, self.reports.append)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.scheduler.run_due()


EVENTS: list[tuple[Callable[[TrafficRecorder], None], TrafficDelta]] = [
    (lambda one: one.connected(), TrafficDelta(connected=1)),
    (lambda one: one.disconnected(), TrafficDelta(disconnected=1)),
    (lambda one: one.received(7), TrafficDelta(messages_received=1, bytes_received=7)),
    (lambda one: one.sent(9), TrafficDelta(messages_sent=1, bytes_sent=9)),
    (lambda one: one.failed(), TrafficDelta(errors=1)),
]


def test_statistics_are_less_than_a_tenth_of_a_second_behind() -> None:
    assert FLUSH_AFTER < 0.1


@pytest.mark.parametrize(("count", "expected"), EVENTS)
def test_each_kind_of_event_is_counted_and_reported(
    count: Callable[[TrafficRecorder], None], expected: TrafficDelta
) -> None:
    desk = Desk()
    count(desk.recorder)
    assert desk.reports == []
    desk.advance(FLUSH_AFTER)
    assert desk.reports == [expected]


def test_events_of_a_batch_are_one_report() -> None:
    desk = Desk()
    for count, _ in EVENTS * 2:
        count(desk.recorder)
    assert len(desk.scheduler) == 1
    desk.advance(FLUSH_AFTER)
    assert desk.reports == [TrafficDelta(2, 2, 2, 2, 14, 18, 2)]


def test_next_batch_starts_at_zero() -> None:
    desk = Desk()
    desk.recorder.received(5)
    desk.advance(FLUSH_AFTER)
    desk.recorder.sent(6)
    desk.advance(FLUSH_AFTER)
    assert desk.reports[1:] == [TrafficDelta(messages_sent=1, bytes_sent=6)]


def test_quiet_recorder_reports_nothing_and_has_no_timer() -> None:
    desk = Desk()
    desk.recorder.flush()
    desk.advance(1.0)
    assert desk.reports == []
    assert len(desk.scheduler) == 0


def test_flush_reports_at_once_and_the_timer_then_finds_nothing() -> None:
    desk = Desk()
    desk.recorder.failed()
    desk.recorder.flush()
    assert desk.reports == [TrafficDelta(errors=1)]
    desk.advance(FLUSH_AFTER)
    assert len(desk.reports) == 1


def test_count_after_a_flush_is_reported_in_time() -> None:
    desk = Desk()
    desk.recorder.failed()
    desk.recorder.flush()
    desk.recorder.failed()
    desk.advance(FLUSH_AFTER)
    assert desk.reports == [TrafficDelta(errors=1)] * 2


COUNTS = st.sampled_from(EVENTS)
FLUSHES = st.sampled_from(["flush", "wait a little", "wait"])


@given(st.lists(COUNTS | FLUSHES, max_size=60))
def test_reports_add_up_to_what_was_counted(
    steps: list[tuple[Callable[[TrafficRecorder], None], TrafficDelta] | str],
) -> None:
    desk = Desk()
    waits: dict[str, Callable[[], None]] = {
        "flush": desk.recorder.flush,
        "wait a little": partial(desk.advance, FLUSH_AFTER / 3),
        "wait": partial(desk.advance, FLUSH_AFTER),
    }
    counted: list[TrafficDelta] = []
    for step in steps:
        if isinstance(step, str):
            waits[step]()
        else:
            count, delta = step
            count(desk.recorder)
            counted.append(delta)
    desk.advance(FLUSH_AFTER)
    assert total(desk.reports) == total(counted)


def total(deltas: list[TrafficDelta]) -> list[int]:
    return [sum(column) for column in zip(*map(astuple, deltas), strict=True)]
