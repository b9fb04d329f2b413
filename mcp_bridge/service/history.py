"""The bridge's way to the journal: read, wait, verify.

All methods block their thread for a bounded time. What leaves here is redacted.
"""

import threading
import time
from dataclasses import dataclass
from itertools import count, islice

from websocket_mock.actors.journal.conditions import EntryTest, compile_entry_match, seen_in
from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.actors.journal.verification import Finding, Verification, find_nearest
from websocket_mock.actors.kernel.errors import AskTimeout
from websocket_mock.actors.kernel.refs import Ref, ask, tell, wait
from websocket_mock.actors.matching.matchers import MATCHED, Verdict
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.messages import CancelWait, ClearJournal, GetJournal, WaitForEntry
from websocket_mock.actors.values.entries import JournalEntry
from websocket_mock.actors.values.namespaces import Scope, covers

TIMEOUT = 5.0
"""Seconds for the journal's answer, beyond any time that is waited on purpose."""

GONE_POLL = 0.5
"""Seconds between two looks of a waiting thread at whether its asker has gone."""

RECHECK = 0.25
"""Seconds after which a verification with `within` looks again at the latest."""

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

    def read(self, match: EntryMatch, after: int, limit: int, scope: Scope) -> Slice:
        """Return up to `limit` entries behind a cursor that match.

        Raises:
            BadMatcher: the conditions cannot be compiled.
            ActorError: the journal does not answer.
        """
        test = compile_entry_match(match)
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        found = [entry for entry in page.entries(scope) if test(entry).matched]
        return Slice(tuple(islice(found, limit)), len(found), page.last)

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
        test = compile_entry_match(match)
        entry = self._wait(test, after, timeout, scope, gone)
        page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
        entries = list(page.entries(scope))
        if entry is not None:
            return Waited(entry, page.last, len(entries))
        nearest, why_not = find_nearest(test, entries)
        return Waited(None, page.last, len(entries), nearest, why_not)

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
        test = compile_entry_match(match)
        deadline, cursor = time.monotonic() + timeout, max(after, self.last())
        last: JournalEntry | None = None
        while (left := deadline - time.monotonic()) > 0 and not gone.is_set():
            entry = self._wait(test, cursor, min(quiet, left), scope, gone)
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
        while True:
            page = ask(self._journal_ref, GetJournal(after), timeout=TIMEOUT)
            verification.feed(page.entries(scope))
            after, finding = max(after, page.last), verification.finding()
            is_settled = finding.passed and not _may_still_fail(expectation)
            left = deadline - time.monotonic()
            if is_settled or verification.has_failed_verdicts or left <= 0 or gone.is_set():
                return finding
            self._wait(_anything, after, min(left, RECHECK), scope, gone)

    def last(self) -> int:
        """Return the sequence number of the newest entry."""
        return ask(self._journal_ref, GetJournal(2**62), timeout=TIMEOUT).last

    def clear(self, scope: Scope) -> None:
        """Forget the entries of a scope."""
        ask(self._journal_ref, ClearJournal(scope), timeout=TIMEOUT)

    def _wait(
        self, test: EntryTest, after: int, timeout: float, scope: Scope, gone: threading.Event
    ) -> JournalEntry | None:
        wait_id = next(self._wait_ids)
        deadline = time.monotonic() + timeout
        query = WaitForEntry(
            wait_id,
            lambda entry: covers(scope, entry.source.namespace) and test(entry).matched,
            after,
        )
        answer = self._journal_ref.ask(query, block=False)
        try:
            while not gone.is_set() and (left := deadline - time.monotonic()) > 0:
                try:
                    until = time.monotonic() + min(left, GONE_POLL)
                    answer = wait(answer, deadline=until)
                    found: JournalEntry | None = wait(answer, deadline=until)
                except AskTimeout:
                    continue
                else:
                    return found
            return None
        finally:
            tell(self._journal_ref, CancelWait(wait_id))


def _anything(_: JournalEntry) -> Verdict:
    return MATCHED


def _may_still_fail(expectation: Expectation | EntrySequence) -> bool:
    if isinstance(expectation, EntrySequence):
        return False
    limits = (expectation.never, expectation.exactly, expectation.at_most, expectation.spacing)
    return any(limit is not None for limit in limits)
