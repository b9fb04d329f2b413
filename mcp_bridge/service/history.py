"""Queries of the journal: read, wait, verify.

The journal returns pages of records. The caller's thread reads them here, in slices that take
turns: of all queries together, only one slice at a time competes with the readers for Python's
global lock. All methods block their thread for a limited time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TypeVar

from websocket_mock.actors.journal.conditions import (
    EntryTest,
    compile_entry_match,
    compile_record_filter,
    seen_in,
)
from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.actors.journal.verification import Finding, Verification, find_nearest
from websocket_mock.actors.kernel.errors import AskTimeout
from websocket_mock.actors.kernel.refs import Ref, ask, tell, wait
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.messages import (
    CancelWait,
    ClearJournal,
    GetJournal,
    GetJournalSize,
    GetLastNumber,
    WaitForRecords,
)
from websocket_mock.actors.values.entries import JournalEntry, read
from websocket_mock.actors.values.models import JournalPage, JournalSize
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.mcp_bridge.service.check_register import Progress

T = TypeVar("T")

TIMEOUT = 5.0
"""Seconds for the journal's answer, in addition to the time of a wait."""

GONE_POLL = 0.5
"""How often a waiting thread checks whether its caller has left, in seconds."""

SLICE = 50
"""Records that are read in one turn."""

PAUSE = 0.25
"""The pause after each slice, as a share of the time that the slice took.

In it other threads get Python's global lock at once. Without it a status took 400 ms while thirty
waits read 100,000 entries; with it, 10 ms.
"""

SCAN_GRACE = 5.0
"""Seconds that a wait may take longer than its timeout to finish reading the past."""

LAST_FOR_NEAREST = 2_000
"""After a wait that timed out, the nearest miss is searched among this many newest records."""

RECORDING_IS_OFF = (
    "Recording is off: this server was started with journal_entries 0. "
    "Start it with 1 or more (JOURNAL_ENTRIES=100000) to see traffic."
)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some entries, oldest first."""

    entries: tuple[JournalEntry, ...]
    matched: int
    """The number of all matching entries."""
    last: int
    """The newest entry of all. As a cursor it continues after everything."""


@dataclass(frozen=True, slots=True)
class Waited:
    """The result of a wait."""

    entry: JournalEntry | None
    """The matching entry; None if none came in time."""
    last: int
    happened: int
    """The number of entries that were read during the wait."""
    nearest: int | None = None
    why_not: str = ""


class History:
    """Queries of the journal. Any thread except an actor's.

    A scope selects namespaces; entries of other namespaces do not count.

    Args:
        journal_ref: the journal.
        is_recording: whether anything is recorded at all.
    """

    def __init__(self, journal_ref: Ref, *, is_recording: bool = True) -> None:
        self._journal_ref = journal_ref
        self.is_recording = is_recording
        self._wait_ids = count(1)
        self._turn_mutex = threading.Lock()
        """Held by the thread whose turn it is to read records."""

    def read(
        self, match: EntryMatch, after: int, limit: int, scope: Scope, *, newest: bool = False
    ) -> Slice:
        """Return up to `limit` matching entries after a cursor: the oldest, or the newest.

        Raises:
            BadMatcher: the conditions cannot be compiled.
            ActorError: the journal does not answer.
        """
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        look = _Look(match, scope)
        found: list[JournalEntry] = []
        self._in_turns(page, lambda *piece: found.extend(look.matching(page, *piece)))
        kept = found[-limit:] if newest else found[:limit]
        return Slice(tuple(kept), len(found), page.last)

    def get(self, sequence: int, scope: Scope) -> JournalEntry | None:
        """Return one entry, or None if the journal does not have it."""
        page = ask(self._journal_ref, GetJournal(sequence - 1), timeout=TIMEOUT)
        first = next(page.entries(scope), None)
        return first if first is not None and first.sequence == sequence else None

    def see(self, sequence: int, scope: Scope) -> MessageView | None:
        """Return one entry in the form that conditions on messages use."""
        entry = self.get(sequence, scope)
        return None if entry is None or entry.payload is None else seen_in(entry)

    def wait(
        self,
        match: EntryMatch,
        after: int,
        timeout: float,
        scope: Scope,
        gone: threading.Event,
        progress: Progress | None = None,
    ) -> Waited:
        """Wait until an entry after a cursor matches.

        Blocks for at most `timeout` seconds, or up to `SCAN_GRACE` longer while it still reads
        older entries. It ends early, as if timed out, when `gone` is set.

        Raises:
            BadMatcher: the conditions cannot be compiled.
            ActorError: the journal does not answer.
        """
        look = _Look(match, scope, progress)
        entry, last = self._wait(look, after, timeout, gone)
        if entry is not None:
            return Waited(entry, last, look.progress.entries)
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        first = max(0, len(page.records) - LAST_FOR_NEAREST)
        with self._turn_mutex:
            latest = [read(*one) for one in page.numbered(scope, first)]
            nearest, why_not = find_nearest(look.test, latest)
        return Waited(None, last, look.progress.entries, nearest, why_not)

    def wait_for_quiet(
        self,
        match: EntryMatch,
        after: int,
        quiet: float,
        timeout: float,
        scope: Scope,
        gone: threading.Event,
        progress: Progress | None = None,
    ) -> Waited:
        """Wait until nothing has matched for `quiet` seconds. Blocks for at most `timeout` seconds.

        If it did not become quiet in time, `entry` is the last matching entry.
        """
        look = _Look(match, scope, progress)
        deadline, cursor = time.monotonic() + timeout, max(after, self.last())
        last: JournalEntry | None = None
        while (left := deadline - time.monotonic()) > 0 and not gone.is_set():
            entry, _ = self._wait(look, cursor, min(quiet, left), gone)
            if entry is None:
                last = None if left >= quiet else last
                break
            last, cursor = entry, entry.sequence
        return Waited(last, self.last(), 0)

    def verify(
        self,
        expectation: Expectation | EntrySequence,
        after: int,
        within: float,
        scope: Scope,
        gone: threading.Event,
        *,
        ignore_strict: bool = False,
        progress: Progress | None = None,
    ) -> Finding:
        """Verify the entries of the journal and new ones, until it holds or the time is over.

        Expectations that new entries can still break (never, exactly, at most) wait for the end of
        the time. Each entry is read once: it still counts if the journal forgets it meanwhile.

        Raises:
            BadMatcher: the conditions cannot be compiled.
            ActorError: the journal does not answer.
        """
        deadline = time.monotonic() + within
        verification = Verification(expectation, ignore_strict=ignore_strict)
        feed = partial(_feed, verification, progress or Progress())
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        while True:
            self._in_turns(page, partial(feed, page, scope))
            after, finding = max(after, page.last), verification.finding()
            is_settled = finding.passed and not _may_still_fail(expectation)
            if is_settled or verification.has_failed_verdicts:
                return finding
            following = self._await_records(after, deadline, gone)
            if following is None:
                return finding
            page = following

    def last(self) -> int:
        """Return the sequence number of the newest entry."""
        return ask(self._journal_ref, GetLastNumber(), timeout=TIMEOUT)

    def size(self) -> JournalSize:
        """Return how much the journal keeps, and how much it has dropped."""
        return ask(self._journal_ref, GetJournalSize(), timeout=TIMEOUT)

    def clear(self, scope: Scope) -> None:
        """Delete the entries of a scope."""
        ask(self._journal_ref, ClearJournal(scope), timeout=TIMEOUT)

    def follow(
        self, wait_id: int, after: int, limit: int, timeout: float, gone: threading.Event
    ) -> JournalPage | None:
        """Return the records after a cursor as soon as there are any. Blocks for up to `timeout`.

        Args:
            wait_id: from `new_wait`; `end_wait` ends the wait of this id at once.
            after: the cursor.
            limit: the most older records; more may come if they have just happened.
            timeout: the longest time to wait, in seconds.
            gone: set when the caller has left; the wait then ends within a second.

        Returns:
            None if nothing came in time, or the wait was ended.

        Raises:
            ActorError: the journal does not answer.
        """
        deadline = time.monotonic() + timeout
        return self._await_records(after, deadline, gone, limit, wait_id)

    def new_wait(self) -> int:
        """Return an id for the waits of one caller, one at a time."""
        return next(self._wait_ids)

    def end_wait(self, wait_id: int) -> None:
        """End a wait, if the journal knows it already. Does not block."""
        tell(self._journal_ref, CancelWait(wait_id))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Read a slice of records in the `with` block. The turn ends with a pause."""
        with self._turn_mutex:
            started = time.monotonic()
            yield
            time.sleep((time.monotonic() - started) * PAUSE)

    def _wait(
        self, look: "_Look", after: int, timeout: float, gone: threading.Event
    ) -> tuple[JournalEntry | None, int]:
        """Return the first matching entry, if it comes in time, and the last number read."""
        deadline = time.monotonic() + timeout
        while (page := self._await_records(after, deadline, gone)) is not None:
            entry = self._in_turns(page, partial(look.first, page), deadline + SCAN_GRACE)
            if entry is not None:
                return entry, page.last
            if time.monotonic() > deadline + SCAN_GRACE:
                # Not everything may have been read. The next call can continue from there.
                return None, look.last
            after = max(after, page.last)
        return None, after

    def _in_turns(
        self, page: JournalPage, look: Callable[[int, int], T | None], deadline: float = FOR_EVER
    ) -> T | None:
        """Read a page slice by slice, each in its turn, until `look` returns something.

        Args:
            page: the records.
            look: reads one slice; it is given the beginning and the end of the slice.
            deadline: on the monotonic clock; after it no further slice is read.
        """
        for begin in range(0, len(page.records), SLICE):
            with self.turn():
                found = look(begin, begin + SLICE)
            if found is not None:
                return found
            if time.monotonic() > deadline:
                break
        return None

    def _await_records(
        self,
        after: int,
        deadline: float,
        gone: threading.Event,
        limit: int | None = None,
        wait_id: int | None = None,
    ) -> JournalPage | None:
        """Return the records after a cursor as soon as there are any; None: not in time."""
        is_urgent = wait_id is None
        wait_id = self.new_wait() if wait_id is None else wait_id
        query = WaitForRecords(wait_id, after, limit, is_urgent)
        answer = self._journal_ref.ask(query, block=False)
        try:
            while not gone.is_set() and (left := deadline - time.monotonic()) > 0:
                until = time.monotonic() + min(left, GONE_POLL)
                try:
                    answer = wait(answer, deadline=until)
                    page: JournalPage | None = wait(answer, deadline=until)
                except AskTimeout:
                    continue
                else:
                    return page
            return None
        finally:
            tell(self._journal_ref, CancelWait(wait_id))


class _Look:
    """Finds the matching records. One thread only.

    Args:
        match: the conditions.
        scope: of which namespaces.
        progress: counts the entries of the scope that it has read.

    Raises:
        BadMatcher: the conditions cannot be compiled.
    """

    def __init__(self, match: EntryMatch, scope: Scope, progress: Progress | None = None) -> None:
        self.test: EntryTest = compile_entry_match(match)
        self.progress = progress or Progress()
        self.last = 0
        """The sequence number of the last of them."""
        self._may_match = compile_record_filter(match)
        self._scope = scope

    def first(self, page: JournalPage, begin: int, end: int) -> JournalEntry | None:
        """Return the first matching entry of a part of a page, if there is one."""
        return next(self.matching(page, begin, end), None)

    def matching(self, page: JournalPage, begin: int, end: int) -> Iterator[JournalEntry]:
        """Return the matching entries of a part of a page."""
        for sequence, record in page.numbered(self._scope, begin, end):
            self.progress.entries += 1
            self.last = sequence
            if self._may_match(record):
                entry = read(sequence, record)
                if self.test(entry).matched:
                    yield entry


def _feed(
    verification: Verification,
    progress: Progress,
    page: JournalPage,
    scope: Scope,
    begin: int,
    end: int,
) -> None:
    entries = [read(*one) for one in page.numbered(scope, begin, end)]
    verification.feed(entries)
    progress.entries += len(entries)


def _may_still_fail(expectation: Expectation | EntrySequence) -> bool:
    if isinstance(expectation, EntrySequence):
        return False
    limits = (expectation.never, expectation.exactly, expectation.at_most, expectation.spacing)
    return any(limit is not None for limit in limits)
