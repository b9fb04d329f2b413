"""The actor that keeps the history: bounded, and numbered without gaps.

Records come in batches. The journal stores them and does not read them: it hands out immutable
pages of them. The caller makes entries of the records and tests conditions on its own thread, so a
slow question delays neither the journal nor another question.
"""

from collections import deque
from itertools import chain, islice
from typing import Any, ClassVar, assert_never

import pykka

from websocket_mock.actors.journal.recorder import Demand
from websocket_mock.actors.kernel.singleton import CrashHandler, SingletonActor
from websocket_mock.actors.messages import (
    CancelWait,
    ClearJournal,
    GetJournal,
    GetJournalSize,
    GetLastNumber,
    JournalMessage,
    NamespaceExpired,
    Ping,
    RecordsTaken,
    WaitForRecords,
)
from websocket_mock.actors.values.entries import Record, namespace_of, weight_of
from websocket_mock.actors.values.models import JournalPage, JournalSize
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope

MAX_WAITS = 1_000
"""The most waits at a time. One more drops the oldest."""

_Batch = tuple[int, tuple[Record, ...], int]
"""Sequence number of the first record, the records, and their bytes."""


class Journal(SingletonActor):
    """Owns the history of all connections.

    Args:
        max_entries: the most entries to keep.
        max_bytes: the most bytes to keep: payloads and a share for each entry.
        on_crash: called when the actor crashes, on its thread.
        demand: tells the recorders whether somebody waits; None: they need not know.
    """

    name: ClassVar[str] = "journal"

    def __init__(
        self,
        max_entries: int,
        max_bytes: int,
        on_crash: CrashHandler,
        demand: Demand | None = None,
    ) -> None:
        super().__init__(on_crash)
        self._demand = demand or Demand()
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._batches: deque[_Batch] = deque()
        self._count = 0
        self._bytes = 0
        self._last = 0
        self._dropped = 0
        self._floors: dict[str | None, int] = {}
        self._waits: dict[int, pykka.ThreadingFuture[JournalPage | None]] = {}
        self._urgent: set[int] = set()
        """The waits that are urgent."""

    def handle(self, message: JournalMessage) -> Any:  # noqa: ANN401 - as each query says
        """Keep, or read."""
        match message:
            case RecordsTaken(records=records, size=size):
                self._take(records, size)
            case GetJournal(after=after):
                return self._page(after)
            case GetLastNumber():
                return self._last
            case GetJournalSize():
                return JournalSize(
                    self._count, self._bytes, self._last, self._dropped, len(self._waits)
                )
            case WaitForRecords():
                return self._wait(message)
            case CancelWait(wait_id=wait_id):
                self._end_wait(wait_id, None)
            case ClearJournal(scope=scope):
                self._clear(scope)
            case NamespaceExpired(namespace=namespace):
                self._hide(namespace)
            case Ping():
                return None
            case _:
                assert_never(message)
        return None

    def on_stop(self) -> None:
        """End all waits without records."""
        for wait_id in list(self._waits):
            self._end_wait(wait_id, None)

    def _take(self, records: tuple[Record, ...], size: int) -> None:
        first = self._last + 1
        self._batches.append((first, records, size))
        self._last += len(records)
        self._count += len(records)
        self._bytes += size
        while self._is_full() and len(self._batches) > 1:
            _, oldest, weight = self._batches.popleft()
            self._count -= len(oldest)
            self._dropped += len(oldest)
            self._bytes -= weight
        if self._is_full():
            self._trim()
        if self._floors:
            self._prune_floors()
        if self._waits:
            # The whole batch, including records that were too many or too large to keep.
            page = JournalPage(first, records, self._last, dict(self._floors))
            for wait_id in list(self._waits):
                self._end_wait(wait_id, page)

    def _is_full(self) -> bool:
        return self._count > self._max_entries or self._bytes > self._max_bytes

    def _trim(self) -> None:
        """Delete the oldest records of the only batch that is left."""
        ((first, records, _),) = self._batches
        forgotten = 0
        while self._is_full():
            self._bytes -= weight_of(records[forgotten])
            self._count -= 1
            forgotten += 1
        self._dropped += forgotten
        self._batches[0] = (first + forgotten, records[forgotten:], self._bytes)

    def _page(self, after: int, limit: int | None = None) -> JournalPage:
        # From the newest backwards: most questions need only the last few of many batches.
        wanted: list[tuple[Record, ...]] = []
        for first, batch, _ in reversed(self._batches):
            if first + len(batch) <= after + 1:
                break
            wanted.append(batch[max(0, after + 1 - first) :])
        first = self._last - sum(map(len, wanted)) + 1
        records = tuple(islice(chain.from_iterable(reversed(wanted)), limit))
        return JournalPage(first, records, self._last, dict(self._floors))

    def _wait(self, query: WaitForRecords) -> "pykka.Future[JournalPage | None]":
        future: pykka.ThreadingFuture[JournalPage | None] = pykka.ThreadingFuture()
        if self._last > query.after:
            future.set(self._page(query.after, query.limit))
            return future
        if len(self._waits) >= MAX_WAITS:
            self._end_wait(next(iter(self._waits)), None)
        self._waits[query.wait_id] = future
        if query.is_urgent:
            self._urgent.add(query.wait_id)
            self._demand.is_urgent = True
        return future

    def _end_wait(self, wait_id: int, page: JournalPage | None) -> None:
        future = self._waits.pop(wait_id, None)
        self._urgent.discard(wait_id)
        self._demand.is_urgent = bool(self._urgent)
        if future is not None:
            future.set(page)

    def _clear(self, scope: Scope) -> None:
        if scope != EVERY_NAMESPACE:
            self._hide(scope)
            return
        self._batches.clear()
        self._count = self._bytes = 0
        self._floors.clear()

    def _hide(self, namespace: str | None) -> None:
        """Hide the entries of a namespace. Deleting them would leave gaps in the numbers."""
        kept = (namespace_of(record) for _, records, _ in self._batches for record in records)
        if namespace in kept:
            # At the end, so that the floors stay sorted.
            self._floors.pop(namespace, None)
            self._floors[namespace] = self._last

    def _prune_floors(self) -> None:
        """Delete the floors that lie below all kept records."""
        first = self._batches[0][0]
        while self._floors and (oldest := next(iter(self._floors.items())))[1] < first:
            del self._floors[oldest[0]]
