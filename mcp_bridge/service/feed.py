"""The verb `follow`: one reader that gets the entries of the journal as they happen.

A feed keeps no entries between two reads, only its place in the journal. So a slow reader costs no
memory: what the journal has dropped meanwhile is told as a gap.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Literal

from websocket_mock.actors.journal.conditions import compile_entry_match, compile_record_filter
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.entries import JournalEntry, Record, namespace_of, read
from websocket_mock.actors.values.models import JournalPage
from websocket_mock.actors.values.namespaces import Scope, covers
from websocket_mock.mcp_bridge.service.errors import verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.history import SLICE
from websocket_mock.mcp_bridge.service.namespaces import holding, scope_of
from websocket_mock.mcp_bridge.service.traffic import Detail, EntryModel, recorded

MAX_RECORDS = 1_000
"""The most older records that one read asks the journal for."""

MAX_CHARACTERS = 128 * 1024
"""Characters of JSON after which a read ends. One entry more may come on top."""

READING_TIME = 1.0
"""Seconds after which a read ends if its conditions take long."""

After = int | Literal["now", "start"]
"""Where a feed begins: after a sequence number, after the newest entry, or with the oldest."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The state of the server when a feed begins."""

    started: float
    """When the server started, in Unix seconds. Its numbers belong to this start."""
    last: int
    """The newest entry of the journal."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries that the journal no longer has: dropped because of its limits, or deleted."""

    after: int
    before: int
    """They were after and before these numbers."""
    missing: int
    """How many; also those that would not have matched."""


@dataclass(frozen=True, slots=True)
class Item:
    """A matching entry."""

    seq: int
    json: str
    """An `EntryModel`, in one line."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What one read returned, in the order in which it happened."""

    parts: tuple[Item | Gap, ...]
    cursor: int
    """The last entry that was read, matching or not."""


@verb
def follow(
    gateway: Gateway,
    match: EntryMatch,
    after: After = "now",
    detail: Detail = "concise",
    namespace: str | None = None,
    *,
    is_resumed: bool = False,
) -> "Feed":
    """Return a feed of the matching entries. Blocks for a few seconds at most.

    The feed must be closed. Until then its namespace does not expire.

    Args:
        gateway: gives access to the actors.
        match: conditions that must all hold.
        after: where it begins.
        detail: how much of each entry; see `read_traffic`.
        namespace: of the entries; None: outside namespaces, "*": all.
        is_resumed: whether `after` comes from an earlier feed. If it is then above the newest
            number, the server was restarted, and the feed begins with entry 1.

    Raises:
        ServiceError: an argument cannot be used, nothing is recorded, or nothing answers.
    """
    scope = scope_of(gateway, namespace)
    history = recorded(gateway)
    last = history.last()
    opening = Opening(gateway.stats().start_time, last)
    if after == "now":
        cursor: int | None = last
    elif after == "start":
        cursor = None
    else:
        cursor = 0 if is_resumed and after > last else after
    return Feed(gateway, match, cursor, detail, scope, opening)


class Feed:
    """The place of one reader in the journal. One thread at a time reads; any thread may leave.

    Args:
        gateway: gives access to the actors.
        match: conditions that must all hold; they are compiled once.
        cursor: the entry after which it begins; None: before the oldest that the journal has.
        detail: how much of each entry.
        scope: the namespaces of the entries.
        opening: the state of the server at its beginning.

    Raises:
        BadMatcher: the conditions cannot be compiled.
        BadNamespace, TooManyNamespaces: the namespace cannot be used.
    """

    def __init__(
        self,
        gateway: Gateway,
        match: EntryMatch,
        cursor: int | None,
        detail: Detail,
        scope: Scope,
        opening: Opening,
    ) -> None:
        self.opening = opening
        self._test = compile_entry_match(match)
        self._may_match = compile_record_filter(match)
        self._redaction = gateway.redaction
        self._rendered = gateway.rendered
        self._history = gateway.history
        self._wait_id = self._history.new_wait()
        self._cursor = 0 if cursor is None else cursor
        self._old = opening.last if cursor is None else 0
        """Up to this number, what the journal does not have is no gap."""
        self._detail: Detail = detail
        self._scope = scope
        self._gone = threading.Event()
        self._held = ExitStack()
        self._held.enter_context(holding(gateway, scope))

    @property
    def cursor(self) -> int:
        """The last entry that was read. A new feed after it continues without a gap."""
        return self._cursor

    def leave(self) -> None:
        """End the read that goes on, and all later ones, without entries. Does not block."""
        self._gone.set()
        self._history.end_wait(self._wait_id)

    def close(self) -> None:
        """Let go of the namespace. Not during a read."""
        self.leave()
        self._held.close()

    @verb
    def read(self, timeout: float) -> Portion:
        """Return what follows, as soon as there is anything, matching or not.

        Blocks for at most `timeout` seconds, and `READING_TIME` more if the conditions take long.

        Raises:
            ServiceError: the journal does not answer, or has stopped.
        """
        page = self._history.follow(self._wait_id, self._cursor, MAX_RECORDS, timeout, self._gone)
        if page is None:
            return Portion((), self._cursor)
        if self._old:
            # They were never lost to this reader: it asked for what is there.
            self._cursor = max(self._cursor, min(page.start - 1, self._old))
        reading = _Reading(page, self._scope, self._cursor, self._old, self._select)
        deadline = time.monotonic() + READING_TIME
        while reading.has_more and not self._gone.is_set():
            with self._history.turn():
                reading.read_slice()
            if time.monotonic() > deadline:
                break
        self._cursor = reading.cursor
        return Portion(reading.finish(), self._cursor)

    def _select(self, sequence: int, record: Record) -> Item | None:
        """Return a record of the scope as an item if it matches."""
        if not self._may_match(record):
            return None
        entry = read(sequence, record)
        if not self._test(entry).matched:
            return None
        render = partial(self._render, entry)
        return Item(sequence, self._rendered.get(sequence, self._detail, render))

    def _render(self, entry: JournalEntry) -> str:
        try:
            return EntryModel.of(entry, self._detail, self._redaction).model_dump_json()
        except ValueError:
            # A text that cannot be written as UTF-8. It must not end the feed.
            return EntryModel.of(entry, "summary", self._redaction).model_dump_json()


class _Reading:
    """The reading of one page, slice by slice.

    Args:
        page: the records.
        scope: the namespaces of the entries.
        cursor: the last entry that was read before.
        old: up to this number, what is hidden is no gap.
        select: makes an item of a record that matches.
    """

    def __init__(
        self,
        page: JournalPage,
        scope: Scope,
        cursor: int,
        old: int,
        select: Callable[[int, Record], Item | None],
    ) -> None:
        self._page = page
        self._scope = scope
        self._old = old
        self._select = select
        self._parts: list[Item | Gap] = []
        self._size = 0
        self._gap: Gap | None = None
        self.cursor = cursor
        """The last entry that was read."""
        if page.start > cursor + 1:
            self._gap = Gap(cursor, page.start, page.start - cursor - 1)
            self.cursor = page.start - 1

    @property
    def has_more(self) -> bool:
        """Whether there are more records, and room for them."""
        end = self._page.start + len(self._page.records)
        return self.cursor + 1 < end and self._size < MAX_CHARACTERS

    def read_slice(self) -> None:
        """Read the next records."""
        begin = self.cursor + 1 - self._page.start
        floors = self._page.floors
        for record in self._page.records[begin : begin + SLICE]:
            self.cursor += 1
            namespace = namespace_of(record)
            if not covers(self._scope, namespace):
                continue
            if self.cursor <= floors.get(namespace, 0):
                self._miss()
            elif (item := self._select(self.cursor, record)) is not None:
                self._add(item)
                if self._size >= MAX_CHARACTERS:
                    break

    def finish(self) -> tuple[Item | Gap, ...]:
        """Return what was found."""
        self._end_gap()
        return tuple(self._parts)

    def _add(self, item: Item) -> None:
        self._end_gap()
        self._parts.append(item)
        self._size += len(item.json)

    def _miss(self) -> None:
        if self.cursor > self._old:
            gap = self._gap or Gap(self.cursor - 1, self.cursor, 0)
            self._gap = Gap(gap.after, self.cursor + 1, gap.missing + 1)

    def _end_gap(self) -> None:
        if self._gap is not None:
            self._parts.append(self._gap)
            self._gap = None
