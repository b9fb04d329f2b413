import io
from itertools import chain

import orjson
import pytest
from rich.console import Console

from websocket_mock.scripts.dev.benchmark.generator import Load
from websocket_mock.scripts.dev.benchmark.report import Report, Status, Verdict, compare
from websocket_mock.scripts.dev.benchmark.results import (
    Failure,
    Figure,
    Measured,
    Outcome,
    Record,
    Series,
    Skipped,
)
from websocket_mock.scripts.dev.benchmark.servers import NODE_WS, OURS
from websocket_mock.scripts.dev.benchmark.workloads import Bar, Plan, Target, Workload

OWN, PEER = Series("ping", OURS.name), Series("ping", NODE_WS.name)
LOAD = Load("closed-loop")
WORKLOAD = Workload(
    "ping", "ping", (Target(OURS.name, OURS, LOAD), Target(NODE_WS.name, NODE_WS, LOAD))
)
AT_LEAST = Bar("ping", OWN, Figure.RATE, 1.5, PEER)
AT_MOST = Bar("ping", OWN, Figure.CPU, 2.0, PEER, is_most=True)
ABSOLUTE = Bar("ping", OWN, Figure.CLIENT_BYTES, 12 * 1024, is_most=True)


def rate(per_second: float, **more: float) -> Measured:
    return Measured({"rate": per_second, "cpu_us": 1e6 / per_second, **more})


def series(name: Series, *outcomes: Outcome) -> list[Record]:
    return [Record(turn, name, outcome) for turn, outcome in enumerate(outcomes, 1)]


def report(*records: list[Record], bars: tuple[Bar, ...] = (AT_LEAST,)) -> Report:
    return Report(chain(*records), Plan((WORKLOAD,), bars))


def verdict(*records: list[Record], bar: Bar = AT_LEAST) -> Verdict:
    (judged,) = report(*records, bars=(bar,)).verdicts()
    return judged


def rendered(made: Report) -> str:
    console = Console(file=io.StringIO(), width=120)
    for table in made.tables():
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


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


def test_values_are_picked_by_series_and_leave_failures_out() -> None:
    made = report(series(OWN, rate(10), Failure("hung up"), rate(30)), series(PEER, rate(99)))
    assert made.values(OWN, Figure.RATE) == {1: 10, 3: 30}
    assert made.values(OWN, Figure.P99) == {}


@pytest.mark.parametrize(
    ("ours", "status"), [(1499, Status.MISSED), (1500, Status.MET), (2500, Status.MET)]
)
def test_least_ratio_is_met_from_the_bar_on(ours: int, status: Status) -> None:
    judged = verdict(series(PEER, rate(1000)), series(OWN, rate(ours)))
    assert judged.status is status
    assert judged.measured.startswith(f"{ours / 1000:.2f} x Node ws, by CPU ")


def test_verdict_tells_the_processor_time_of_both() -> None:
    judged = verdict(series(PEER, rate(100_000)), series(OWN, rate(200_000)))
    assert str(judged) == (
        "met      ping: 2.00 x Node ws, by CPU 2.00 x (5.0 to 10.0 us) (bar: at least 1.5 x)"
    )
    judged = verdict(series(PEER, rate(100_000)), series(OWN, rate(80_000)), bar=AT_MOST)
    assert judged.measured == "1.25 x Node ws (12.5 to 10.0 us)"


@pytest.mark.parametrize(("ours", "status"), [(49, Status.MISSED), (50, Status.MET)])
def test_most_ratio_is_met_up_to_the_bar(ours: int, status: Status) -> None:
    judged = verdict(series(PEER, rate(100)), series(OWN, rate(ours)), bar=AT_MOST)
    assert judged.status is status
    assert judged.bar == "at most 2 x"


@pytest.mark.parametrize(("kib", "status"), [(12, Status.MET), (12.1, Status.MISSED)])
def test_a_figure_can_be_judged_alone(kib: float, status: Status) -> None:
    judged = verdict(series(OWN, Measured({"client_bytes": kib * 1024})), bar=ABSOLUTE)
    assert judged.status is status
    assert judged.subject == "ping, memory per client"
    assert (judged.measured, judged.bar) == (f"{kib:.1f} KiB", "at most 12.0 KiB")


def test_a_bar_is_missed_when_a_round_of_ours_failed() -> None:
    judged = verdict(series(PEER, rate(10), rate(10)), series(OWN, rate(90), Failure("hung up")))
    assert (judged.status, judged.measured) == (Status.MISSED, "1 rounds failed")


def test_a_bar_stands_when_a_round_of_the_peer_failed() -> None:
    judged = verdict(series(PEER, rate(10), Failure("hung up")), series(OWN, rate(30), rate(30)))
    assert judged.status is Status.MET


@pytest.mark.parametrize("peer", [[], series(PEER, Failure("hung up"))])
def test_a_bar_is_missed_without_a_ratio(peer: list[Record]) -> None:
    judged = verdict(peer, series(OWN, rate(9)))
    assert (judged.status, judged.measured) == (Status.MISSED, "no ratio to Node ws")
    assert verdict(peer, bar=ABSOLUTE).measured == "not measured"


def test_a_bar_is_skipped_with_its_peer_and_the_reason_is_told_once() -> None:
    missing = Skipped("npm is not installed")
    records = (series(PEER, missing, missing), series(OWN, rate(9), rate(9)))
    judged = verdict(*records)
    assert (judged.status, judged.measured) == (Status.SKIPPED, "Node ws is not there")
    assert report(*records).skipped() == ["skipped  Node ws: npm is not installed"]


def test_verdict_names_a_target_that_is_not_the_plain_server() -> None:
    bar = Bar("ping", PEER, Figure.RATE, 1.0, OWN)
    judged = verdict(series(PEER, rate(10)), series(OWN, rate(10)), bar=bar)
    assert judged.subject == "ping, Node ws"


def test_failures_are_named_by_round_workload_and_target() -> None:
    made = report(series(OWN, rate(1), Failure("the server hung up on a client")))
    assert made.failures() == [
        "failed   round 2, ping, this server: the server hung up on a client"
    ]


def test_tables_show_medians_and_dashes() -> None:
    text = rendered(report(series(OWN, rate(2000), rate(2500), rate(3000))))
    for expected in ("2,500", "400.0 us", "msg/s", "CPU of the server for one", "Node ws", "-"):
        assert expected in text


def test_large_messages_are_shown_as_mebibytes() -> None:
    large = Workload("large", "large", WORKLOAD.targets, message_bytes=64 * 1024)
    made = Report(series(Series("large", OURS.name), rate(1600)), Plan((large,), ()))
    assert "MiB/s" in rendered(made)
    assert made.cell(large, Series("large", OURS.name), Figure.RATE) == "100"


def test_a_generator_that_was_the_limit_is_told() -> None:
    calm = report(series(OWN, rate(40_000, busy=0.31)), series(PEER, rate(1)))
    assert calm.load_lines() == ["The load generator used at most 31% of a core."]
    busy = report(series(OWN, rate(79_000, busy=0.99)))
    assert "may have been the limit" in busy.load_lines()[1]
    assert report().load_lines() == []


def test_json_holds_every_record_and_every_median() -> None:
    made = report(series(PEER, rate(10)), series(OWN, rate(20), Failure("hung up"), rate(30)))
    content = orjson.loads(orjson.dumps(made.as_json()))
    assert content["medians"]["ping"][OURS.name]["rate"] == 25.0
    assert "p99_ms" not in content["medians"]["ping"][OURS.name]
    assert [record["series"]["target"] for record in content["records"]] == [
        NODE_WS.name,
        *[OURS.name] * 3,
    ]
    assert content["records"][2]["outcome"] == {"reason": "hung up"}


def test_a_part_of_a_plan_has_its_own_bars_only() -> None:
    other = Workload("echo", "echo", ())
    plan = Plan((WORKLOAD, other), (AT_LEAST,))
    assert plan.only(frozenset({"echo"})) == Plan((other,), ())
    assert plan.only(frozenset({"ping"})) == Plan((WORKLOAD,), (AT_LEAST,))
