"""Counts the traffic of one dispatcher's clients and reports it in batches."""

from collections.abc import Callable
from dataclasses import fields

from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.values.models import TrafficDelta

FLUSH_AFTER = 0.02
"""Seconds until a count is reported, so that statistics are never more than 0.1 s behind."""

_COUNTERS = tuple(field.name for field in fields(TrafficDelta))


class TrafficRecorder:
    """The counters of one dispatcher's clients. The dispatcher's thread only.

    Args:
        scheduler: the timers of the dispatcher.
        report: called with what was counted since the last report; must not block.
    """

    def __init__(self, scheduler: Scheduler, report: Callable[[TrafficDelta], object]) -> None:
        self._scheduler = scheduler
        self._report = report
        self._is_dirty = False
        self._reset()

    def _reset(self) -> None:
        self._connected = self._disconnected = self._errors = 0
        self._messages_received = self._bytes_received = 0
        self._messages_sent = self._bytes_sent = 0

    def connected(self) -> None:
        """Count a client that has connected."""
        self._connected += 1
        self._touch()

    def disconnected(self) -> None:
        """Count a client that has left."""
        self._disconnected += 1
        self._touch()

    def received(self, size: int) -> None:
        """Count a data message from a client, with its payload bytes."""
        self._messages_received += 1
        self._bytes_received += size
        if not self._is_dirty:
            self._touch()

    def sent(self, size: int) -> None:
        """Count a data message to a client, with its payload bytes."""
        self._messages_sent += 1
        self._bytes_sent += size
        if not self._is_dirty:
            self._touch()

    def failed(self) -> None:
        """Count an error, such as a message that was refused or whose handler raised."""
        self._errors += 1
        self._touch()

    def flush(self) -> None:
        """Report now what was counted, if anything was."""
        if not self._is_dirty:
            return
        self._is_dirty = False
        delta = TrafficDelta(**{name: getattr(self, f"_{name}") for name in _COUNTERS})
        self._reset()
        self._report(delta)

    def _touch(self) -> None:
        if not self._is_dirty:
            self._is_dirty = True
            self._scheduler.call_later(FLUSH_AFTER, self.flush)
