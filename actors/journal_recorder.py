"""Notes what happens on one dispatcher and hands it to the journal in batches."""

from collections.abc import Callable

from actors.journal_entries import KEPT_BYTES, Record, cut, weight_of
from actors.scheduler import Scheduler

FLUSH_AFTER = 0.05
"""Seconds after which a record is in the journal."""

FLUSH_AT = 8192
"""Records that are handed over at once."""

FLUSH_AT_BYTES = 4 * 1024 * 1024
"""Payload bytes of large records that are handed over at once."""

LARGE = 512
"""Payload bytes from which a record counts for that."""

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
        self._large = 0

    def add(self, record: Record) -> None:
        """Take a record."""
        records = self._records
        size = record[5]
        records.append(record if size <= KEPT_BYTES else cut(record))
        count = len(records)
        if count == 1:
            self._scheduler.call_later(FLUSH_AFTER, self.flush)
        if size > LARGE:
            self._large += size
        if count >= FLUSH_AT or self._large > FLUSH_AT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand over what there is, now."""
        if self._records:
            records, self._records, self._large = tuple(self._records), [], 0
            self._report(records, sum(map(weight_of, records)))


class IdleRecorder(JournalRecorder):
    """Stands in where the history is switched off: it drops what it is given."""

    def add(self, record: Record) -> None:
        """Drop a record."""
