import argparse
import os
from dataclasses import replace
from pathlib import Path

import pytest

from websocket_mock.scripts.dev import bench
from websocket_mock.scripts.dev.benchmark.fixture import FixtureCost
from websocket_mock.scripts.dev.benchmark.load import LoadError, check_pong
from websocket_mock.scripts.dev.benchmark.peers import answer
from websocket_mock.scripts.dev.benchmark.results import Crowd, Measure, Rate, Record
from websocket_mock.scripts.dev.benchmark.servers import (
    MANY_RULES,
    ONE_RULE,
    OURS,
    OURS_UNRECORDED,
    REFERENCE,
)
from websocket_mock.scripts.dev.benchmark.system import parse_process_status, process_figures


def options(**changes: object) -> argparse.Namespace:
    return argparse.Namespace(**{"crowd": 10, "json": None} | changes)


def test_a_plain_run_has_five_rounds_and_a_crowd_of_4000() -> None:
    parsed = bench.parse_options([])
    assert (parsed.rounds, parsed.seconds, parsed.crowd) == (5, 2.0, 4000)


def test_a_quick_run_is_short_but_can_be_changed() -> None:
    parsed = bench.parse_options(["--quick", "--rounds", "2"])
    assert (parsed.rounds, parsed.seconds, parsed.crowd) == (2, 0.5, 500)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--rounds", "0"], "'0' must be a whole number of 1 or more"),
        (["--crowd", "many"], "'many' must be a whole number of 1 or more"),
        (["--seconds", "nan"], "'nan' must be from 0.1 to 60.0 seconds"),
        (["--seconds", "long"], "'long' must be from 0.1 to 60.0 seconds"),
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
    bench.check_surroundings(options(crowd=824))
    with pytest.raises(bench.UsageError, match=r"825 clients need more .* hard limit of 1024"):
        bench.check_surroundings(options(crowd=825))


def test_a_missing_folder_for_the_json_is_found_out_first(tmp_path: Path) -> None:
    bench.check_surroundings(options(json=tmp_path / "bench.json"))
    with pytest.raises(bench.UsageError, match="does not exist"):
        bench.check_surroundings(options(json=tmp_path / "none" / "bench.json"))


def test_all_bars_are_judged() -> None:
    rates = {REFERENCE: 100, OURS: 200, OURS_UNRECORDED: 230}
    records = [
        Record(1, measure, server.name, Rate(replies, 1.0, 0.5))
        for server, replies in rates.items()
        for measure in (Measure.CLOSED_LOOP, Measure.PIPELINED)
    ]
    records += [
        Record(1, Measure.DISPATCH, server.name, Rate(replies, 1.0, 0.5))
        for server, replies in ((ONE_RULE, 100), (MANY_RULES, 49))
    ]
    records.append(Record(1, Measure.CROWD, OURS.name, Crowd(10, 1.0, 1.0, 1, 1)))
    verdicts = bench.judge(bench.make_report(records), crowd=10)
    assert [verdict.is_met for verdict in verdicts] == [True, False, True, True, False, True]


@pytest.mark.parametrize(
    "reply",
    [
        b"not JSON",
        b"[]",
        b'{"type":"error"}',
        b'{"type":"pong","client_id":"01234567","timestamp":1.5}',
    ],
)
def test_a_reply_that_is_no_pong_is_told(reply: bytes) -> None:
    with pytest.raises(LoadError, match="did not answer a ping with a pong"):
        check_pong(reply)


def test_peers_answer_pings_with_pongs_and_nothing_else() -> None:
    check_pong(answer("01234567", b'{"type":"ping"}').encode())
    with pytest.raises(ValueError, match="pings only"):
        answer("01234567", '{"type":"echo"}')


def test_process_status_is_read_in_bytes() -> None:
    text = "Name:\tpython\nVmPeak:\t  999 kB\nVmRSS:\t  2048 kB\nThreads:\t7\n"
    assert parse_process_status(text) == (2 * 1024 * 1024, 7)


def test_a_process_that_has_ended_has_no_figures() -> None:
    with pytest.raises(KeyError):
        parse_process_status("Name:\tpython\nState:\tZ (zombie)\n")


def test_figures_of_this_process_are_plausible() -> None:
    figures = process_figures(os.getpid())
    assert figures.memory_bytes > 1024 * 1024
    assert figures.threads >= 1


def test_fixture_is_judged_by_its_bar() -> None:
    cost = FixtureCost(0.5, 0.005, 0.001, 0.0021)
    assert str(cost) == "Python API: import 0.50 s, start 5.0 ms, stop 1.0 ms in this process."
    met = bench.judge_fixture(cost)
    assert met.is_met
    assert "2.1 ms for set-up and teardown of a test (bar: at most 10 ms)" in met.text
    assert not bench.judge_fixture(replace(cost, test_seconds=0.0101)).is_met
