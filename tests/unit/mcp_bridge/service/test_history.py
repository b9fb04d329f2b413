"""Questions to the journal: read, wait, verify."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.helpers.fakes import CrashLog
from tests.helpers.journal import match_of, record_of
from tests.helpers.singletons import running, settle
from tests.helpers.wait import PATIENCE, UNIT, eventually
from websocket_mock.actors.journal.actor import Journal
from websocket_mock.actors.journal.schema import EntrySequence, Expectation
from websocket_mock.actors.kernel.errors import ActorGone
from websocket_mock.actors.kernel.refs import Ref
from websocket_mock.actors.messages import RecordsTaken
from websocket_mock.actors.values.entries import Source, weight_of
from websocket_mock.mcp_bridge.service import history as history_module
from websocket_mock.mcp_bridge.service.history import History, Waited

SHORT = 0.1 * UNIT


class Desk:
    """A journal, its history, and threads that ask."""

    def __init__(self, ref: Ref, pool: ThreadPoolExecutor) -> None:
        self.ref = ref
        self.history = History(ref)
        self.gone = threading.Event()
        self._pool = pool

    def take(self, *payloads: str, source: Source = Source("0000000a")) -> None:  # noqa: B008 - immutable
        records = tuple(record_of(payload, source=source) for payload in payloads)
        self.ref.tell(RecordsTaken(records, sum(map(weight_of, records))))

    def wait(self, payload: str, after: int = 0, timeout: float = PATIENCE) -> Waited:
        match = match_of(match={"text": payload})
        return self.history.wait(match, after, timeout, None, self.gone)

    def quiet(self, payload: str, seconds: float, timeout: float = PATIENCE) -> Waited:
        match = match_of(match={"text": payload})
        return self.history.wait_for_quiet(match, 0, seconds, timeout, None, self.gone)

    def begin(self, ask: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Ask on another thread, and return when the journal knows that somebody waits."""
        settle(self.ref)  # so that no wait that is over is counted
        before = self.waits
        answer = self._pool.submit(ask, *arguments, **named)
        eventually(lambda: self.waits > before or answer.done())
        return answer

    @property
    def waits(self) -> int:
        """Waits the journal has."""
        actor = self.ref._actor_weakref()
        assert isinstance(actor, Journal)
        return len(actor._waits)


@pytest.fixture
def desk() -> Iterator[Desk]:
    crashes = CrashLog()
    with ThreadPoolExecutor(100, "asker") as pool, running(Journal, 1000, 10**6, crashes) as ref:
        yield Desk(ref, pool)
    assert crashes.names == []


class TestRead:
    def test_conditions_and_limit_choose_from_the_oldest_on(self, desk: Desk) -> None:
        desk.take(*"abaca")
        found = desk.history.read(match_of(match={"text": "a"}), 0, 2, None)

        assert [entry.sequence for entry in found.entries] == [1, 3]
        assert (found.matched, found.last) == (3, 5)

    def test_cursor_continues_where_a_read_ended(self, desk: Desk) -> None:
        desk.take(*"abaca")
        found = desk.history.read(match_of(match={"text": "a"}), 3, 2, None)

        assert [entry.sequence for entry in found.entries] == [5]

    def test_one_entry_by_its_number(self, desk: Desk) -> None:
        desk.take(*"abc")

        entry = desk.history.get(2, None)
        assert entry is not None
        assert entry.payload == "b"
        assert desk.history.get(4, None) is None

    def test_entry_that_was_cleared_is_gone(self, desk: Desk) -> None:
        desk.take(*"abc")
        desk.history.clear(None)

        assert desk.history.get(2, None) is None
        assert desk.history.last() == 3

    def test_stopped_journal_is_told_from_an_empty_one(self, desk: Desk) -> None:
        desk.ref.stop(timeout=PATIENCE)

        with pytest.raises(ActorGone):
            desk.history.read(match_of(), 0, 1, None)


class TestWait:
    def test_history_counts(self, desk: Desk) -> None:
        desk.take("a", "b")

        waited = desk.wait("b", timeout=SHORT)
        assert waited.entry is not None
        assert waited.entry.sequence == 2

    def test_later_entry_ends_the_wait(self, desk: Desk) -> None:
        answer = desk.begin(desk.wait, "b")
        desk.take("a", "b", "c")

        waited = answer.result(PATIENCE)
        assert waited.entry.sequence == 2
        eventually(lambda: desk.waits == 0)

    def test_wait_in_vain_tells_the_nearest_miss(self, desk: Desk) -> None:
        desk.take("a")
        begin = time.monotonic()
        waited = desk.wait("b", timeout=SHORT)

        assert time.monotonic() - begin >= SHORT
        assert (waited.entry, waited.last, waited.happened) == (None, 1, 1)
        assert (waited.nearest, waited.why_not) == (1, 'text: expected "b", got "a"')
        eventually(lambda: desk.waits == 0)

    def test_wait_longer_than_one_look_up_goes_on(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history_module, "GONE_POLL", 0.005)
        answer = desk.begin(desk.wait, "b")
        with pytest.raises(TimeoutError):
            answer.result(SHORT)
        desk.take("b")

        assert answer.result(PATIENCE).entry.sequence == 1

    def test_wait_ends_soon_after_the_asker_has_gone(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history_module, "GONE_POLL", 0.005)
        answer = desk.begin(desk.wait, "b", timeout=300)
        desk.gone.set()

        assert answer.result(PATIENCE).entry is None
        eventually(lambda: desk.waits == 0)

    def test_many_waits_at_once_are_answered_each_by_its_own(self, desk: Desk) -> None:
        answers = [desk.begin(desk.wait, str(number)) for number in range(50)]
        assert desk.waits == 50
        desk.take(*map(str, range(50)))

        found = [answer.result(PATIENCE).entry.sequence for answer in answers]
        assert found == list(range(1, 51))


class TestQuiet:
    def test_nothing_that_matches_is_quiet_and_the_rest_may_be_loud(self, desk: Desk) -> None:
        answer = desk.begin(desk.quiet, "x", SHORT)
        desk.take("a", "b")

        assert answer.result(PATIENCE).entry is None

    def test_each_entry_begins_the_quiet_anew(self, desk: Desk) -> None:
        answer = desk.begin(desk.quiet, "x", 2 * SHORT)
        desk.take("x")
        taken = time.monotonic()

        assert answer.result(PATIENCE).entry is None
        assert time.monotonic() - taken >= 2 * SHORT

    def test_history_does_not_break_the_quiet(self, desk: Desk) -> None:
        desk.take("x")

        assert desk.quiet("x", SHORT).entry is None

    def test_without_quiet_in_time_the_last_entry_is_told(self, desk: Desk) -> None:
        answer = desk.begin(desk.quiet, "x", 3 * SHORT, timeout=3.5 * SHORT)
        with pytest.raises(TimeoutError):
            answer.result(SHORT)
        desk.take("x")

        waited = answer.result(PATIENCE)
        assert waited.entry.sequence == 1
        assert waited.last == 1


class TestVerify:
    def verify(self, desk: Desk, within: float = 0.0, **expected: Any) -> Any:
        expectation = Expectation.model_validate(expected)
        return desk.history.verify(expectation, 0, within, None, desk.gone)

    def test_verdict_without_waiting_is_on_what_is_there(self, desk: Desk) -> None:
        desk.take("a")

        assert self.verify(desk).passed
        assert not self.verify(desk, at_least=2).passed

    def test_expectation_may_come_true_within_a_time(self, desk: Desk) -> None:
        answer = desk.begin(self.verify, desk, PATIENCE, at_least=2)
        desk.take("a")
        desk.take("b")

        assert answer.result(PATIENCE).evidence == (1, 2)

    def test_sequence_may_come_true_within_a_time(self, desk: Desk) -> None:
        wanted = EntrySequence.model_validate(
            {"entries": [{"match": {"text": "a"}}, {"match": {"text": "b"}}]}
        )
        answer = desk.begin(desk.history.verify, wanted, 0, PATIENCE, None, desk.gone)
        desk.take("a")
        desk.take("b")

        assert answer.result(PATIENCE).passed

    @pytest.mark.parametrize("expected", [{"never": True}, {"at_most": 0}, {"exactly": 0}], ids=str)
    def test_what_can_get_worse_is_judged_at_the_end(
        self, desk: Desk, expected: dict[str, Any]
    ) -> None:
        begin = time.monotonic()
        assert self.verify(desk, SHORT, **expected).passed
        assert time.monotonic() - begin >= SHORT

        answer = desk.begin(self.verify, desk, 3 * SHORT, **expected)
        desk.take("a")
        assert not answer.result(PATIENCE).passed

    def test_verdict_comes_soon_after_the_asker_has_gone(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history_module, "GONE_POLL", 0.005)
        answer = desk.begin(self.verify, desk, 300.0, at_least=1)
        desk.gone.set()

        assert not answer.result(PATIENCE).passed

    def test_each_entry_is_read_once(self, desk: Desk) -> None:
        desk.take("a")
        answer = desk.begin(self.verify, desk, PATIENCE, at_least=2)
        desk.history.clear(None)
        desk.take("b")

        assert answer.result(PATIENCE).evidence == (1, 2)

    def test_failed_verdict_ends_the_wait(self, desk: Desk) -> None:
        answer = desk.begin(self.verify, desk, 300.0, at_least=2)
        record = record_of(None, "verdict", None, passed=False, text="why")
        desk.ref.tell(RecordsTaken((record,), weight_of(record)))

        assert answer.result(PATIENCE).strict_failures == (1,)
