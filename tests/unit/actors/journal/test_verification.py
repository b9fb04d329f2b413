"""Verdicts on entries, with evidence."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.helpers.journal import entries_of, event_of, question_of, record_of
from websocket_mock.actors.journal.schema import EntrySequence, Expectation
from websocket_mock.actors.journal.verification import (
    MAX_EVIDENCE,
    Finding,
    Verification,
    find_nearest,
)
from websocket_mock.actors.values.entries import JournalEntry, Record, Source


def judged(wanted: Expectation | EntrySequence, entries: list[JournalEntry]) -> Finding:
    """The finding on entries, which must be the same however they come."""
    at_once, one_by_one = Verification(wanted), Verification(wanted)
    at_once.feed(entries)
    for entry in entries:
        one_by_one.feed([entry])
        one_by_one.finding()
    assert one_by_one.finding() == at_once.finding()
    return at_once.finding()


def counted(entries: list[JournalEntry], **expected: Any) -> Finding:
    return judged(Expectation.model_validate(expected), entries)


def followed(entries: list[JournalEntry], *steps: str, gaps: bool = True) -> Finding:
    """Verify that texts came one after the other."""
    wanted = [{"kind": "text", "match": {"text": step}} for step in steps]
    return judged(EntrySequence.model_validate({"entries": wanted, "gaps": gaps}), entries)


def texts(*payloads: str) -> list[JournalEntry]:
    return entries_of(*map(record_of, payloads))


def opened_at(*times: float) -> list[JournalEntry]:
    return entries_of(*[event_of("open", at=time) for time in times])


class TestCount:
    @pytest.mark.parametrize(
        ("expected", "right"),
        [
            ({}, {1, 2, 3, 4}),
            ({"exactly": 0}, {0}),
            ({"exactly": 2}, {2}),
            ({"at_least": 2}, {2, 3, 4}),
            ({"at_most": 2}, {0, 1, 2}),
            ({"at_least": 2, "at_most": 3}, {2, 3}),
            ({"never": True}, {0}),
        ],
        ids=str,
    )
    def test_number_of_entries_decides(self, expected: dict[str, Any], right: set[int]) -> None:
        passed = {
            number
            for number in range(5)
            if counted(texts(*["x"] * number), kind="text", **expected).passed
        }

        assert passed == right

    @pytest.mark.parametrize(
        ("expected", "verdict"),
        [
            ({}, "expected at least 1, found once"),
            ({"exactly": 2}, "expected exactly 2, found once"),
            ({"never": True}, "expected never, found once"),
            ({"at_least": 2, "at_most": 3}, "expected at least 2 and at most 3, found once"),
        ],
        ids=str,
    )
    def test_verdict_says_what_was_expected_and_found(
        self, expected: dict[str, Any], verdict: str
    ) -> None:
        assert counted(texts("x"), **expected).text == verdict

    def test_evidence_is_the_entries_that_match(self) -> None:
        finding = counted(texts("a", "b", "a"), match={"text": "a"})

        assert (finding.count, finding.evidence) == (2, (1, 3))
        assert (finding.nearest, finding.why_not) == (None, "")

    def test_evidence_is_bounded_and_the_count_is_not(self) -> None:
        finding = counted(texts(*["x"] * (MAX_EVIDENCE + 9)))

        assert finding.count == MAX_EVIDENCE + 9
        assert finding.evidence == tuple(range(1, MAX_EVIDENCE + 1))

    @pytest.mark.parametrize(
        "expected",
        [
            {"exactly": 1, "never": True},
            {"exactly": 1, "at_least": 1},
            {"never": True, "at_most": 1},
            {"exactly": -1},
            {"never": False},
        ],
        ids=str,
    )
    def test_numbers_that_contradict_each_other_are_refused(self, expected: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Expectation.model_validate(expected)


class TestSpacing:
    @pytest.mark.parametrize(
        ("times", "spacing", "passed"),
        [
            ((0, 1, 3, 7), {"grows": True}, True),
            ((0, 1, 2, 4), {"grows": True}, False),
            ((0, 2, 3), {"grows": True}, False),
            ((0, 1, 3), {"at_least": "1s"}, True),
            ((0, 1, 3), {"at_least": "1500ms"}, False),
            ((0, 1, 3), {"at_most": 2}, True),
            ((0, 1, 3), {"at_most": "1500ms"}, False),
        ],
        ids=str,
    )
    def test_time_between_entries_decides(
        self, times: tuple[float, ...], spacing: dict[str, Any], *, passed: bool
    ) -> None:
        assert counted(opened_at(*times), kind="open", spacing=spacing).passed is passed

    def test_verdict_shows_the_times(self) -> None:
        right = counted(opened_at(0, 0.1, 0.3), spacing={"grows": True})
        wrong = counted(opened_at(0, 0.3, 0.4), spacing={"grows": True})

        assert right.text == "found 3, between them 0.100, 0.200 s"
        assert wrong.text == "expected growing times between entries, found: 0.300, 0.100 s"

    def test_wrong_count_comes_before_wrong_times(self) -> None:
        finding = counted(opened_at(0, 2, 3), at_least=4, spacing={"grows": True})

        assert finding.text == "expected at least 4, found 3 times"

    def test_verdict_on_very_many_entries_stays_short(self) -> None:
        finding = counted(opened_at(*range(5000)), spacing={"at_most": 1})

        assert finding.passed
        assert len(finding.text) < 1000

    def test_times_are_those_between_entries_that_match(self) -> None:
        entries = entries_of(
            event_of("open"), event_of("rule", at=5), event_of("open", at=6), record_of(at=60)
        )
        finding = counted(entries, kind="open", spacing={"at_least": 6, "at_most": 6})

        assert finding.passed, finding.text


class TestSequence:
    @pytest.mark.parametrize(
        ("steps", "gaps", "evidence"),
        [
            ("ac", True, (1, 3)),
            ("abc", True, (1, 2, 3)),
            ("bd", True, (2, 4)),
            ("bc", False, (2, 3)),
            ("abcd", False, (1, 2, 3, 4)),
            ("d", False, (4,)),
        ],
    )
    def test_entries_in_order_pass(
        self, steps: str, evidence: tuple[int, ...], *, gaps: bool
    ) -> None:
        finding = followed(texts(*"abcd"), *steps, gaps=gaps)

        assert finding.passed, finding.text
        assert finding.evidence == evidence

    @pytest.mark.parametrize(
        ("steps", "gaps", "evidence"),
        [("ca", True, (3,)), ("ax", True, (1,)), ("x", True, ()), ("bd", False, (2,))],
    )
    def test_step_that_is_missing_is_named(
        self, steps: str, evidence: tuple[int, ...], *, gaps: bool
    ) -> None:
        finding = followed(texts(*"abcd"), *steps, gaps=gaps)

        assert not finding.passed
        assert finding.evidence == evidence
        step, total = len(evidence) + 1, len(steps)
        assert finding.text.startswith(f"step {step} of {total} did not come")

    def test_nearest_miss_comes_after_the_steps_before(self) -> None:
        finding = followed(texts(*"zab"), "a", "x")

        assert (finding.nearest, finding.why_not) == (3, 'text: expected "x", got "b"')

    def test_wrong_order_names_the_entry_that_came_too_early(self) -> None:
        finding = followed(texts("b", "x", "a", "y"), "a", "b")
        why = "it is what step 2 expects, but it came before entry 3, which is step 1"
        assert (finding.nearest, finding.why_not) == (1, why)
        (last,) = entries_of(event_of("close", code=1000))[:1]
        assert followed([*texts("b", "a"), replace(last, sequence=3)], "a", "b").nearest == 1

    def test_entry_of_one_step_is_not_the_one_that_came_too_early_for_another(self) -> None:
        finding = followed(texts("a", "c"), "a", "a")
        assert (finding.nearest, finding.why_not) == (2, 'text: expected "a", got "c"')

    @pytest.mark.parametrize(("came", "nearest"), [("axb", 3), ("bxa", 1)])
    def test_run_that_is_interrupted_names_the_entry_that_is_out_of_place(
        self, came: str, nearest: int
    ) -> None:
        finding = followed(texts(*came), "a", "b", gaps=False)
        assert finding.nearest == nearest
        assert finding.why_not.startswith("it is what step 2 expects, but it is not right after")

    def test_run_may_begin_again_within_a_run_that_failed(self) -> None:
        assert followed(texts(*"aab"), "a", "b", gaps=False).evidence == (2, 3)

    def test_longest_run_is_the_evidence(self) -> None:
        assert followed(texts(*"axabx"), *"abc", gaps=False).evidence == (3, 4)

    def test_sequence_without_entries_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            EntrySequence.model_validate({"entries": []})

    @given(
        st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=4)
    )
    def test_verdicts_agree_with_the_definition(self, came: list[str], wanted: list[str]) -> None:
        steps = ["a", *wanted]
        rest = iter(came)
        is_subsequence = all(step in rest for step in steps)

        assert followed(texts(*came), *steps).passed is is_subsequence
        assert followed(texts(*came), *steps, gaps=False).passed is (
            "".join(steps) in "".join(came)
        )


class TestNearest:
    def test_entry_that_gets_farthest_is_the_nearest(self) -> None:
        entries = entries_of(
            record_of('{"tick": 4}', "text", "sent"),
            record_of('{"tick": 7}'),
            event_of("close", code=1000),
        )
        question = question_of(kind="message", direction="sent", match={"json": {"$.tick": 7}})

        assert find_nearest(question, entries) == (1, "json $.tick: expected 7, got 4")

    def test_entry_with_another_value_is_nearer_than_one_without(self) -> None:
        entries = entries_of(record_of('{"op": "order"}'), record_of('{"ok": true}'))
        question = question_of(match={"json": {"$.op": "ordr"}})

        assert find_nearest(question, entries) == (1, 'json $.op: expected "ordr", got "order"')

    def test_entry_that_meets_more_conditions_on_its_content_is_nearer(self) -> None:
        entries = entries_of(record_of('{"op": "order"}'), record_of('{"op": "cancel", "id": 2}'))
        question = question_of(match={"json": {"$.op": "order", "$.id": 1}})

        assert find_nearest(question, entries) == (1, "json $.id: expected 1, got nothing")

    @pytest.mark.parametrize("wanted", [{"$.a": 1, "$.b": 2}, {"$.b": 2, "$.a": 1}], ids=str)
    def test_message_for_which_more_conditions_hold_is_nearer(self, wanted: dict[str, Any]) -> None:
        entries = entries_of(record_of('{"a": 1}'), record_of('{"a": 7}'))

        found = find_nearest(question_of(match={"json": wanted}), entries)

        assert found == (1, "json $.b: expected 2, got nothing")

    def test_condition_that_cannot_be_tested_does_not_hold(self) -> None:
        endless = {"schema": {"$ref": "#"}}
        question = question_of(match={"json": {"$.a": 1, "$.b": endless}})

        assert find_nearest(question, texts('{"a": 7, "b": 1}'))[0] == 1

    def test_newest_of_equally_near_entries_is_the_nearest(self) -> None:
        assert find_nearest(question_of(match={"text": "x"}), texts("a", "b"))[0] == 2

    def test_without_entries_nothing_is_near(self) -> None:
        assert find_nearest(question_of(kind="open"), []) == (None, "")

    def test_expectation_that_fails_has_the_nearest_miss(self) -> None:
        finding = counted(texts("a"), kind="close")

        assert (finding.nearest, finding.why_not) == (1, 'kind: expected close, got "text"')


def verdict_of(*, passed: bool = False, endpoint: str = "shop", client: str = "0000000a") -> Record:
    source = Source(client_id=client, endpoint=endpoint)
    return record_of(None, "verdict", None, source=source, passed=passed, text="why")


class TestFailedVerdicts:
    """They fail every verification that does not expect them."""

    def finding(self, *records: Record, ignore_strict: bool = False, **expected: Any) -> Finding:
        wanted = Expectation.model_validate(expected)
        verification = Verification(wanted, ignore_strict=ignore_strict)
        verification.feed(entries_of(*records))
        assert verification.has_failed_verdicts is bool(verification.finding().strict_failures)
        return verification.finding()

    def test_failed_verdict_fails_what_would_pass(self) -> None:
        finding = self.finding(record_of("x"), verdict_of(), verdict_of(), kind="text")

        assert not finding.passed
        assert finding.strict_failures == (2, 3)
        assert finding.text == (
            "expected at least 1, found once, but there are failed verdicts (of a script, a strict "
            "endpoint or a contract): 2, 3"
        )
        assert finding.first_failure is not None
        assert finding.first_failure.sequence == 2

    def test_failed_verdict_comes_on_top_of_what_fails_anyway(self) -> None:
        finding = self.finding(verdict_of(), kind="text")

        assert finding.text.startswith(
            "expected at least 1, found 0 times; there are also failed verdicts"
        )

    def test_verdict_that_passed_is_no_failure(self) -> None:
        finding = self.finding(record_of("x"), verdict_of(passed=True), kind="text")

        assert (finding.passed, finding.strict_failures) == (True, ())

    def test_failed_verdict_may_be_ignored(self) -> None:
        finding = self.finding(record_of("x"), verdict_of(), kind="text", ignore_strict=True)

        assert (finding.passed, finding.strict_failures) == (True, ())

    @pytest.mark.parametrize(
        ("about", "failures"),
        [
            ({}, (1, 2)),
            ({"endpoint": "shop"}, (1,)),
            ({"endpoint": "other"}, (2,)),
            ({"client": "0000000a"}, (1,)),
            ({"endpoint": "other", "client": "0000000a"}, ()),
        ],
        ids=str,
    )
    def test_those_of_the_endpoint_and_the_client_count(
        self, about: dict[str, Any], failures: tuple[int, ...]
    ) -> None:
        records = verdict_of(), verdict_of(endpoint="other", client="0000000b")

        assert self.finding(*records, at_least=0, **about).strict_failures == failures

    @pytest.mark.parametrize(
        ("wanted", "is_failure"),
        [
            ({"kind": "verdict"}, False),
            ({"kind": "verdict", "passed": False}, False),
            ({"passed": False}, False),
            ({"contract": "sends", "at_least": 0}, False),
            ({"kind": "verdict", "passed": True}, True),
        ],
        ids=str,
    )
    def test_verdict_that_is_expected_is_no_failure(
        self, wanted: dict[str, Any], *, is_failure: bool
    ) -> None:
        finding = self.finding(verdict_of(), verdict_of(passed=True), **wanted)

        assert bool(finding.strict_failures) is is_failure

    def test_sequence_fails_too(self) -> None:
        steps = [{"match": {"text": "x"}}, {"endpoint": "shop", "match": {"text": "y"}}]
        finding = judged(
            EntrySequence.model_validate({"entries": steps}),
            entries_of(record_of("x"), verdict_of(endpoint="other")),
        )

        assert finding.strict_failures == (2,)

    def test_numbers_are_bounded(self) -> None:
        finding = self.finding(*[verdict_of()] * (MAX_EVIDENCE + 1), at_least=0)

        assert len(finding.strict_failures) == MAX_EVIDENCE
        assert finding.text.endswith(f"{MAX_EVIDENCE}, …")
