"""Benchmark: this server against others, in one run, under the same load.

Every server is a process of its own, and so is the load, which is compiled. Rounds are interleaved
(each target of a workload, then again), so that a machine that changes its pace changes it for all
of them; what counts are ratios within a round. Needs Linux and a C compiler; the servers for Node
need npm and are skipped without. A full run takes up to 15 minutes, --quick about two. A full run
writes the results to docs/performance.md and the charts to docs/images.
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import orjson
from rich.console import Console

from websocket_mock.scripts.dev.benchmark import node
from websocket_mock.scripts.dev.benchmark.charts import write_charts
from websocket_mock.scripts.dev.benchmark.fixture import (
    FixtureCost,
    FixtureFailed,
    measure_fixture,
)
from websocket_mock.scripts.dev.benchmark.generator import (
    CompilerMissing,
    Generator,
    build,
    cache_folder,
)
from websocket_mock.scripts.dev.benchmark.measuring import Measuring
from websocket_mock.scripts.dev.benchmark.page import PageError, results_markdown, write_results
from websocket_mock.scripts.dev.benchmark.report import Report, Status, Verdict
from websocket_mock.scripts.dev.benchmark.results import Figure, Measured, Record, show
from websocket_mock.scripts.dev.benchmark.servers import ServerStartError
from websocket_mock.scripts.dev.benchmark.system import raise_open_files_limit
from websocket_mock.scripts.dev.benchmark.workloads import FIXTURE, GROUPS, Plan, make_plan

FIXTURE_BAR = 0.010
"""Seconds that the pytest fixture may take of each test: set-up and teardown, at the median."""
FIXTURE_TESTS = 200

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"
CHARTS = ROOT / "docs" / "images"

SHORTEST, LONGEST = 0.1, 60.0
SPARE_FILES = 200
EXIT_BAR_MISSED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT
EXIT_TERMINATED = 128 + signal.SIGTERM


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}; see --help\n")


class UsageError(Exception):
    """Raised when the benchmark cannot run as asked; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for.

    Attributes:
        rounds: How often each series is measured.
        seconds: Length of one measurement.
        crowd: Clients at once, at most.
        groups: What is measured.
        json: Where all figures are written, if anywhere.
        charts: The folder where charts are written, if anywhere.
        page: The page that gets the results, if any.
    """

    rounds: int
    seconds: float
    crowd: int
    groups: frozenset[str]
    json: Path | None
    charts: Path | None
    page: Path | None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not SHORTEST <= value <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} must be from {SHORTEST} to {LONGEST} seconds")
    return value


def _groups(text: str) -> frozenset[str]:
    names = frozenset(text.split(","))
    if unknown := names.difference(GROUPS):
        raise argparse.ArgumentTypeError(f"{min(unknown)!r} is not one of {', '.join(GROUPS)}")
    return names


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; exits with code 2 and one line when it makes no sense."""
    parser = _Parser(prog="python -m websocket_mock.scripts.dev.bench", description=__doc__)
    parser.add_argument(
        "--only", type=_groups, metavar="NAME,…", help=f"some of: {', '.join(GROUPS)}"
    )
    parser.add_argument("--quick", action="store_true", help="a short, rough run")
    parser.add_argument("--rounds", type=_count, help="interleaved rounds (5; quick: 1)")
    parser.add_argument("--seconds", type=_seconds, help="per measurement (1.2; quick: 0.5)")
    parser.add_argument("--crowd", type=_count, help="clients at most (10000; quick: 1000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--charts", type=Path, metavar="FOLDER", help="write the charts to FOLDER")
    given = parser.parse_args(arguments)
    rounds, seconds, crowd = (1, 0.5, 1000) if given.quick else (5, 1.2, 10_000)
    is_full = not (given.quick or given.only or given.rounds or given.seconds or given.crowd)
    return Options(
        rounds=given.rounds or rounds,
        seconds=given.seconds or seconds,
        crowd=given.crowd or crowd,
        groups=given.only or frozenset(GROUPS),
        json=given.json,
        charts=given.charts or (CHARTS if is_full else None),
        page=PAGE if is_full else None,
    )


def check_surroundings(options: Options) -> None:
    """Find out at once what would otherwise fail after minutes.

    Raises:
        UsageError: The benchmark could not run to its end here.
    """
    if sys.platform != "linux":
        raise UsageError("needs Linux: it uses epoll and /proc; run it on a Linux machine")
    limit = raise_open_files_limit()
    if limit < options.crowd + SPARE_FILES:
        raise UsageError(
            f"{options.crowd} clients need more open files than the hard limit of {limit}; "
            "raise it (ulimit -Hn) or pass a smaller --crowd"
        )
    if options.json and not options.json.absolute().parent.is_dir():
        raise UsageError(f"the folder of {options.json} does not exist; create it first")
    if options.charts and not options.charts.is_dir():
        raise UsageError(f"the folder {options.charts} does not exist; create it first")


def measure(options: Options, plan: Plan, folder: Path, console: Console) -> list[Record]:
    """Measure what a plan has; blocks for minutes.

    Raises:
        CompilerMissing: The load generator cannot be compiled.
        ServerStartError: A server did not come up.
    """
    cache = cache_folder()

    def tell(record: Record) -> None:
        series = record.series
        console.print(
            f"round {record.round}/{options.rounds}  {series.workload:<45} {series.target:<27} "
            f"{_brief(record)}",
            soft_wrap=True,
        )

    measuring = Measuring(
        Generator(build(cache), folder),
        folder,
        lambda: node.install(cache),
        rounds=options.rounds,
        seconds=options.seconds,
        tell=tell,
    )
    measuring.run(plan.workloads)
    return measuring.records


def _brief(record: Record) -> str:
    outcome = record.outcome
    if not isinstance(outcome, Measured):
        return outcome.reason
    shown = (Figure.RATE, Figure.CPU, Figure.P99, Figure.GROWTH, Figure.CONNECT_SECONDS)
    return ", ".join(
        show(figure, outcome.figures[figure]) for figure in shown if figure in outcome.figures
    )


def judge_fixture(cost: FixtureCost) -> Verdict:
    """Return the verdict on the pytest fixture."""
    return Verdict(
        "pytest fixture, set-up and teardown of a test",
        f"{cost.test_seconds * 1000:.1f} ms",
        f"at most {FIXTURE_BAR * 1000:.0f} ms",
        Status.MET if cost.test_seconds <= FIXTURE_BAR else Status.MISSED,
    )


def _print_report(report: Report, fixture: FixtureCost | None, verdicts: Sequence[Verdict]) -> None:
    console = Console(highlight=False, markup=False)
    for table in report.tables():
        console.print(table)
    lines = [
        "Medians over the rounds; x is the median of the ratios within a round.",
        "The peers use the standard json module; this server's choice of orjson is part of it.",
        *report.load_lines(),
        *([str(fixture)] if fixture else []),
        *report.failures(),
        *report.skipped(),
        *map(str, verdicts),
    ]
    console.print("\n".join(lines), soft_wrap=True)


def _surroundings(options: Options) -> str:
    return (
        f"Measured with Python {platform.python_version()} on {os.cpu_count()} cores, "
        f"{options.rounds} rounds of {options.seconds:g} s."
    )


def _write_json(
    file: Path,
    report: Report,
    fixture: FixtureCost | None,
    verdicts: Sequence[Verdict],
    options: Options,
) -> None:
    content = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "crowd": options.crowd,
        "fixture": asdict(fixture) if fixture else None,
        "verdicts": verdicts,
        **report.as_json(),
    }
    file.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))


def _run(options: Options) -> Sequence[Verdict]:
    check_surroundings(options)
    plan = make_plan(options.crowd).only(options.groups)
    fixture = None
    with tempfile.TemporaryDirectory(prefix="websocket-bench-") as folder:
        console = Console(highlight=False, markup=False)
        # The fixture alone needs no load, and so no compiler.
        records = measure(options, plan, Path(folder), console) if plan.workloads else []
        if FIXTURE in options.groups:
            fixture = measure_fixture(Path(tempfile.mkdtemp(dir=folder)), FIXTURE_TESTS)
    report = Report(records, plan)
    verdicts = report.verdicts()
    if fixture:
        verdicts.append(judge_fixture(fixture))
    _print_report(report, fixture, verdicts)
    if options.json:
        _write_json(options.json, report, fixture, verdicts, options)
    if options.charts:
        write_charts(report, options.charts)
    if options.page:
        results = results_markdown(report, verdicts, fixture, _surroundings(options))
        write_results(options.page, results)
    return verdicts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0 when no bar is missed, 1 when one is, 2 if it cannot run.

    Blocks for minutes, and leaves no process behind when interrupted or terminated.
    """
    options = parse_options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        verdicts = _run(options)
    except (
        *(UsageError, CompilerMissing, ServerStartError, FixtureFailed, PageError, OSError),
    ) as error:
        sys.stderr.write(f"bench: {error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted, all servers are stopped\n")
        return EXIT_INTERRUPTED
    missed = any(verdict.status is Status.MISSED for verdict in verdicts)
    return EXIT_BAR_MISSED if missed else 0


if __name__ == "__main__":
    sys.exit(main())
