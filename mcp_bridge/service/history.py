"""Questions to the journal: read, wait, verify.

The journal hands out pages of records. What they say is found out here, on the thread of who asks,
in slices that take turns: however many ask, one slice at a time competes with the readers for
Python's lock. All methods block their thread for a bounded time.
"""

import threading
import time
from collections.abc import Callable, Iterator
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
    GetLastNumber,
    WaitForRecords,
)
from websocket_mock.actors.values.entries import JournalEntry, read
from websocket_mock.actors.values.models import JournalPage
from websocket_mock.actors.values.namespaces import Scope

T = TypeVar("T")

TIMEOUT = 5.0
"""Seconds for the journal's answer, beyond any time that is waited on purpose."""

GONE_POLL = 0.5
"""Seconds between two looks of a waiting thread at whether its asker has gone."""

SLICE = 500
"""Records that are looked at in one turn."""

SCAN_GRACE = 5.0
"""Seconds beyond the time of a wait in which it may finish its look at the past."""

LAST_FOR_NEAREST = 2_000
"""Records, the newest, among which the nearest miss of a wait in vain is looked for."""

RECORDING_IS_OFF = (
    "Recording is off: this server was started with journal_entries 0. "
    "Start it with 1 or more (JOURNAL_ENTRIES=100000) to see traffic."
)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some entries, oldest first."""

    entries: tuple[JournalEntry, ...]
    matched: int
    """How many match in all."""
    last: int
    """The newest entry of all; as a cursor it continues behind everything."""


@dataclass(frozen=True, slots=True)
class Waited:
    """What came of a wait."""

    entry: JournalEntry | None
    """What was waited for; None when it did not come in time."""
    last: int
    happened: int
    """Entries that came meanwhile, whatever they were."""
    nearest: int | None = None
    why_not: str = ""


class History:
    """Questions about the journal. Any thread but an actor's.

    A scope says of which namespaces the entries are; the others are as if they were not there.

    Args:
        journal_ref: the journal.
        is_recording: whether anything is ever recorded; where not, a wait would be in vain.
    """

    def __init__(self, journal_ref: Ref, *, is_recording: bool = True) -> None:
        self._journal_ref = journal_ref
        self.is_recording = is_recording
        self._wait_ids = count(1)
        self._turn_mutex = threading.Lock()
        """Held by the thread whose turn it is to look at records."""

    def read(self, match: EntryMatch, after: int, limit: int, scope: Scope) -> Slice:
        """Return up to `limit` entries behind a cursor that match.

        Raises:
            BadMatcher: the conditions cannot be compiled.
            ActorError: the journal does not answer.
        """
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        look = _Look(match, scope)
        found: list[JournalEntry] = []
        self._in_turns(page, lambda *piece: found.extend(look.matching(page, *piece)))
        return Slice(tuple(found[:limit]), len(found), page.last)

    def get(self, sequence: int, scope: Scope) -> JournalEntry | None:
        """Return one entry, or None where it is no longer kept."""
        page = ask(self._journal_ref, GetJournal(sequence - 1), timeout=TIMEOUT)
        first = next(page.entries(scope), None)
        return first if first is not None and first.sequence == sequence else None

    def see(self, sequence: int, scope: Scope) -> MessageView | None:
        """Return one entry as conditions on messages see it."""
        entry = self.get(sequence, scope)
        return None if entry is None or entry.payload is None else seen_in(entry)

    def wait(
        self,
        match: EntryMatch,
        after: int,
        timeout: float,
        scope: Scope,
        gone: threading.Event,
    ) -> Waited:
        """Wait until an entry behind a cursor matches. Blocks for `timeout` seconds at most.

        It ends early, as if in vain, when `gone` is set because the asker has gone.

        Raises:
            BadMatcher: the conditions cannot be compiled.
            ActorError: the journal does not answer.
        """
        look = _Look(match, scope)
        entry, last = self._wait(look, after, timeout, gone)
        if entry is not None:
            return Waited(entry, last, look.count)
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        first = max(0, len(page.records) - LAST_FOR_NEAREST)
        latest = [read(*one) for one in page.numbered(scope, first)]
        nearest, why_not = find_nearest(look.test, latest)
        return Waited(None, last, look.count, nearest, why_not)

    def wait_for_quiet(
        self,
        match: EntryMatch,
        after: int,
        quiet: float,
        timeout: float,
        scope: Scope,
        gone: threading.Event,
    ) -> Waited:
        """Wait until nothing has matched for `quiet` seconds; blocks for `timeout` at most.

        Its `entry` is the one that broke the quiet last, where there was no quiet in time.
        """
        look = _Look(match, scope)
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
    ) -> Finding:
        """Verify what the journal has, and what comes, until it holds or the time is over.

        What can only get worse with time (never, exactly, at most) is judged at the end of it.
        Each entry is read once: what was found stays found when the journal forgets it.

        Raises:
            BadMatcher: the conditions cannot be compiled.
            ActorError: the journal does not answer.
        """
        deadline = time.monotonic() + within
        verification = Verification(expectation, ignore_strict=ignore_strict)
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        while True:
            self._in_turns(page, partial(_feed, verification, page, scope))
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

    def clear(self, scope: Scope) -> None:
        """Forget the entries of a scope."""
        ask(self._journal_ref, ClearJournal(scope), timeout=TIMEOUT)

    def _wait(
        self, look: "_Look", after: int, timeout: float, gone: threading.Event
    ) -> tuple[JournalEntry | None, int]:
        """Return the first entry that matches, if one comes in time, and the newest number seen."""
        deadline = time.monotonic() + timeout
        while (page := self._await_records(after, deadline, gone)) is not None:
            entry = self._in_turns(page, partial(look.first, page), deadline + SCAN_GRACE)
            if entry is not None:
                return entry, page.last
            if time.monotonic() > deadline + SCAN_GRACE:
                # Perhaps not all of it was looked at: who asks again goes on from there.
                return None, look.last
            after = max(after, page.last)
        return None, after

    def _in_turns(
        self, page: JournalPage, look: Callable[[int, int], T | None], deadline: float = FOR_EVER
    ) -> T | None:
        """Look at a page slice by slice, each in its turn, until a look returns something.

        Args:
            page: the records.
            look: takes where a slice begins and ends.
            deadline: on the monotonic clock; behind it no further slice is looked at.
        """
        for begin in range(0, len(page.records), SLICE):
            with self._turn_mutex:
                found = look(begin, begin + SLICE)
            if found is not None:
                return found
            if time.monotonic() > deadline:
                break
            # Without it this thread would take the mutex again before another wakes up.
            time.sleep(0)
        return None

    def _await_records(
        self, after: int, deadline: float, gone: threading.Event
    ) -> JournalPage | None:
        """Return the records behind a cursor as soon as there are any; None: not in time."""
        wait_id = next(self._wait_ids)
        answer = self._journal_ref.ask(WaitForRecords(wait_id, after), block=False)
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
    """A look at records for what matches. Confined to one thread.

    Args:
        match: the conditions.
        scope: of whose entries.

    Raises:
        BadMatcher: the conditions cannot be compiled.
    """

    def __init__(self, match: EntryMatch, scope: Scope) -> None:
        self.test: EntryTest = compile_entry_match(match)
        self.count = 0
        """Entries of the scope that it has looked at."""
        self.last = 0
        """Sequence number of the last of them."""
        self._may_match = compile_record_filter(match)
        self._scope = scope

    def first(self, page: JournalPage, begin: int, end: int) -> JournalEntry | None:
        """Make the first entry that matches of a part of a page, if there is one."""
        return next(self.matching(page, begin, end), None)

    def matching(self, page: JournalPage, begin: int, end: int) -> Iterator[JournalEntry]:
        """Make the entries that match of a part of a page."""
        for sequence, record in page.numbered(self._scope, begin, end):
            self.count += 1
            self.last = sequence
            if self._may_match(record):
                entry = read(sequence, record)
                if self.test(entry).matched:
                    yield entry


def _feed(
    verification: Verification, page: JournalPage, scope: Scope, begin: int, end: int
) -> None:
    verification.feed(read(*one) for one in page.numbered(scope, begin, end))


def _may_still_fail(expectation: Expectation | EntrySequence) -> bool:
    if isinstance(expectation, EntrySequence):
        return False
    limits = (expectation.never, expectation.exactly, expectation.at_most, expectation.spacing)
    return any(limit is not None for limit in limits)
