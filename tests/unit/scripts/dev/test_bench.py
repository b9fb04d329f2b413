import os
from dataclasses import replace
from pathlib import Path

import pytest

from websocket_mock.scripts.dev import bench
from websocket_mock.scripts.dev.benchmark.fixture import FixtureCost
from websocket_mock.scripts.dev.benchmark.peers import answer
from websocket_mock.scripts.dev.benchmark.report import Status
from websocket_mock.scripts.dev.benchmark.system import cpu_seconds, parse_cpu_ticks
from websocket_mock.scripts.dev.benchmark.workloads import GROUPS


def test_a_plain_run_is_full_and_writes_page_and_charts() -> None:
    parsed = bench.parse_options([])
    assert (parsed.rounds, parsed.seconds, parsed.crowd) == (5, 1.2, 10_000)
    assert parsed.groups == frozenset(GROUPS)
    assert parsed.page == bench.ROOT / "docs" / "performance.md"
    assert parsed.charts == bench.ROOT / "docs" / "images"


@pytest.mark.parametrize("arguments", [["--quick"], ["--only", "echo"], ["--rounds", "2"]])
def test_any_other_run_writes_neither(arguments: list[str]) -> None:
    parsed = bench.parse_options(arguments)
    assert (parsed.page, parsed.charts) == (None, None)


def test_a_quick_run_is_short_but_can_be_changed() -> None:
    parsed = bench.parse_options(["--quick", "--rounds", "2", "--charts", "here"])
    assert (parsed.rounds, parsed.seconds, parsed.crowd) == (2, 0.5, 1000)
    assert parsed.charts == Path("here")


def test_groups_are_chosen_by_name() -> None:
    assert bench.parse_options(["--only", "echo,ping"]).groups == {"echo", "ping"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--rounds", "0"], "'0' must be a whole number of 1 or more"),
        (["--crowd", "many"], "'many' must be a whole number of 1 or more"),
        (["--seconds", "nan"], "'nan' must be from 0.1 to 60.0 seconds"),
        (["--seconds", "long"], "'long' must be from 0.1 to 60.0 seconds"),
        (["--only", "ping,pong"], "'pong' is not one of ping, rules, echo"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        bench.parse_options(arguments)
    assert raised.value.code == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.count("\n") == 1


def test_too_few_open_files_are_found_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "raise_open_files_limit", lambda: 1024)
    options = bench.parse_options(["--crowd", "824"])
    bench.check_surroundings(options)
    with pytest.raises(bench.UsageError, match=r"825 clients need more .* hard limit of 1024"):
        bench.check_surroundings(replace(options, crowd=825))


def test_missing_folders_are_found_out_first(tmp_path: Path) -> None:
    options = bench.parse_options(["--crowd", "10"])
    bench.check_surroundings(replace(options, json=tmp_path / "bench.json", charts=tmp_path))
    missing = tmp_path / "none"
    for changed in (
        replace(options, json=missing / "bench.json"),
        replace(options, charts=missing),
    ):
        with pytest.raises(bench.UsageError, match="does not exist"):
            bench.check_surroundings(changed)


def test_peers_answer_pings_with_pongs_and_nothing_else() -> None:
    assert '"pong"' in answer("01234567", b'{"type":"ping"}')
    with pytest.raises(ValueError, match="pings only"):
        answer("01234567", '{"type":"echo"}')


def test_processor_time_is_read_behind_the_name_of_the_program() -> None:
    text = "7 (a ) b) S 1 7 7 0 -1 4194304 99 0 0 0 120 34 5 6 20 0 1 0 999"
    assert parse_cpu_ticks(text) == 154


def test_processor_time_of_this_process_grows() -> None:
    before = cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) == before:
        sum(range(100_000))


def test_fixture_is_judged_by_its_bar() -> None:
    cost = FixtureCost(0.5, 0.005, 0.001, 0.0021)
    assert str(cost) == "Python API: import 0.50 s, start 5.0 ms, stop 1.0 ms in this process."
    met = bench.judge_fixture(cost)
    assert met.status is Status.MET
    assert "set-up and teardown of a test: 2.1 ms (bar: at most 10 ms)" in str(met)
    missed = bench.judge_fixture(replace(cost, test_seconds=0.0101))
    assert missed.status is Status.MISSED
