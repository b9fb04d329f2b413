"""What a run writes: a page with the results, and charts."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from websocket_mock.scripts.dev.bench import PAGE
from websocket_mock.scripts.dev.benchmark.charts import make_chart, write_charts
from websocket_mock.scripts.dev.benchmark.fixture import FixtureCost
from websocket_mock.scripts.dev.benchmark.generator import Load
from websocket_mock.scripts.dev.benchmark.page import (
    BEGIN,
    END,
    PageError,
    put_results,
    results_markdown,
)
from websocket_mock.scripts.dev.benchmark.report import Report
from websocket_mock.scripts.dev.benchmark.results import Figure, Measured, Record, Series
from websocket_mock.scripts.dev.benchmark.servers import NODE_WS, OURS
from websocket_mock.scripts.dev.benchmark.workloads import Bar, Plan, Target, Workload

LOAD = Load("closed-loop")
PING = Workload(
    "ping", "a < b", (Target(OURS.name, OURS, LOAD), Target(NODE_WS.name, NODE_WS, LOAD))
)
EMPTY = Workload("echo", "not measured", PING.targets)
OWN, PEER = (Series(PING.name, target.name) for target in PING.targets)
REPORT = Report(
    [
        Record(1, OWN, Measured({"rate": 3000.0, "cpu_us": 20.0})),
        Record(1, PEER, Measured({"rate": 1500.0})),
    ],
    Plan((PING, EMPTY), (Bar("ping", OWN, Figure.RATE, 1.0, PEER),)),
)


def test_results_have_the_bars_and_a_table_of_each_workload() -> None:
    cost = FixtureCost(0.5, 0.005, 0.001, 0.002)
    text = results_markdown(REPORT, REPORT.verdicts(), cost, "On two cores.")
    assert text.startswith("On two cores.\n\n| workload | measured | bar | |\n")
    assert "| a < b | 2.00 x Node ws | at least 1 x | met |" in text
    assert "**a < b**\n\n| | msg/s | CPU of the server for one |\n|---|---:|---:|\n" in text
    assert "| this server | 3,000 | 20.0 us |\n| Node ws | 1,500 | - |" in text
    assert text.endswith(str(cost))


def test_results_replace_those_between_the_marks_only() -> None:
    page = f"# Title\n{BEGIN}\nold\n{END}\nmore\n"
    assert put_results(page, "new") == f"# Title\n{BEGIN}\n\nnew\n\n{END}\nmore\n"
    for broken in ("# Title\n", BEGIN, f"{END}\n{BEGIN}"):
        with pytest.raises(PageError, match="needs the marks"):
            put_results(broken, "new")


def test_the_page_of_the_docs_has_a_place_for_the_results() -> None:
    put_results(PAGE.read_text(encoding="utf-8"), "new")


def test_chart_has_a_bar_for_each_target_with_its_share() -> None:
    chart = ET.fromstring(make_chart(REPORT, [PING]))
    name = "{http://www.w3.org/2000/svg}"
    own, peer = chart.findall(f"{name}rect")
    assert (own.get("class"), peer.get("class")) == ("ours", "peer")
    assert int(own.get("width", 0)) == 2 * int(peer.get("width", 0))
    shown = [text.text for text in chart.findall(f"{name}text")]
    assert shown == ["a < b: msg/s", "this server", "3,000 (20.0 us)", "Node ws", "1,500"]
    assert "prefers-color-scheme: dark" in (chart.findtext(f"{name}style") or "")


def test_charts_are_written_for_groups_that_were_measured(tmp_path: Path) -> None:
    assert write_charts(REPORT, tmp_path) == [tmp_path / "bench-ping.svg"]
    assert (tmp_path / "bench-ping.svg").read_text().startswith("<svg ")
