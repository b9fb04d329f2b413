"""Feeds: what a reader gets, what it is told that it missed, and how it ends."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, pairwise
from typing import Any

import pytest

from tests.helpers.journal import match_of, record_of
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.singletons import settle
from tests.helpers.wait import PATIENCE, UNIT, eventually
from websocket_mock.actors.messages import RecordsTaken
from websocket_mock.actors.system import JournalLimits
from websocket_mock.actors.values.entries import JournalEntry, Record, Source, weight_of
from websocket_mock.mcp_bridge.service import feed as feed_module
from websocket_mock.mcp_bridge.service import rendered as rendered_entries
from websocket_mock.mcp_bridge.service.errors import BadArgument, NoAnswer, NotPossible
from websocket_mock.mcp_bridge.service.feed import Feed, Gap, Item, Portion, follow
from websocket_mock.mcp_bridge.service.history import SLICE
from websocket_mock.mcp_bridge.service.redaction import Redaction
from websocket_mock.mcp_bridge.service.traffic import Detail, EntryModel, read_traffic

ONE, TWO = Source("0000000a", namespace="one"), Source("0000000b", namespace="two")


class Desk:
    """A journal that a test writes, and feeds of it."""

    def __init__(self, server: InProcessServer) -> None:
        self.gateway = server.gateway
        self.ref = server.runtime._system.journal_ref

    def take(self, *payloads: str, source: Source = Source("0000000a")) -> None:  # noqa: B008 - immutable
        self.take_records(*(record_of(payload, source=source) for payload in payloads))

    def take_records(self, *records: Record) -> None:
        self.ref.tell(RecordsTaken(records, sum(map(weight_of, records))))

    @contextmanager
    def feed(self, after: Any = "start", **options: Any) -> Iterator[Feed]:
        match = match_of(**options.pop("match", {}))
        feed = follow(self.gateway, match, after, **options)
        try:
            yield feed
        finally:
            feed.close()

    def clear(self, scope: str | None) -> None:
        self.gateway.history.clear(scope)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with serving_here(history=JournalLimits(1000, 10**7)) as server:
        yield Desk(server)


@pytest.fixture
def small_desk() -> Iterator[Desk]:
    """A journal of three entries."""
    with serving_here(history=JournalLimits(3, 10**7)) as server:
        yield Desk(server)


def shown(portion: Portion) -> list[Any]:
    """The payloads of the items, and the gaps as they are."""
    return [
        json.loads(part.json).get("payload") if isinstance(part, Item) else part
        for part in portion.parts
    ]


def read(feed: Feed) -> list[Any]:
    return shown(feed.read(PATIENCE))


class TestBegin:
    def test_entries_are_those_of_the_traffic_verb(self, desk: Desk) -> None:
        desk.take("a", "b")
        wanted = read_traffic(desk.gateway, match_of()).entries
        with desk.feed() as feed:
            parts = feed.read(PATIENCE).parts
        assert [json.loads(part.json) for part in parts if isinstance(part, Item)] == [
            entry.model_dump(mode="json") for entry in wanted
        ]

    @pytest.mark.parametrize(
        ("after", "expected"), [("start", ["a", "b", "c"]), (0, ["a", "b", "c"]), (1, ["b", "c"])]
    )
    def test_feed_begins_after_its_cursor(
        self, desk: Desk, after: Any, expected: list[str]
    ) -> None:
        desk.take("a", "b")
        settle(desk.ref)
        with desk.feed(after) as feed:
            desk.take("c")
            settle(desk.ref)
            assert read(feed) == expected

    @pytest.mark.parametrize("after", ["now", 2])
    def test_feed_gets_only_what_is_new(self, desk: Desk, after: Any) -> None:
        desk.take("a", "b")
        with desk.feed(after) as feed:
            desk.take("c")
            assert read(feed) == ["c"]

    def test_opening_tells_the_start_of_the_server_and_the_newest_entry(self, desk: Desk) -> None:
        desk.take("a", "b")
        with desk.feed() as feed:
            assert feed.opening.last == 2
            assert feed.opening.started == desk.gateway.stats().start_time

    def test_cursor_of_an_earlier_server_means_everything(self, desk: Desk) -> None:
        desk.take("a", "b")
        with desk.feed(77, is_resumed=True) as feed:
            assert read(feed) == ["a", "b"]

    def test_cursor_beyond_the_newest_waits_for_what_comes_after_it(self, desk: Desk) -> None:
        desk.take("a", "b")
        with desk.feed(3) as feed:
            desk.take("c", "d")
            assert read(feed) == ["d"]


class TestSelection:
    def test_only_what_matches_is_read_and_the_cursor_moves_past_the_rest(self, desk: Desk) -> None:
        desk.take(*"abca", "z")
        with desk.feed(match={"match": {"text": "a"}}) as feed:
            portion = feed.read(PATIENCE)
        assert [part.seq for part in portion.parts if isinstance(part, Item)] == [1, 4]
        assert portion.cursor == 5

    @pytest.mark.parametrize(
        ("namespace", "expected"),
        [(None, ["outside"]), ("one", ["mine"]), ("*", ["mine", "theirs", "outside"])],
    )
    def test_scope_selects_namespaces(
        self, desk: Desk, namespace: str | None, expected: list[str]
    ) -> None:
        desk.take("mine", source=ONE)
        desk.take("theirs", source=TWO)
        desk.take("outside")
        settle(desk.ref)
        with desk.feed(namespace=namespace) as feed:
            assert read(feed) == expected

    def test_conditions_that_cannot_be_compiled_have_the_text_of_the_traffic_verb(
        self, desk: Desk
    ) -> None:
        match = match_of(path={"matches": "("})
        with pytest.raises(BadArgument) as expected:
            read_traffic(desk.gateway, match)
        with pytest.raises(BadArgument) as error:
            follow(desk.gateway, match)
        assert str(error.value) == str(expected.value)

    def test_bad_namespace_is_refused(self, desk: Desk) -> None:
        with pytest.raises(BadArgument, match="namespace"):
            follow(desk.gateway, match_of(), namespace="a/b")

    def test_namespace_does_not_expire_while_it_is_followed(self) -> None:
        with serving_here(namespace_idle=0.0) as server:
            desk = Desk(server)
            with desk.feed(namespace="one") as feed:
                assert desk.gateway.library.names() == ["one"]
            assert desk.gateway.library.names() == []
            # Not because the feed was collected.
            del feed

    def test_server_that_records_nothing_refuses(self) -> None:
        with (
            serving_here(history=JournalLimits(0)) as server,
            pytest.raises(NotPossible, match="Recording is off"),
        ):
            follow(server.gateway, match_of())

    def test_entry_that_cannot_be_written_is_shown_without_its_content(self, desk: Desk) -> None:
        desk.take_records(record_of("a", text="\ud800"), record_of("b"))
        with desk.feed() as feed:
            assert read(feed) == [None, "b"]


class TestManyReaders:
    def test_entry_is_rendered_once_for_all_readers_with_the_same_detail(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rendered = list[tuple[int, str]]()
        of = EntryModel.of

        def counting(entry: JournalEntry, detail: Detail, redaction: Redaction) -> EntryModel:
            rendered.append((entry.sequence, detail))
            return of(entry, detail, redaction)

        monkeypatch.setattr(EntryModel, "of", counting)
        desk.take("a", "b")
        with desk.feed() as one, desk.feed() as two, desk.feed(detail="summary") as short:
            assert read(one) == read(two) == ["a", "b"]
            assert read(short) == [None, None]
        assert rendered == [(1, "concise"), (2, "concise"), (1, "summary"), (2, "summary")]

    def test_what_is_kept_for_other_readers_is_limited(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rendered_entries, "MAX_CHARACTERS", 5)
        kept = rendered_entries.RenderedEntries()
        assert kept.get(1, "full", lambda: "aaa") == "aaa"
        assert kept.get(1, "full", lambda: "not asked for") == "aaa"
        assert kept.get(2, "full", lambda: "bbb") == "bbb"
        assert kept.get(1, "full", lambda: "anew") == "anew"
        assert kept.get(3, "full", lambda: "longer than all") == "longer than all"


class TestGaps:
    def test_entries_that_the_journal_dropped_are_a_gap(self, small_desk: Desk) -> None:
        with small_desk.feed("now") as feed:
            for payload in "abcde":
                small_desk.take(payload)
            settle(small_desk.ref)
            assert read(feed) == [Gap(0, 3, 2), "c", "d", "e"]

    def test_start_means_the_oldest_entry_so_that_nothing_is_missing(
        self, small_desk: Desk
    ) -> None:
        for payload in "abcde":
            small_desk.take(payload)
        with small_desk.feed("start") as feed:
            assert read(feed) == ["c", "d", "e"]

    def test_what_is_dropped_after_a_feed_has_started_is_missing(self, small_desk: Desk) -> None:
        small_desk.take("a")
        with small_desk.feed("start") as feed:
            for payload in "bcdef":
                small_desk.take(payload)
            settle(small_desk.ref)
            assert read(feed) == [Gap(1, 4, 2), "d", "e", "f"]

    def test_cursor_of_an_earlier_server_may_have_missed_the_first_entries(
        self, small_desk: Desk
    ) -> None:
        for payload in "abcde":
            small_desk.take(payload)
        with small_desk.feed(77, is_resumed=True) as feed:
            assert read(feed) == [Gap(0, 3, 2), "c", "d", "e"]

    def test_deleted_journal_is_a_gap_for_who_was_behind(self, desk: Desk) -> None:
        with desk.feed("now") as feed:
            desk.take("a", "b")
            desk.clear("*")
            assert read(feed) == [Gap(0, 3, 2)]
            desk.take("c")
            assert read(feed) == ["c"]

    def test_deleted_journal_is_no_gap_for_who_has_read_it(self, desk: Desk) -> None:
        with desk.feed("start") as feed:
            desk.take("a", "b")
            assert read(feed) == ["a", "b"]
            desk.clear("*")
            desk.take("c")
            assert read(feed) == ["c"]

    def test_deleted_namespace_is_a_gap_between_what_is_left(self, desk: Desk) -> None:
        with desk.feed("now", namespace="*") as feed:
            desk.take("outside")
            desk.take("mine", source=ONE)
            desk.take("theirs", source=TWO)
            desk.take("mine", "mine", source=ONE)
            desk.clear("one")
            desk.take("new", source=ONE)
            settle(desk.ref)
            assert read(feed) == ["outside", Gap(1, 3, 1), "theirs", Gap(3, 6, 2), "new"]

    def test_deleted_namespace_is_a_gap_for_its_own_readers_alone(self, desk: Desk) -> None:
        with desk.feed("now", namespace="one") as mine, desk.feed("now", namespace="two") as other:
            desk.take("mine", "mine", source=ONE)
            desk.take("theirs", source=TWO)
            desk.clear("one")
            assert read(mine) == [Gap(0, 3, 2)]
            assert read(other) == ["theirs"]

    def test_what_was_deleted_before_a_feed_from_the_start_is_no_gap(self, desk: Desk) -> None:
        desk.take("mine", source=ONE)
        desk.take("theirs", source=TWO)
        desk.clear("one")
        with desk.feed("start", namespace="*") as feed:
            assert read(feed) == ["theirs"]


class TestPortions:
    def test_long_past_comes_in_portions_without_a_gap(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed_module, "MAX_RECORDS", 70)
        desk.take(*map(str, range(200)))
        portions = list[list[Any]]()
        with desk.feed() as feed:
            while sum(len(portion) for portion in portions) < 200:
                portions.append(read(feed))
        assert [len(portion) for portion in portions] == [70, 70, 60]
        assert list(chain(*portions)) == list(map(str, range(200)))

    def test_portion_ends_when_it_is_large(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed_module, "MAX_CHARACTERS", 2_000)
        desk.take(*(["x" * 1_000] * 10))
        with desk.feed(detail="full") as feed:
            portions = [read(feed) for _ in range(5)]
        assert [len(portion) for portion in portions] == [2] * 5

    def test_portion_ends_in_time_but_not_before_it_has_moved(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed_module, "READING_TIME", -1.0)
        desk.take(*map(str, range(3 * SLICE)))
        with desk.feed() as feed:
            assert [len(read(feed)) for _ in range(3)] == [SLICE] * 3

    def test_portion_ends_when_its_reader_leaves(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.take(*map(str, range(3 * SLICE)))
        with desk.feed() as feed:

            def leave(_: object) -> bool:
                feed.leave()
                return False

            monkeypatch.setattr(feed, "_may_match", leave)
            assert feed.read(PATIENCE) == Portion((), SLICE)

    def test_records_that_come_while_it_waits_wake_it(self, desk: Desk) -> None:
        with desk.feed() as feed, ThreadPoolExecutor(1) as pool:
            answer = pool.submit(feed.read, PATIENCE)
            eventually(lambda: desk.gateway.history.size().waits == 1)
            desk.take("a")
            assert shown(answer.result(PATIENCE)) == ["a"]

    def test_quiet_journal_gives_an_empty_portion_in_time(self, desk: Desk) -> None:
        with desk.feed() as feed:
            begin = time.monotonic()
            assert feed.read(0.05 * UNIT) == Portion((), 0)
            assert time.monotonic() - begin < PATIENCE / 2


class TestEnd:
    def test_who_leaves_ends_the_wait_at_once(self, desk: Desk) -> None:
        with desk.feed() as feed, ThreadPoolExecutor(1) as pool:
            answer = pool.submit(feed.read, 10 * PATIENCE)
            eventually(lambda: desk.gateway.history.size().waits == 1)
            begin = time.monotonic()
            feed.leave()
            assert answer.result(PATIENCE) == Portion((), 0)
            assert time.monotonic() - begin < 0.3 * UNIT
            assert feed.read(PATIENCE) == Portion((), 0)
            assert desk.gateway.history.size().waits == 0

    def test_journal_that_stops_ends_the_feed_with_an_error(self) -> None:
        with serving_here() as server:
            desk = Desk(server)
            with desk.feed() as feed, ThreadPoolExecutor(1) as pool:
                answer = pool.submit(_read_until_error, feed)
                eventually(lambda: desk.gateway.history.size().waits == 1)
                server.stop()
                assert "stopped" in str(answer.result(PATIENCE))


def _read_until_error(feed: Feed) -> NoAnswer:
    while True:
        try:
            feed.read(PATIENCE)
        except NoAnswer as error:
            return error


def test_readers_get_the_same_while_the_journal_is_written_and_deleted(desk: Desk) -> None:
    """Each entry is either read or in a gap, in order, whatever happens meanwhile."""
    total, seen = 3_000, dict[int, list[tuple[int, int]]]()

    def drain(number: int) -> None:
        spans, cursor = list[tuple[int, int]](), 0
        with desk.feed(0, namespace="*") as feed:
            while cursor < total:
                portion = feed.read(PATIENCE)
                spans += [_span(part) for part in portion.parts]
                cursor = portion.cursor
        seen[number] = spans

    threads = [threading.Thread(target=drain, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for number in range(total // 10):
        desk.take(*(["x"] * 10))
        if number % 50 == 49:
            desk.clear("*")
    for thread in threads:
        thread.join(PATIENCE)
    assert len(seen) == len(threads)
    for spans in seen.values():
        assert spans[0][0] == 1
        assert spans[-1][1] == total
        assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(spans))


def _span(part: Item | Gap) -> tuple[int, int]:
    """The first and the last number that a part stands for."""
    if isinstance(part, Item):
        return part.seq, part.seq
    assert part.missing == part.before - part.after - 1
    return part.after + 1, part.before - 1
