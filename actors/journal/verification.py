"""Verification of the journal: expectations and entries in, verdicts with evidence out. Pure.

A verification gets the entries as they come and keeps only what it needs of them, so a waiting
verification reads each entry once. It is for one thread only. Its memory does not grow with the
number of entries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from websocket_mock.actors.journal.conditions import EntryTest, compile_entry_match
from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation, Spacing
from websocket_mock.actors.matching.matchers import Nearness, Verdict
from websocket_mock.actors.values.entries import JournalEntry

MAX_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one expectation."""

    passed: bool
    text: str
    """What was expected and what was found, in one line."""
    count: int
    """The number of matching entries."""
    evidence: tuple[int, ...]
    """Sequence numbers of the first entries that match."""
    nearest: int | None = None
    """Sequence number of the entry that came nearest; None if one matched, or none came near."""
    why_not: str = ""
    """How that entry differs."""
    strict_failures: tuple[int, ...] = ()
    """The first failed verdicts among the entries: of scripts, strict endpoints and contracts."""
    first_failure: JournalEntry | None = None
    """The first of them."""


class Verification:
    """Judges an expectation or a sequence on the entries that it gets.

    Args:
        expectation: what is expected.
        ignore_strict: whether to ignore failed verdicts.

    Raises:
        BadMatcher: a condition cannot be compiled.
    """

    def __init__(
        self,
        expectation: Expectation | EntrySequence,
        *,
        ignore_strict: bool = False,
    ) -> None:
        self._judge: _Judge
        if not isinstance(expectation, EntrySequence):
            self._judge = _Count(expectation, compile_entry_match(expectation))
        else:
            tests = [compile_entry_match(step) for step in expectation.entries]
            self._judge = _Steps(tests) if expectation.gaps else _Run(tests)
        self._failures = None if ignore_strict else _Failures(expectation)

    def feed(self, entries: Iterable[JournalEntry]) -> None:
        """Judge more entries, oldest first. They must follow those of earlier calls."""
        for entry in entries:
            self._judge.take(entry)
            if self._failures is not None:
                self._failures.take(entry)

    @property
    def has_failed_verdicts(self) -> bool:
        """Whether it fails because of a failed verdict. Later entries cannot change that."""
        return self._failures is not None and self._failures.count > 0

    def finding(self) -> Finding:
        """Return the result for the entries so far."""
        finding = self._judge.finding()
        if self._failures is None or not self._failures.count:
            return finding
        shown = ", ".join(map(str, self._failures.numbers))
        shown += ", …" if self._failures.count > MAX_EVIDENCE else ""
        conjunction = ", but there are" if finding.passed else "; there are also"
        return replace(
            finding,
            passed=False,
            text=f"{finding.text}{conjunction} failed verdicts (of a script, a strict endpoint or "
            f"a contract): {shown}",
            strict_failures=tuple(self._failures.numbers),
            first_failure=self._failures.first,
        )


class _Judge(Protocol):
    def take(self, entry: JournalEntry) -> None:
        """Judge one more entry."""

    def finding(self) -> Finding:
        """Return the result so far."""


class Nearest:
    """Finds the entry that comes nearest to passing a test, and why it fails.

    Fields are tested in a fixed order. The entry that fails at the latest field is the nearest. Of
    those that fail at `match`, it is the one for which the most of its conditions hold, or else
    one that has another value, or else the newest.
    """

    def __init__(self) -> None:
        self.sequence: int | None = None
        self.why = ""
        self._place: tuple[int, Nearness] = (-1, (0, False))

    def take(self, entry: JournalEntry, verdict: Verdict) -> None:
        """Compare an entry, given the verdict of the test on it."""
        why = verdict.why
        field = why.partition(":")[0]
        depth = _ORDER.index(field) if field in _ORDER else len(_ORDER)
        if why and (place := (depth, verdict.nearness)) >= self._place:
            self._place, self.sequence, self.why = place, entry.sequence, why


_ORDER = tuple(EntryMatch.model_fields)


def find_nearest(test: EntryTest, entries: Iterable[JournalEntry]) -> tuple[int | None, str]:
    """Return the entry that comes nearest to passing a test, and why it fails."""
    nearest = Nearest()
    for entry in entries:
        nearest.take(entry, test(entry))
    return nearest.sequence, nearest.why


# --- how often ----------------------------------------------------------------------------------


class _Count:
    """Judges how often entries came, and how far apart."""

    def __init__(self, expectation: Expectation, test: EntryTest) -> None:
        self._expectation = expectation
        self._test = test
        self._count = 0
        self._evidence: list[int] = []
        self._gaps = _Gaps()
        self._nearest = Nearest()

    def take(self, entry: JournalEntry) -> None:
        verdict = self._test(entry)
        if not verdict.matched:
            self._nearest.take(entry, verdict)
            return
        self._count += 1
        self._gaps.take(entry.time)
        if len(self._evidence) < MAX_EVIDENCE:
            self._evidence.append(entry.sequence)

    def finding(self) -> Finding:
        expected, is_right = _judge_count(self._expectation, self._count)
        times = "once" if self._count == 1 else f"{self._count} times"
        text = f"expected {expected}, found {times}"
        if is_right and self._expectation.spacing is not None:
            is_right, text = self._gaps.judge(self._expectation.spacing)
        finding = Finding(is_right, text, self._count, tuple(self._evidence))
        if self._count:
            return finding
        return replace(finding, nearest=self._nearest.sequence, why_not=self._nearest.why)


def _judge_count(expectation: Expectation, count: int) -> tuple[str, bool]:
    if expectation.never:
        return "never", count == 0
    if expectation.exactly is not None:
        return f"exactly {expectation.exactly}", count == expectation.exactly
    low, high = expectation.at_least, expectation.at_most
    if low is None and high is None:
        low = 1
    words = [f"at least {low}"] if low is not None else []
    words += [f"at most {high}"] if high is not None else []
    is_right = (low is None or count >= low) and (high is None or count <= high)
    return " and ".join(words), is_right


class _Gaps:
    """The times between consecutive entries. Only the first of them are shown."""

    def __init__(self) -> None:
        self._entries = 0
        self._time = 0.0
        self._shown: list[float] = []
        self._last = -1.0
        self._least = float("inf")
        self._most = 0.0
        self._is_growing = True

    def take(self, time: float) -> None:
        if self._entries:
            gap = time - self._time
            self._is_growing &= self._entries == 1 or gap > self._last
            self._last = gap
            self._least, self._most = min(gap, self._least), max(gap, self._most)
            if len(self._shown) < MAX_EVIDENCE:
                self._shown.append(gap)
        self._entries += 1
        self._time = time

    def judge(self, spacing: Spacing) -> tuple[bool, str]:
        shown = ", ".join(f"{gap:.3f}" for gap in self._shown)
        shown += ", …" if self._entries - 1 > MAX_EVIDENCE else ""
        low, high = spacing.at_least, spacing.at_most
        if low is not None and self._least < low:
            return False, f"expected at least {low:g} s between entries, found: {shown}"
        if high is not None and self._most > high:
            return False, f"expected at most {high:g} s between entries, found: {shown}"
        if spacing.grows and not self._is_growing:
            return False, f"expected growing times between entries, found: {shown} s"
        return True, f"found {self._entries}, between them {shown} s"


# --- in which order -----------------------------------------------------------------------------


class _Steps:
    """Judges whether entries came in order. Other entries may come between."""

    def __init__(self, tests: Sequence[EntryTest]) -> None:
        self._tests = tests
        self._found: list[int] = []
        self._nearest = Nearest()
        self._early = _Early(tests)

    def take(self, entry: JournalEntry) -> None:
        position = len(self._found)
        if position == len(self._tests):
            return
        verdict = self._tests[position](entry)
        if verdict.matched:
            self._found.append(entry.sequence)
            self._nearest = Nearest()
        else:
            self._nearest.take(entry, verdict)
            self._early.take(entry, position)

    def finding(self) -> Finding:
        early = self._early.at(len(self._found))
        why = "" if early is None else f"came before entry {self._found[-1]}, which is step"
        return _judge_order(self._found, len(self._tests), self._nearest, early, why)


class _Run:
    """Judges whether entries came in order, with no other entry between."""

    def __init__(self, tests: Sequence[EntryTest]) -> None:
        self._tests = tests
        self._runs: list[list[int]] = []
        """The runs that the latest entry belongs to; the longest first."""
        self._best: list[int] = []
        self._nearest = Nearest()
        self._early = _Early(tests)

    def take(self, entry: JournalEntry) -> None:
        position = len(self._best)
        if position == len(self._tests):
            return
        verdicts = [test(entry) for test in self._tests[: position + 1]]
        self._runs = [
            [*run, entry.sequence] for run in [*self._runs, []] if verdicts[len(run)].matched
        ]
        if self._runs and len(self._runs[0]) > position:
            self._best, self._nearest = self._runs[0], Nearest()
            return
        self._nearest.take(entry, verdicts[position])
        self._early.take(entry, position)
        if verdicts[position].matched:
            self._early.put(entry, position)

    def finding(self) -> Finding:
        early = self._early.at(len(self._best))
        why = "" if early is None else f"is not right after entry {self._best[-1]}, which is step"
        return _judge_order(self._best, len(self._tests), self._nearest, early, why)


LOOK_AHEAD = 20
"""Steps after the current one on which an entry is tried that may have come too early."""


class _Early:
    """For each step, an entry that matches it but came where it does not count."""

    def __init__(self, tests: Sequence[EntryTest]) -> None:
        self._tests = tests
        self._entries: dict[int, int] = {}

    def take(self, entry: JournalEntry, position: int) -> None:
        """Try an entry that the step at a position does not expect on the steps after it."""
        for index in range(position + 1, min(position + 1 + LOOK_AHEAD, len(self._tests))):
            if index not in self._entries and self._tests[index](entry).matched:
                self._entries[index] = entry.sequence

    def put(self, entry: JournalEntry, position: int) -> None:
        """Note the entry of a step."""
        self._entries[position] = entry.sequence

    def at(self, position: int) -> int | None:
        """Return the number of the entry of a step, if there is one."""
        return self._entries.get(position) if position else None


def _judge_order(
    found: Sequence[int], wanted: int, nearest: Nearest, early: int | None, misplaced: str
) -> Finding:
    """Return the result. An entry of the next step that came too early counts as the nearest."""
    count, evidence = len(found), tuple(found[:MAX_EVIDENCE])
    if count == wanted:
        return Finding(True, f"all {count} came in order", count, evidence)  # noqa: FBT003
    text = f"step {count + 1} of {wanted} did not come after the {count} before it"
    number, why = nearest.sequence, nearest.why
    if early is not None:
        number, why = early, f"it is what step {count + 1} expects, but it {misplaced} {count}"
    return Finding(False, text, count, evidence, number, why)  # noqa: FBT003


# --- failed verdicts ----------------------------------------------------------------------------


class _Failures:
    """Collects the failed verdicts of the endpoints and clients that an expectation names."""

    def __init__(self, expectation: Expectation | EntrySequence) -> None:
        steps: Sequence[EntryMatch] = (
            expectation.entries if isinstance(expectation, EntrySequence) else [expectation]
        )
        # A failed verdict that is expected does not make the verification fail.
        self._steps = [] if any(map(_wants_failures, steps)) else steps
        self.count = 0
        self.numbers: list[int] = []
        self.first: JournalEntry | None = None

    def take(self, entry: JournalEntry) -> None:
        if entry.kind != "verdict" or entry.details.get("passed"):
            return
        if any(_concerns(step, entry) for step in self._steps):
            self.count += 1
            self.first = self.first or entry
            if len(self.numbers) < MAX_EVIDENCE:
                self.numbers.append(entry.sequence)


def _wants_failures(step: EntryMatch) -> bool:
    is_any = step.kind == "verdict" and step.passed is None
    return step.passed is False or step.contract is not None or is_any


def _concerns(step: EntryMatch, entry: JournalEntry) -> bool:
    source = entry.source
    return step.endpoint in (None, source.endpoint) and step.client in (None, source.client_id)
