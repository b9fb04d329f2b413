"""The plan of the benchmark is whole: each bar compares what is measured."""

import pytest

from websocket_mock.scripts.dev.benchmark.results import Series
from websocket_mock.scripts.dev.benchmark.workloads import FIXTURE, GROUPS, make_plan


@pytest.mark.parametrize("crowd", [10_000, 1000, 5])
def test_each_bar_compares_what_its_group_measures(crowd: int) -> None:
    plan = make_plan(crowd)
    measured = {
        (workload.group, Series(workload.name, target.name))
        for workload in plan.workloads
        for target in workload.targets
    }
    for bar in plan.bars:
        assert (bar.group, bar.series) in measured
        assert bar.reference is None or (bar.group, bar.reference) in measured


def test_targets_of_a_workload_have_names_of_their_own() -> None:
    for workload in make_plan(10_000).workloads:
        names = [target.name for target in workload.targets]
        assert len(set(names)) == len(names)


def test_each_group_has_a_bar() -> None:
    assert {bar.group for bar in make_plan(10_000).bars} == {*GROUPS} - {FIXTURE}
