"""Notes what happens on one dispatcher and hands it to the journal in batches."""

from collections.abc import Callable

from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.values.entries import KEPT_BYTES, OVERHEAD_BYTES, Record, cut

FLUSH_AFTER = 0.05
"""Seconds after which a record is in the journal."""

FLUSH_AT = 8192
"""Records that are handed over at once."""

FLUSH_AT_BYTES = 4 * 1024 * 1024
"""Payload bytes that are handed over at once."""

Report = Callable[[tuple[Record, ...], int], object]
"""Takes records and the bytes they are counted with; must not block."""


class JournalRecorder:
    """The records of one dispatcher. Confined to its thread, like the clients that use it.

    Args:
        scheduler: the dispatcher's timers.
        report: where the records go.
    """

    def __init__(self, scheduler: Scheduler, report: Report) -> None:
        self._scheduler = scheduler
        self._report = report
        self._records: list[Record] = []
        self._bytes = 0

    def add(self, record: Record) -> None:
        """Take a record."""
        records = self._records
        size = record[5]
        if size > KEPT_BYTES:
            record, size = cut(record), KEPT_BYTES
        if not records:
            self._scheduler.call_later(FLUSH_AFTER, self.flush)
        records.append(record)
        self._bytes += size
        if self._bytes > FLUSH_AT_BYTES or len(records) >= FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Hand over what there is, now."""
        if self._records:
            records, self._records = tuple(self._records), []
            size, self._bytes = self._bytes + len(records) * OVERHEAD_BYTES, 0
            self._report(records, size)


class IdleRecorder(JournalRecorder):
    """Stands in where the history is switched off: it drops what it is given."""

    def add(self, record: Record) -> None:
        """Drop a record."""
