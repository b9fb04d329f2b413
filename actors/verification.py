"""Verification of the journal: expectations in, verdicts with evidence out. Pure; any thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from actors.entry_conditions import EntryTest, compile_entry_match
from actors.journal_entries import JournalEntry
from actors.mocks.entry_schema import EntryMatch, Expectation, Spacing
from actors.mocks.entry_schema import Sequence as SequenceSchema

MAX_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one expectation."""

    passed: bool
    text: str
    """What was expected and what was found, in one line."""
    count: int
    """Entries that match."""
    evidence: tuple[int, ...]
    """Sequence numbers of the first entries that match."""
    nearest: int | None = None
    """Sequence number of the entry that came nearest; None where one matched, or nothing did."""
    why_not: str = ""
    """What is different about that one."""


def verify_count(expectation: Expectation, entries: Sequence[JournalEntry]) -> Finding:
    """Return whether entries came as often, and as far apart, as expected.

    Raises:
        BadMatcher: the expectation cannot be compiled.
    """
    test = compile_entry_match(expectation)
    found = [entry for entry in entries if test(entry).matched]
    expected, is_right = _judge_count(expectation, len(found))
    times = "once" if len(found) == 1 else f"{len(found)} times"
    text = f"expected {expected}, found {times}"
    if is_right and expectation.spacing is not None:
        is_right, text = _judge_spacing(expectation.spacing, found)
    nearest, why_not = (None, "") if found else find_nearest(test, entries)
    return Finding(is_right, text, len(found), _numbers(found), nearest, why_not)


def verify_sequence(sequence: SequenceSchema, entries: Sequence[JournalEntry]) -> Finding:
    """Return whether entries came one after the other.

    Raises:
        BadMatcher: a step cannot be compiled.
    """
    tests = [compile_entry_match(step) for step in sequence.entries]
    found = _follow(tests, entries) if sequence.gaps else _find_run(tests, entries)
    missing = len(found)
    if missing == len(tests):
        return Finding(True, f"all {missing} came in order", missing, _numbers(found))  # noqa: FBT003
    rest = [entry for entry in entries if not found or entry.sequence > found[-1].sequence]
    nearest, why_not = find_nearest(tests[missing], rest)
    text = f"step {missing + 1} of {len(tests)} did not come after the {missing} before it"
    return Finding(False, text, missing, _numbers(found), nearest, why_not)  # noqa: FBT003


def find_nearest(test: EntryTest, entries: Sequence[JournalEntry]) -> tuple[int | None, str]:
    """Return the entry that fails a test last of all, and why it fails.

    Fields are tried in a fixed order, so the one that gets farthest is the nearest.
    """
    best: tuple[int, int | None, str] = (-1, None, "")
    for entry in entries:
        why = test(entry).why
        depth = _ORDER.index(field) if (field := why.partition(":")[0]) in _ORDER else len(_ORDER)
        if why and depth >= best[0]:
            best = (depth, entry.sequence, why)
    return best[1], best[2]


_ORDER = tuple(EntryMatch.model_fields)


def _follow(tests: Sequence[EntryTest], entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    found: list[JournalEntry] = []
    for entry in entries:
        if len(found) < len(tests) and tests[len(found)](entry).matched:
            found.append(entry)
    return found


def _find_run(tests: Sequence[EntryTest], entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    best: list[JournalEntry] = []
    for start in range(len(entries)):
        run = []
        for test, entry in zip(tests, entries[start:], strict=False):
            if not test(entry).matched:
                break
            run.append(entry)
        if len(run) > len(best):
            best = run
        if len(best) == len(tests):
            break
    return best


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


def _judge_spacing(spacing: Spacing, found: Sequence[JournalEntry]) -> tuple[bool, str]:
    gaps = [later.time - earlier.time for earlier, later in pairwise(found)]
    shown = ", ".join(f"{gap:.3f}" for gap in gaps[:MAX_EVIDENCE])
    shown += ", …" if len(gaps) > MAX_EVIDENCE else ""
    if spacing.at_least is not None and any(gap < spacing.at_least for gap in gaps):
        return False, f"expected at least {spacing.at_least:g} s between entries, found: {shown}"
    if spacing.at_most is not None and any(gap > spacing.at_most for gap in gaps):
        return False, f"expected at most {spacing.at_most:g} s between entries, found: {shown}"
    if spacing.grows and any(later <= earlier for earlier, later in pairwise(gaps)):
        return False, f"expected growing times between entries, found: {shown} s"
    return True, f"found {len(found)}, between them {shown} s"


def _numbers(entries: Sequence[JournalEntry]) -> tuple[int, ...]:
    return tuple(entry.sequence for entry in entries[:MAX_EVIDENCE])
