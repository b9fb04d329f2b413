"""The history: bounded, numbered without gaps, awaited."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fakes import CrashLog
from tests.helpers.futures import is_pending
from tests.helpers.journal import record_of
from tests.helpers.singletons import running, settle
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.journal import actor as journal_module
from websocket_mock.actors.journal.actor import Journal
from websocket_mock.actors.journal.recorder import Demand
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import (
    CancelWait,
    ClearJournal,
    GetJournal,
    GetJournalSize,
    NamespaceExpired,
    RecordsTaken,
    WaitForRecords,
)
from websocket_mock.actors.values.entries import (
    OVERHEAD_BYTES,
    Record,
    Source,
    weight_of,
)
from websocket_mock.actors.values.models import JournalPage, JournalSize
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE


@contextmanager
def journal_of(max_entries: int = 1000, max_bytes: int = 1_000_000) -> Iterator[Ref]:
    crashes = CrashLog()
    with running(Journal, max_entries, max_bytes, crashes) as ref:
        yield ref
    assert crashes.names == []


@pytest.fixture
def journal() -> Iterator[Ref]:
    with journal_of() as ref:
        yield ref


NOBODY = Source()


def take(ref: Ref, *payloads: str, source: Source = NOBODY) -> None:
    """Let records arrive as one batch."""
    take_records(ref, *[record_of(payload, source=source) for payload in payloads])


def take_records(ref: Ref, *records: Record) -> None:
    ref.tell(RecordsTaken(records, sum(map(weight_of, records))))


def page_of(ref: Ref, after: int = 0) -> JournalPage:
    return ask(ref, GetJournal(after), timeout=PATIENCE)


def kept(ref: Ref, after: int = 0) -> list[tuple[int, Any]]:
    return [(entry.sequence, entry.payload) for entry in page_of(ref, after).entries()]


class TestBounds:
    def test_entries_are_numbered_from_one_across_batches(self, journal: Ref) -> None:
        take(journal, "a", "b")
        take(journal, "c")

        assert kept(journal) == [(1, "a"), (2, "b"), (3, "c")]

    @pytest.mark.parametrize("after", range(5))
    def test_cursor_leaves_out_what_is_before(self, journal: Ref, after: int) -> None:
        take(journal, "a", "b")
        take(journal, "c")

        assert [sequence for sequence, _ in kept(journal, after)] == [1, 2, 3][after:]
        assert page_of(journal, after).last == 3

    def test_empty_journal_ends_at_zero(self, journal: Ref) -> None:
        assert kept(journal) == []
        assert page_of(journal).last == 0

    def test_oldest_entries_give_way_to_the_newest(self) -> None:
        with journal_of(max_entries=3) as journal:
            for payload in "abcde":
                take(journal, payload)

            assert kept(journal) == [(3, "c"), (4, "d"), (5, "e")]

    def test_bytes_are_bounded_too(self) -> None:
        with journal_of(max_bytes=2 * (OVERHEAD_BYTES + 10)) as journal:
            take(journal, "x" * 10)
            take(journal, "y" * 10)
            take(journal, "z")

            assert kept(journal) == [(2, "y" * 10), (3, "z")]

    def test_batch_larger_than_the_journal_leaves_its_newest_entries(self) -> None:
        with journal_of(max_entries=2) as journal:
            take(journal, *"abcde")
            assert kept(journal) == [(4, "d"), (5, "e")]
            take(journal, "f")

            assert kept(journal) == [(6, "f")]

    def test_record_larger_than_the_journal_is_not_kept_but_numbered(self) -> None:
        with journal_of(max_bytes=OVERHEAD_BYTES + 10) as journal:
            take(journal, "x" * 11)
            assert kept(journal) == []
            take(journal, "y")

            assert kept(journal) == [(2, "y")]

    @given(
        sizes=st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=6), max_size=12),
        max_entries=st.integers(1, 10),
        max_payload=st.integers(1, 300),
    )
    def test_kept_entries_are_the_newest_without_gaps_and_within_bounds(
        self, sizes: list[list[int]], max_entries: int, max_payload: int
    ) -> None:
        max_bytes = max_payload + 5 * OVERHEAD_BYTES
        with journal_of(max_entries, max_bytes) as journal:
            for batch in sizes:
                take(journal, *["x" * size for size in batch])
            page = page_of(journal)

        numbers = [entry.sequence for entry in page.entries()]
        total = sum(map(len, sizes))
        assert page.last == total
        assert numbers == list(range(total - len(numbers) + 1, total + 1))
        assert len(numbers) <= max_entries
        assert sum(map(weight_of, page.records)) <= max_bytes


def size_of(ref: Ref) -> JournalSize:
    return ask(ref, GetJournalSize(), timeout=PATIENCE)


class TestSize:
    def test_size_says_what_is_kept_and_what_the_limits_have_dropped(self) -> None:
        with journal_of(max_entries=3) as journal:
            take(journal, *"abcde")
            take(journal, "f")

            assert size_of(journal) == JournalSize(1, OVERHEAD_BYTES + 1, 6, 5, 0)

    def test_entries_that_were_cleared_are_not_dropped(self, journal: Ref) -> None:
        take(journal, "a", "b")
        ask(journal, ClearJournal(EVERY_NAMESPACE), timeout=PATIENCE)

        assert size_of(journal) == JournalSize(0, 0, 2, 0, 0)

    def test_waits_are_counted_while_they_last(self, journal: Ref) -> None:
        Waiting(journal).start()
        assert size_of(journal).waits == 1
        take(journal, "a")
        assert size_of(journal).waits == 0


class TestClear:
    def test_numbers_go_on_after_a_clear(self, journal: Ref) -> None:
        take(journal, "a", "b")
        ask(journal, ClearJournal(EVERY_NAMESPACE), timeout=PATIENCE)
        assert kept(journal) == []
        take(journal, "c")

        assert kept(journal) == [(3, "c")]

    def test_room_is_free_again_after_a_clear(self) -> None:
        with journal_of(max_entries=2) as journal:
            take(journal, "a", "b")
            ask(journal, ClearJournal(EVERY_NAMESPACE), timeout=PATIENCE)
            take(journal, "c", "d")

            assert kept(journal) == [(3, "c"), (4, "d")]

    def test_clearing_a_namespace_hides_its_entries_and_no_others(self, journal: Ref) -> None:
        take(journal, "mine", source=Source(namespace="one"))
        take(journal, "theirs", source=Source(namespace="two"))
        take(journal, "everyone's")
        ask(journal, ClearJournal("one"), timeout=PATIENCE)
        take(journal, "new", source=Source(namespace="one"))

        assert kept(journal) == [(2, "theirs"), (3, "everyone's"), (4, "new")]

    def test_clearing_what_is_outside_hides_no_namespace(self, journal: Ref) -> None:
        take(journal, "theirs", source=Source(namespace="two"))
        take(journal, "everyone's")
        ask(journal, ClearJournal(None), timeout=PATIENCE)

        assert kept(journal) == [(1, "theirs")]

    def test_namespace_that_has_expired_is_hidden(self, journal: Ref) -> None:
        take(journal, "mine", source=Source(namespace="one"))
        take(journal, "theirs", source=Source(namespace="two"))
        journal.tell(NamespaceExpired("one"))

        assert kept(journal) == [(2, "theirs")]

    def test_scope_takes_its_own_entries_only(self, journal: Ref) -> None:
        take(journal, "mine", source=Source(namespace="one"))
        take(journal, "outside")
        page = ask(journal, GetJournal(), timeout=PATIENCE)

        found = {
            scope: [entry.payload for entry in page.entries(scope)]
            for scope in ("one", None, "two", EVERY_NAMESPACE)
        }
        assert found == {"one": ["mine"], None: ["outside"], "two": [], "*": ["mine", "outside"]}

    def test_nothing_is_kept_of_a_clear_that_hides_nothing(self, journal: Ref) -> None:
        take(journal, "theirs")
        for number in range(50):
            ask(journal, ClearJournal(f"empty-{number}"), timeout=PATIENCE)

        assert floors(journal) == {}

    def test_clears_are_forgotten_with_the_entries_they_hide(self) -> None:
        with journal_of(max_entries=3) as journal:
            for name in ("one", "two"):
                take(journal, "x", source=Source(namespace=name))
                ask(journal, ClearJournal(name), timeout=PATIENCE)
            ask(journal, ClearJournal("one"), timeout=PATIENCE)
            assert floors(journal) == {"two": 2, "one": 2}
            take(journal, "a", "b")
            assert floors(journal) == {"two": 2, "one": 2}
            take(journal, "c")

            assert floors(journal) == {}
            assert kept(journal) == [(3, "a"), (4, "b"), (5, "c")]


def floors(journal: Ref) -> dict[str | None, int]:
    """What the journal hides: up to which entry of which namespace."""
    return dict(ask(journal, GetJournal(), timeout=PATIENCE).floors)


class Waiting:
    """Waits in a journal, numbered."""

    def __init__(self, ref: Ref) -> None:
        self._ref = ref
        self._ids = count(1)
        self.last_id = 0

    def start(self, after: int = 0, limit: int | None = None) -> Any:
        self.last_id = next(self._ids)
        answer = self._ref.ask(WaitForRecords(self.last_id, after, limit), block=False)
        return answer.get(timeout=PATIENCE)


@pytest.fixture
def waiting(journal: Ref) -> Waiting:
    return Waiting(journal)


def answered(future: Any) -> list[tuple[int, Any]] | None:
    page: JournalPage | None = future.get(timeout=PATIENCE)
    return None if page is None else [(one.sequence, one.payload) for one in page.entries()]


class TestWait:
    def test_what_is_there_already_answers_at_once(self, journal: Ref, waiting: Waiting) -> None:
        take(journal, "a", "b")

        assert answered(waiting.start()) == [(1, "a"), (2, "b")]
        assert answered(waiting.start(after=1)) == [(2, "b")]

    @pytest.mark.parametrize(
        ("after", "limit", "expected"),
        [(0, 2, [1, 2]), (1, 3, [2, 3, 4]), (3, 9, [4, 5]), (4, 1, [5])],
    )
    def test_limit_leaves_out_the_newest(
        self, journal: Ref, waiting: Waiting, after: int, limit: int, expected: list[int]
    ) -> None:
        take(journal, "a", "b")
        take(journal, "c", "d")
        take(journal, "e")

        page = waiting.start(after, limit).get(timeout=PATIENCE)
        assert [entry.sequence for entry in page.entries()] == expected
        assert page.last == 5

    def test_what_comes_next_answers_as_a_whole(self, journal: Ref, waiting: Waiting) -> None:
        take(journal, "a")
        wait = waiting.start(after=1)
        settle(journal)
        assert is_pending(wait)
        take(journal, "b", "c")

        assert answered(wait) == [(2, "b"), (3, "c")]

    def test_no_record_is_missed_from_one_wait_to_the_next(
        self, journal: Ref, waiting: Waiting
    ) -> None:
        cursor, seen = 0, []
        for _ in range(5):
            take(journal, "x", "y")
            found = answered(waiting.start(cursor)) or []
            seen += [number for number, _ in found]
            cursor = seen[-1]

        assert seen == list(range(1, 11))

    def test_one_record_answers_all_who_wait(self, journal: Ref, waiting: Waiting) -> None:
        waits = [waiting.start() for _ in range(200)]
        take(journal, "x")

        assert [answered(one) for one in waits] == [[(1, "x")]] * 200

    def test_record_of_a_hidden_namespace_stays_hidden_for_who_waits(
        self, journal: Ref, waiting: Waiting
    ) -> None:
        take(journal, "a", source=Source(namespace="x"))
        journal.tell(NamespaceExpired("x"))

        assert answered(waiting.start()) == []

    def test_cancelled_wait_is_answered_with_nothing(self, journal: Ref, waiting: Waiting) -> None:
        wait = waiting.start()
        journal.tell(CancelWait(waiting.last_id))
        take(journal, "a")

        assert answered(wait) is None

    def test_records_are_wanted_soon_as_long_as_an_urgent_wait_is_there(self) -> None:
        demand, seen = Demand(), []
        with running(Journal, 1000, 1_000_000, CrashLog(), demand) as journal:
            for message in (
                WaitForRecords(1, 0),
                WaitForRecords(2, 0, is_urgent=True),
                RecordsTaken((record_of("a"),), 1),
            ):
                journal.tell(message)
                settle(journal)
                seen.append(demand.is_urgent)

        assert seen == [False, True, False]

    def test_cancelling_an_unknown_wait_is_no_error(self, journal: Ref) -> None:
        journal.tell(CancelWait(99))
        settle(journal)

    def test_one_wait_too_many_gives_up_the_oldest(
        self, journal: Ref, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journal_module, "MAX_WAITS", 2)
        waits = [waiting.start() for _ in range(3)]

        assert answered(waits[0]) is None
        assert is_pending(waits[1])
        take(journal, "x")
        assert [answered(one) for one in waits[1:]] == [[(1, "x")], [(1, "x")]]

    def test_record_that_is_too_large_to_keep_is_still_awaited(self) -> None:
        with journal_of(max_bytes=1) as journal:
            wait = Waiting(journal).start()
            take(journal, "x")

            assert answered(wait) == [(1, "x")]

    def test_who_waits_when_the_journal_stops_is_answered(self) -> None:
        with journal_of() as journal:
            wait = Waiting(journal).start()

        assert answered(wait) is None
