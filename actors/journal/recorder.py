"""Records what happens on one dispatcher, and hands it to the journal in batches."""

from collections.abc import Callable

from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.values.entries import (
    KEPT_BYTES,
    OVERHEAD_BYTES,
    Record,
    cut,
    further_weight_of,
    sha256_of,
)

FLUSH_AFTER = 0.05
"""Seconds after which a record is handed over."""

FLUSH_SOON = 0.005
"""The same while somebody waits for an event: a test should not lose time with each step."""

FLUSH_AT = 8192
"""The number of records that is handed over immediately."""

FLUSH_AT_BYTES = 4 * 1024 * 1024
"""The number of payload bytes that is handed over immediately."""

Report = Callable[[tuple[Record, ...], int], object]
"""Takes records and the bytes that they count for; must not block."""


class Demand:
    """Says whether somebody waits for an event. The journal writes it, the recorders read it.

    One word without a lock: a recorder that sees it late hands over its records a little later.
    """

    def __init__(self) -> None:
        self.is_urgent = False


class JournalRecorder:
    """The records of one dispatcher. Only for its thread, like the clients that use it.

    Args:
        scheduler: the dispatcher's timers.
        report: takes the records.
        demand: whether the records are wanted soon; None: never.
    """

    def __init__(self, scheduler: Scheduler, report: Report, demand: Demand | None = None) -> None:
        self._scheduler = scheduler
        self._report = report
        self._demand = demand or Demand()
        self._records: list[Record] = []
        self._bytes = 0
        self._hashed = (b"", "")
        """The long payload that was hashed last, until the records are handed over; its hash."""

    def add_request(self, record: Record) -> None:
        """Add the record of an HTTP request. Its headers count, too."""
        self._bytes += further_weight_of(record)
        self.add(record)

    def add(self, record: Record) -> None:
        """Add a record."""
        records = self._records
        size = record[5]
        if size > KEPT_BYTES:
            record, size = cut(record, self._hash_of), KEPT_BYTES
        if not records:
            delay = FLUSH_SOON if self._demand.is_urgent else FLUSH_AFTER
            self._scheduler.call_later(delay, self.flush)
        records.append(record)
        self._bytes += size
        if self._bytes > FLUSH_AT_BYTES or len(records) >= FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Hand over all records now."""
        if self._records:
            records, self._records = tuple(self._records), []
            size, self._bytes = self._bytes + len(records) * OVERHEAD_BYTES, 0
            self._hashed = (b"", "")
            self._report(records, size)

    def _hash_of(self, payload: bytes) -> str:
        # An echo is received and sent, and a broadcast is sent many times. To compare two payloads
        # takes a twentieth of the time of the hash.
        if payload != self._hashed[0]:
            self._hashed = (payload, sha256_of(payload))
        return self._hashed[1]


class IdleRecorder(JournalRecorder):
    """The recorder for a journal that is switched off: it drops all records."""

    def add(self, record: Record) -> None:
        """Drop a record."""
