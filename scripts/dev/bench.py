"""Benchmark: this server against others, in one run, under the same load.

Every server is a process of its own, and so is the load. Rounds are interleaved (each measure on
each server, then again), so that a machine that changes its pace changes it for all of them; what
counts are ratios within a round: to `websockets` asyncio, to this server with its journal off, and
of many rules to one. Needs Linux, and about six minutes.
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import orjson
from rich.console import Console

from websocket_mock.scripts.dev.benchmark.fixture import (
    FixtureCost,
    FixtureFailed,
    measure_fixture,
)
from websocket_mock.scripts.dev.benchmark.report import (
    CLOSED_LOOP,
    DISPATCH,
    PIPELINED,
    Report,
    Verdict,
)
from websocket_mock.scripts.dev.benchmark.results import Crowd, Failure, Measure, Outcome, Record
from websocket_mock.scripts.dev.benchmark.servers import (
    CANNED,
    MANY_RULES,
    ONE_RULE,
    OURS,
    OURS_UNRECORDED,
    REFERENCE,
    STOCK,
    RunningServer,
    ServerKind,
    ServerStartError,
    measure_crowd,
    measure_stream,
    running,
)
from websocket_mock.scripts.dev.benchmark.system import raise_open_files_limit

CLOSED_LOOP_BAR = 1.8
PIPELINED_BAR = 2.5
RECORDING_BAR = 0.85
"""Share of the throughput that is left when the journal records."""
DISPATCH_BAR = 2.0
"""Times the cost of a message with one rule, among very many endpoints with ten rules."""
FIXTURE_BAR = 0.010
"""Seconds that the pytest fixture may take of each test: set-up and teardown, at the median."""

FIXTURE_TESTS = 200

STREAM_SHAPES = {
    Measure.CLOSED_LOOP: (100, 1),
    Measure.PIPELINED: (10, 16),
    Measure.DISPATCH: (10, 16),
}
"""Clients, and pings in flight on each."""

# websocket-server is left out of the crowd: two threads per client and a listen backlog of 5.
STREAM_KINDS = (REFERENCE, STOCK, OURS, OURS_UNRECORDED, CANNED)
DISPATCH_KINDS = (ONE_RULE, MANY_RULES)
CROWD_KINDS = (REFERENCE, OURS)

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


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with code 2 and one line when it makes no sense."""
    parser = _Parser(prog="python -m websocket_mock.scripts.dev.bench", description=__doc__)
    parser.add_argument("--rounds", type=_count, help="interleaved rounds (5; quick: 1)")
    parser.add_argument("--seconds", type=_seconds, help="per measurement (2; quick: 0.5)")
    parser.add_argument("--crowd", type=_count, help="clients at once (4000; quick: 500)")
    parser.add_argument("--quick", action="store_true", help="a short, rough run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    options = parser.parse_args(arguments)
    rounds, seconds, crowd = (1, 0.5, 500) if options.quick else (5, 2.0, 4000)
    options.rounds = options.rounds or rounds
    options.seconds = options.seconds or seconds
    options.crowd = options.crowd or crowd
    return options


def check_surroundings(options: argparse.Namespace) -> None:
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


class Bench:
    """One run of the benchmark: starts servers, measures, collects records, tells the progress."""

    def __init__(self, options: argparse.Namespace, folder: Path, console: Console) -> None:
        self._options = options
        self._folder = folder
        self._console = console
        self.records: list[Record] = []

    def run(self) -> None:
        """Measure all rounds; blocks for some seconds per round and server.

        Raises:
            ServerStartError: A server did not come up.
        """
        for turn in range(1, self._options.rounds + 1):
            self._run_streams(turn, STREAM_KINDS, Measure.CLOSED_LOOP, Measure.PIPELINED)
            self._run_streams(turn, DISPATCH_KINDS, Measure.DISPATCH)
            self._run_crowds(turn)

    def run_fixture(self) -> FixtureCost:
        """Measure what the pytest fixture costs a test; blocks for some seconds.

        Raises:
            FixtureFailed: It does not work.
        """
        return measure_fixture(Path(tempfile.mkdtemp(dir=self._folder)), FIXTURE_TESTS)

    def _run_streams(self, turn: int, kinds: Sequence[ServerKind], *measures: Measure) -> None:
        with ExitStack() as stack:
            servers = [self._start(stack, kind) for kind in kinds]
            for measure in measures:
                clients, in_flight = STREAM_SHAPES[measure]
                for server in _rotated(servers, turn):
                    outcome = measure_stream(
                        server,
                        clients=clients,
                        in_flight=in_flight,
                        seconds=self._options.seconds,
                    )
                    self._record(turn, measure, server.kind, outcome)

    def _run_crowds(self, turn: int) -> None:
        for kind in CROWD_KINDS:
            # A fresh process: what earlier measurements left in its memory must not count.
            with ExitStack() as stack:
                server = self._start(stack, kind)
                outcome = measure_crowd(server, clients=self._options.crowd)
                self._record(turn, Measure.CROWD, kind, outcome)

    def _start(self, stack: ExitStack, kind: ServerKind) -> RunningServer:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return stack.enter_context(running(kind, folder))

    def _record(self, turn: int, measure: Measure, kind: ServerKind, outcome: Outcome) -> None:
        self.records.append(Record(turn, measure, kind.name, outcome))
        self._console.print(
            f"round {turn}/{self._options.rounds}  {measure:<12} {kind.name:<27} {_brief(outcome)}",
            soft_wrap=True,
        )


def _rotated(servers: Sequence[RunningServer], turn: int) -> Iterator[RunningServer]:
    """Yield the servers, each round starting with the next one, so that none is always first."""
    first = (turn - 1) % len(servers)
    yield from servers[first:]
    yield from servers[:first]


def _brief(outcome: Outcome) -> str:
    if isinstance(outcome, Failure):
        return f"failed: {outcome.reason}"
    if isinstance(outcome, Crowd):
        return (
            f"{outcome.connect_seconds:.2f} s to connect, {outcome.answer_seconds:.3f} s to answer"
        )
    return f"{outcome.per_second:,.0f} msg/s"


def make_report(records: Sequence[Record]) -> Report:
    """Return the report on records of this benchmark's servers."""
    references = dict.fromkeys(Measure, REFERENCE.name) | {Measure.DISPATCH: ONE_RULE.name}
    return Report(records, references=references, ours=OURS.name, ceiling=CANNED.name)


def judge(report: Report, crowd: int) -> list[Verdict]:
    """Return the verdicts on all bars."""
    return [
        report.judge_ratio(CLOSED_LOOP, CLOSED_LOOP_BAR),
        report.judge_ratio(PIPELINED, PIPELINED_BAR),
        report.judge_ratio(CLOSED_LOOP, RECORDING_BAR, OURS_UNRECORDED.name),
        report.judge_ratio(PIPELINED, RECORDING_BAR, OURS_UNRECORDED.name),
        report.judge_cost(DISPATCH, MANY_RULES.name, DISPATCH_BAR),
        report.judge_crowd(crowd),
    ]


def judge_fixture(cost: FixtureCost) -> Verdict:
    """Return the verdict on the pytest fixture."""
    return Verdict(
        f"pytest fixture: {cost.test_seconds * 1000:.1f} ms for set-up and teardown of a test "
        f"(bar: at most {FIXTURE_BAR * 1000:.0f} ms)",
        is_met=cost.test_seconds <= FIXTURE_BAR,
    )


def _print_report(
    report: Report, fixture: FixtureCost, verdicts: Sequence[Verdict], crowd: int
) -> None:
    console = Console(highlight=False, markup=False)
    for table in report.tables(crowd):
        console.print(table)
    lines = [
        f"Medians; x = median (and range) of the ratios within a round to {REFERENCE.name},",
        f"of rules to {ONE_RULE.name}.",
        "The peers use the standard json module; this server's choice of orjson is part of it.",
        f"{STOCK.name} is not given the crowd: it needs two threads per client.",
        *report.generator_lines(),
        str(fixture),
        *(f"failed  {failure}" for failure in report.failures()),
        *(f"{'met   ' if verdict.is_met else 'MISSED'}  {verdict.text}" for verdict in verdicts),
    ]
    console.print("\n".join(lines), soft_wrap=True)


def _write_json(
    report: Report,
    fixture: FixtureCost,
    verdicts: Sequence[Verdict],
    options: argparse.Namespace,
) -> None:
    content = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "crowd": options.crowd,
        "fixture": fixture,
        "verdicts": verdicts,
        **report.as_json(),
    }
    options.json.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0 when all bars are met, 1 when one is missed, 2 if it cannot run.

    Blocks for minutes, and leaves no process behind when interrupted or terminated.
    """
    options = parse_options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        check_surroundings(options)
        with tempfile.TemporaryDirectory(prefix="websocket-bench-") as folder:
            bench = Bench(options, Path(folder), Console(highlight=False, markup=False))
            bench.run()
            fixture = bench.run_fixture()
        report = make_report(bench.records)
        verdicts = [*judge(report, options.crowd), judge_fixture(fixture)]
        if options.json:
            _write_json(report, fixture, verdicts, options)
    except (UsageError, ServerStartError, FixtureFailed, OSError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted, all servers are stopped\n")
        return EXIT_INTERRUPTED
    _print_report(report, fixture, verdicts, options.crowd)
    return 0 if all(verdict.is_met for verdict in verdicts) else EXIT_BAR_MISSED


if __name__ == "__main__":
    sys.exit(main())
