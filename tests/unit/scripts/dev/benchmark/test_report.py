import io
from itertools import chain

import orjson
import pytest
from rich.console import Console

from websocket_mock.scripts.dev.benchmark.report import (
    CLOSED_LOOP,
    CROWD_FIGURES,
    DISPATCH,
    PIPELINED,
    Report,
    compare,
    values_by_round,
)
from websocket_mock.scripts.dev.benchmark.results import (
    Crowd,
    Failure,
    Measure,
    Outcome,
    Rate,
    Record,
)

REFERENCE, OURS, CEILING = "reference", "ours", "ceiling"


def rate(per_second: int, busy: float = 0.5) -> Rate:
    return Rate(replies=2 * per_second, seconds=2.0, busy=busy)


def closed_loop(server: str, *outcomes: Outcome) -> list[Record]:
    return [Record(n, Measure.CLOSED_LOOP, server, each) for n, each in enumerate(outcomes, 1)]


def pipelined(server: str, *outcomes: Outcome) -> list[Record]:
    return [Record(n, Measure.PIPELINED, server, each) for n, each in enumerate(outcomes, 1)]


def dispatch(server: str, *outcomes: Outcome) -> list[Record]:
    return [Record(n, Measure.DISPATCH, server, each) for n, each in enumerate(outcomes, 1)]


def crowds(server: str, *outcomes: Outcome) -> list[Record]:
    return [Record(n, Measure.CROWD, server, each) for n, each in enumerate(outcomes, 1)]


def report(*records: list[Record]) -> Report:
    references = dict.fromkeys(Measure, REFERENCE)
    return Report([*chain(*records)], references=references, ours=OURS, ceiling=CEILING)


def rendered(made: Report) -> str:
    console = Console(file=io.StringIO(), width=120)
    for table in made.tables(4000):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_rate_is_replies_by_time_and_capacity_is_replies_by_processor_time() -> None:
    assert Rate(replies=300, seconds=2.0, busy=0.25).per_second == 150
    assert Rate(replies=300, seconds=2.0, busy=0.25).capacity == 600


def test_ratio_is_the_median_of_the_ratios_within_rounds() -> None:
    # The machine slowed down after the first round: the ratio of the medians would be 2.0.
    comparison = compare({1: 300, 2: 20, 3: 28}, {1: 100, 2: 10, 3: 10})
    assert comparison is not None
    assert comparison.median == 28
    assert comparison.ratio == pytest.approx(2.8)
    assert (comparison.lowest, comparison.highest) == (2.0, 3.0)


def test_a_round_without_the_reference_counts_for_the_median_only() -> None:
    comparison = compare({1: 30, 2: 50}, {2: 25})
    assert comparison is not None
    assert comparison.median == 40
    assert comparison.ratio == 2.0


def test_there_is_no_ratio_without_a_reference_and_no_comparison_without_values() -> None:
    comparison = compare({1: 30}, {})
    assert comparison is not None
    assert (comparison.median, comparison.ratio) == (30, None)
    assert compare({}, {1: 30}) is None


def test_values_are_picked_by_measure_and_server_and_leave_failures_out() -> None:
    records = [
        *closed_loop(OURS, rate(10), Failure("hung up"), rate(30)),
        *closed_loop(REFERENCE, rate(99)),
        *pipelined(OURS, rate(77)),
    ]
    assert values_by_round(records, CLOSED_LOOP, OURS) == {1: 10, 3: 30}


@pytest.mark.parametrize(("ours", "is_met"), [(1799, False), (1800, True), (2500, True)])
def test_ratio_bar_is_met_from_the_bar_on(ours: int, is_met: bool) -> None:
    verdict = report(closed_loop(REFERENCE, rate(1000)), closed_loop(OURS, rate(ours))).judge_ratio(
        CLOSED_LOOP, 1.8
    )
    assert verdict.is_met is is_met
    assert f"{ours / 1000:.2f} x {REFERENCE} (bar 1.80)" in verdict.text


def test_ratio_bar_is_missed_when_a_round_of_ours_failed() -> None:
    verdict = report(
        pipelined(REFERENCE, rate(10), rate(10)), pipelined(OURS, rate(90), Failure("hung up"))
    ).judge_ratio(PIPELINED, 2.5)
    assert not verdict.is_met
    assert verdict.text.endswith(", 1 failed")


def test_ratio_bar_stands_when_a_round_of_the_reference_failed() -> None:
    verdict = report(
        pipelined(REFERENCE, rate(10), Failure("hung up")), pipelined(OURS, rate(30), rate(30))
    ).judge_ratio(PIPELINED, 2.5)
    assert verdict.is_met


@pytest.mark.parametrize("reference", [[], closed_loop(REFERENCE, Failure("hung up"))])
def test_ratio_bar_is_missed_without_a_reference(reference: list[Record]) -> None:
    verdict = report(reference, closed_loop(OURS, rate(9))).judge_ratio(CLOSED_LOOP, 1.8)
    assert not verdict.is_met
    assert "no ratio" in verdict.text


def test_ratio_bar_can_be_judged_against_another_server_than_the_reference() -> None:
    made = report(
        pipelined(REFERENCE, rate(10)), pipelined("bare", rate(100)), pipelined(OURS, rate(90))
    )
    assert made.judge_ratio(PIPELINED, 0.85, "bare").text.endswith("0.90 x bare (bar 0.85)")
    assert made.judge_ratio(PIPELINED, 0.85, "bare").is_met
    assert not made.judge_ratio(PIPELINED, 0.95, "bare").is_met
    assert not made.judge_ratio(PIPELINED, 0.85, "unknown").is_met


@pytest.mark.parametrize(("many", "is_met"), [(49, False), (50, True), (90, True)])
def test_cost_bar_is_met_up_to_the_bar(many: int, is_met: bool) -> None:
    made = report(dispatch(REFERENCE, rate(100)), dispatch("many", rate(many)))
    verdict = made.judge_cost(DISPATCH, "many", 2.0)
    assert verdict.is_met is is_met
    assert f"many: {100 / many:.2f} x the cost" in verdict.text


def test_cost_is_the_median_of_the_ratios_within_rounds() -> None:
    made = report(
        dispatch(REFERENCE, rate(300), rate(20), rate(30)),
        dispatch("many", rate(100), rate(10), rate(12)),
    )
    assert "2.50 x the cost" in made.judge_cost(DISPATCH, "many", 2.0).text


def test_cost_bar_is_missed_without_a_ratio_or_with_a_failed_round() -> None:
    alone = report(dispatch("many", rate(1))).judge_cost(DISPATCH, "many", 2.0)
    assert (alone.is_met, "no ratio" in alone.text) == (False, True)
    failed = report(
        dispatch(REFERENCE, rate(1), rate(1)), dispatch("many", rate(1), Failure("hung up"))
    ).judge_cost(DISPATCH, "many", 2.0)
    assert (failed.is_met, failed.text.endswith(", 1 failed")) == (False, True)


def test_crowd_bar_needs_every_round_whole() -> None:
    whole, part = Crowd(4000, 1.0, 0.1, 1, 5), Crowd(3999, 1.0, 0.1, 1, 5)
    assert report(crowds(OURS, whole, whole)).judge_crowd(4000).is_met
    assert not report(crowds(OURS, whole, part)).judge_crowd(4000).is_met
    assert not report(crowds(OURS, whole, Failure("hung up"))).judge_crowd(4000).is_met
    assert not report(crowds(REFERENCE, whole)).judge_crowd(4000).is_met


def test_crowd_verdict_says_in_how_many_rounds() -> None:
    verdict = report(crowds(OURS, Crowd(4000, 1.0, 0.1, 1, 5), Failure("x"))).judge_crowd(4000)
    assert verdict.text == "4,000 clients connected and answered: in 1 of 2 rounds"


def test_failures_are_named_by_round_measure_and_server() -> None:
    made = report(closed_loop(OURS, rate(1), Failure("the server hung up on a client")))
    assert made.failures() == ["round 2, closed_loop, ours: the server hung up on a client"]


def test_tables_show_medians_ratios_and_ranges() -> None:
    text = rendered(
        report(
            closed_loop(REFERENCE, rate(1000), rate(1000), rate(1000)),
            closed_loop(OURS, rate(2000), rate(2500), rate(3000)),
            pipelined(OURS, Failure("hung up")),
            crowds(REFERENCE, Crowd(4000, 1.0, 0.5, 100 * 1024 * 1024, 1)),
            crowds(OURS, Crowd(4000, 2.0, 0.125, 50 * 1024 * 1024, 5)),
        )
    )
    for expected in (
        *("2,500", "x 2.50 (2.00-3.00)", "failed"),
        *("2.00 s", "x 2.00", "0.125 s", "x 0.25", "50 MiB", "x 0.50", "x 5.00", "4,000 clients"),
    ):
        assert expected in text


def test_tables_show_only_servers_that_were_measured() -> None:
    text = rendered(report(closed_loop("stock", rate(1)), crowds(OURS, Crowd(1, 1.0, 1.0, 1, 1))))
    assert text.count("stock") == 1
    assert text.count("ours") == 1


def test_generator_is_stated_by_its_processor_time() -> None:
    lines = report(
        closed_loop(CEILING, rate(80_000, busy=1.0)),
        pipelined(CEILING, rate(900_000, busy=0.9)),
        closed_loop(OURS, rate(40_000, busy=0.31)),
    ).generator_lines()
    assert lines == [
        "Load generator: good for 80,000 and 1,000,000 msg/s on a core of its own.",
        "Under a measured server it used at most 31% of a core.",
    ]


def test_a_generator_that_was_the_limit_is_told() -> None:
    lines = report(
        closed_loop(CEILING, rate(80_000, busy=1.0)),
        pipelined(CEILING, rate(900_000, busy=1.0)),
        closed_loop(OURS, rate(79_000, busy=0.99)),
    ).generator_lines()
    assert any("may have been the limit" in line for line in lines)


def test_a_machine_busy_with_something_else_is_told() -> None:
    lines = report(
        closed_loop(CEILING, rate(40_000, busy=0.5)),
        pipelined(CEILING, rate(400_000, busy=0.5)),
    ).generator_lines()
    assert any("quiet machine" in line for line in lines)


def test_an_unmeasured_ceiling_is_told() -> None:
    made = report(closed_loop(CEILING, Failure("hung up")), pipelined(CEILING, rate(1)))
    assert made.generator_lines() == ["Load generator: its ceiling could not be measured."]


def test_json_holds_every_record_and_every_comparison() -> None:
    made = report(
        closed_loop(REFERENCE, rate(10)),
        closed_loop(OURS, rate(25)),
        pipelined(OURS, Failure("hung up")),
        crowds(OURS, Crowd(4000, 2.0, 0.125, 7, 5)),
    )
    content = orjson.loads(orjson.dumps(made.as_json()))
    assert content["summary"]["closed_loop_per_second"][OURS] == {
        "median": 25.0,
        "ratio": 2.5,
        "lowest": 2.5,
        "highest": 2.5,
    }
    assert content["summary"]["pipelined_per_second"][OURS] is None
    assert {figure.name for figure in CROWD_FIGURES} < content["summary"].keys()
    assert [record["server"] for record in content["records"]] == [REFERENCE, OURS, OURS, OURS]
    assert content["records"][2]["outcome"] == {"reason": "hung up"}
