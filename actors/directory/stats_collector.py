"""The actor that keeps the totals: it adds up what the dispatchers report."""

from dataclasses import fields
from typing import Any, ClassVar, assert_never

from websocket_mock.actors.kernel.refs import tell
from websocket_mock.actors.kernel.singleton import CrashHandler, SingletonActor
from websocket_mock.actors.messages import (
    BroadcastCounted,
    GetStats,
    Ping,
    ReportStats,
    StatsMessage,
    StatsReported,
    TrafficCounted,
)
from websocket_mock.actors.values.models import ServerStats, TrafficDelta
from websocket_mock.actors.values.ports import Clock


class StatsCollector(SingletonActor):
    """Owns the totals since the start."""

    name: ClassVar[str] = "stats-collector"

    def __init__(self, clock: Clock, on_crash: CrashHandler) -> None:
        super().__init__(on_crash)
        self._clock = clock
        self._start_time = clock.time()
        self._started_at = clock.monotonic()
        self._totals = dict.fromkeys((field.name for field in fields(TrafficDelta)), 0)
        self._broadcasts = 0

    def handle(self, message: StatsMessage) -> Any:  # noqa: ANN401 - as each query says
        """Add, or report."""
        match message:
            case TrafficCounted(delta=delta):
                for name in self._totals:
                    self._totals[name] += getattr(delta, name)
            case BroadcastCounted():
                self._broadcasts += 1
            case ReportStats(reply_to=reply_to):
                tell(reply_to, StatsReported(self._snapshot()))
            case GetStats():
                return self._snapshot()
            case Ping():
                return None
            case _:
                assert_never(message)
        return None

    def _snapshot(self) -> ServerStats:
        totals = self._totals
        return ServerStats(
            total_connections=totals["connected"],
            current_clients=totals["connected"] - totals["disconnected"],
            total_messages=totals["messages_received"],
            messages_sent=totals["messages_sent"],
            bytes_received=totals["bytes_received"],
            bytes_sent=totals["bytes_sent"],
            broadcasts=self._broadcasts,
            errors=totals["errors"],
            start_time=self._start_time,
            uptime_seconds=round(self._clock.monotonic() - self._started_at, 3),
        )
