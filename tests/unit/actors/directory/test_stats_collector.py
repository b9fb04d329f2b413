"""Totals since the start."""

from collections.abc import Iterator

import pytest

from tests.helpers.fakes import START_TIME, CrashLog, ManualClock, RecordingRef
from tests.helpers.singletons import running, settle
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.directory.stats_collector import StatsCollector
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import (
    BroadcastCounted,
    GetStats,
    ReportStats,
    StatsReported,
    TrafficCounted,
)
from websocket_mock.actors.values.models import ServerStats, TrafficDelta


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def collector(clock: ManualClock) -> Iterator[Ref]:
    crashes = CrashLog()
    with running(StatsCollector, clock, crashes) as ref:
        yield ref
    assert crashes.names == []


def stats_of(ref: Ref) -> ServerStats:
    return ask(ref, GetStats(), timeout=PATIENCE)


def test_totals_begin_at_zero(collector: Ref) -> None:
    assert stats_of(collector) == ServerStats(0, 0, 0, 0, 0, 0, 0, 0, START_TIME, 0.0)


def test_deltas_add_up(collector: Ref) -> None:
    for _ in range(2):
        collector.tell(TrafficCounted(TrafficDelta(5, 2, 30, 40, 500, 600, 7)))
    collector.tell(BroadcastCounted())
    assert stats_of(collector) == ServerStats(
        total_connections=10,
        current_clients=6,
        total_messages=60,
        messages_sent=80,
        bytes_received=1000,
        bytes_sent=1200,
        broadcasts=1,
        errors=14,
        start_time=START_TIME,
        uptime_seconds=0.0,
    )


def test_uptime_is_measured_on_the_monotonic_clock(collector: Ref, clock: ManualClock) -> None:
    clock.advance(12.34567)
    stats = stats_of(collector)
    assert stats.uptime_seconds == 12.346
    assert stats.start_time == START_TIME


def test_report_goes_to_who_asked_with_all_that_came_before(collector: Ref) -> None:
    client = RecordingRef("client")
    collector.tell(TrafficCounted(TrafficDelta(messages_received=1)))
    collector.tell(ReportStats(client))
    collector.tell(TrafficCounted(TrafficDelta(messages_received=1)))
    settle(collector)
    (report,) = client.mail
    assert isinstance(report, StatsReported)
    assert report.stats.total_messages == 1


def test_report_for_a_client_that_has_gone_is_dropped(collector: Ref) -> None:
    client = RecordingRef("client")
    client.is_stopped = True
    collector.tell(ReportStats(client))
    settle(collector)
    assert client.mail == []


def test_snapshot_does_not_change_afterwards(collector: Ref) -> None:
    before = stats_of(collector)
    collector.tell(BroadcastCounted())
    assert stats_of(collector).broadcasts == 1
    assert before.broadcasts == 0
