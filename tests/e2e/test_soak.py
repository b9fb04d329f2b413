"""The soak passes in its short form, and its verdict would notice what is lost or left behind."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from websocket_mock.scripts.dev.soak.__main__ import soak
from websocket_mock.scripts.dev.soak.chart import make_chart
from websocket_mock.scripts.dev.soak.load import Tally
from websocket_mock.scripts.dev.soak.process import Sample, soaked
from websocket_mock.scripts.dev.soak.verdict import MIB, judge

pytestmark = pytest.mark.e2e

PAUSE = 0.1
"""Ten times that of `make soak`, so that other tests can run meanwhile."""

FIRST = Sample(0.0, 10, 100 * MIB, 10, 30)
LAST = Sample(60.0, 1_000, 110 * MIB, 10, 30)


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_left_behind_in_a_soak(tmp_path: Path) -> None:
    minutes = os.environ.get("SOAK_MINUTES")
    if minutes is None:
        pytest.skip("SOAK_MINUTES says how long a soak takes; make check sets it")
    with soaked(tmp_path) as server:
        load, samples = asyncio.run(soak(server, float(minutes) * 60, PAUSE))
    verdict = judge(load.tally, samples)
    assert verdict.is_good, verdict.text


@pytest.mark.parametrize("count", ["lost", "doubled", "reordered", "disturbed"])
def test_verdict_notices_what_well_behaved_clients_have_met(count: str) -> None:
    tally = Tally(answered=100)
    assert judge(tally, [FIRST, LAST]).is_good
    setattr(tally, count, 1)
    verdict = judge(tally, [FIRST, LAST])
    assert not verdict.is_good
    assert f"{count} 1" in verdict.text


@pytest.mark.parametrize(
    ("what", "value"), [("memory", 119 * MIB), ("threads", 19), ("descriptors", 39)]
)
def test_verdict_notices_what_was_left_behind(what: str, value: int) -> None:
    tally = Tally(answered=100)
    verdict = judge(tally, [FIRST, replace(LAST, **{what: value})])
    assert not verdict.is_good
    assert f"leaks: {what}" in verdict.text


def test_soak_without_an_answer_has_not_passed() -> None:
    assert not judge(Tally(), [FIRST, LAST]).is_good


def test_chart_shows_memory_and_rate() -> None:
    chart = make_chart([FIRST, replace(LAST, at=30.0), LAST])
    assert chart.count("<path") == 2
    assert "resident memory, MiB" in chart
    assert ">110<" in chart
