"""What the records of the benchmark say: medians, ratios within rounds, bars, tables, JSON.

Pure: takes records, returns values; starts and prints nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any

from rich.table import Table

from websocket_mock.scripts.dev.benchmark.results import (
    Failure,
    Figure,
    Measured,
    Record,
    Series,
    Skipped,
    show,
)
from websocket_mock.scripts.dev.benchmark.workloads import OURS, Bar, Plan, Workload

BUSY_LIMIT = 0.85
"""Share of a core from which on a single-threaded process counts as fully busy."""

_MIB = 1024 * 1024

_HEADINGS = {
    Figure.CPU: "CPU of the server for one",
    Figure.P99: "p99",
    Figure.SERVER_SHARE: "CPU of the server",
    Figure.CONNECT_SECONDS: "all connected",
    Figure.ANSWER_SECONDS: "all answered",
    Figure.MEMORY_BYTES: "memory",
    Figure.CLIENT_BYTES: "memory per client",
    Figure.THREADS: "threads",
    Figure.LATENESS: "p99 of the lateness",
    Figure.STEADINESS: "arrived",
    Figure.GROWTH: "p99 to that without it",
}


class Status(StrEnum):
    """How a bar came out."""

    MET = "met"
    MISSED = "MISSED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one bar came out.

    Attributes:
        subject: What was measured.
        measured: The figure, and what it is compared with.
        bar: What was asked for.
        status: How it came out.
    """

    subject: str
    measured: str
    bar: str
    status: Status

    def __str__(self) -> str:
        return f"{self.status.value:<7}  {self.subject}: {self.measured} (bar: {self.bar})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure of one series over all rounds, next to a reference.

    Attributes:
        median: Over the rounds that came about.
        ratio: Median of the ratios to the reference within each round, None where no round has
            both. Not the ratio of the medians: a machine that slows down half-way slows both
            servers of a round.
        lowest: Smallest such ratio.
        highest: Largest such ratio.
    """

    median: float
    ratio: float | None
    lowest: float | None
    highest: float | None


def compare(values: Mapping[int, float], reference: Mapping[int, float]) -> Comparison | None:
    """Compare values with those of the reference, both by round; None where there are no values."""
    if not values:
        return None
    ratios = [value / reference[turn] for turn, value in values.items() if reference.get(turn)]
    if not ratios:
        return Comparison(median(values.values()), None, None, None)
    return Comparison(median(values.values()), median(ratios), min(ratios), max(ratios))


class Report:
    """All records of a run, read by its plan.

    Args:
        records: Of all rounds.
        plan: What was measured.
    """

    def __init__(self, records: Iterable[Record], plan: Plan) -> None:
        self._records = tuple(records)
        self._plan = plan

    @property
    def workloads(self) -> Sequence[Workload]:
        """What was measured."""
        return self._plan.workloads

    def values(self, series: Series, figure: Figure) -> dict[int, float]:
        """Return a figure of one series for every round that has it."""
        return {
            record.round: record.outcome.figures[figure]
            for record in self._records
            if record.series == series
            and isinstance(record.outcome, Measured)
            and figure in record.outcome.figures
        }

    def median(self, series: Series, figure: Figure) -> float | None:
        """Return the median over the rounds; None where it was never measured."""
        values = self.values(series, figure)
        return median(values.values()) if values else None

    def comparison(self, series: Series, figure: Figure, reference: Series) -> Comparison | None:
        """Compare one figure of two series within the rounds; None where there is none."""
        return compare(self.values(series, figure), self.values(reference, figure))

    def failures(self) -> list[str]:
        """Return one line per measurement that did not come about."""
        return [
            f"failed   round {record.round}, {record.series.workload}, {record.series.target}: "
            f"{record.outcome.reason}"
            for record in self._records
            if isinstance(record.outcome, Failure)
        ]

    def skipped(self) -> list[str]:
        """Return one line per target that could not be measured here."""
        lines = (
            f"skipped  {record.series.target}: {record.outcome.reason}"
            for record in self._records
            if isinstance(record.outcome, Skipped)
        )
        return list(dict.fromkeys(lines))

    def verdicts(self) -> list[Verdict]:
        """Return how all bars came out, in their order."""
        return [self._judge(bar) for bar in self._plan.bars]

    def _judge(self, bar: Bar) -> Verdict:
        subject = bar.series.workload
        if bar.series.target != OURS:
            subject += f", {bar.series.target}"
        if bar.reference is None:
            subject += f", {_HEADINGS[bar.figure]}"
        trouble = self._trouble(bar)
        asked = _asked(bar)
        if trouble is not None:
            reason, status = trouble
            return Verdict(subject, reason, asked, status)
        if bar.reference is None:
            value = self.median(bar.series, bar.figure)
            if value is None:
                return Verdict(subject, "not measured", asked, Status.MISSED)
            return Verdict(subject, show(bar.figure, value), asked, _status(bar, value))
        comparison = self.comparison(bar.series, bar.figure, bar.reference)
        if comparison is None or comparison.ratio is None:
            text = f"no ratio to {bar.reference.target}"
            return Verdict(subject, text, asked, Status.MISSED)
        measured = f"{comparison.ratio:.2f} x {bar.reference.target}{self._costs(bar)}"
        return Verdict(subject, measured, asked, _status(bar, comparison.ratio))

    def _trouble(self, bar: Bar) -> tuple[str, Status] | None:
        """Return why a bar cannot be judged: something was skipped, or a round of ours failed."""
        concerned = [
            record for record in self._records if record.series in (bar.series, bar.reference)
        ]
        for record in concerned:
            if isinstance(record.outcome, Skipped):
                return f"{record.series.target} is not there", Status.SKIPPED
        failed = sum(
            isinstance(record.outcome, Failure) and record.series == bar.series
            for record in concerned
        )
        return (f"{failed} rounds failed", Status.MISSED) if failed else None

    def _costs(self, bar: Bar) -> str:
        """Say what both cost in processor time, which other work on the machine hardly changes."""
        if bar.reference is None:
            return ""
        own = self.median(bar.series, Figure.CPU)
        other = self.comparison(bar.reference, Figure.CPU, bar.series)
        if not own or other is None or other.ratio is None:
            return ""
        costs = f"{own:,.1f} to {other.median:,.1f} us"
        return (
            f" ({costs})" if bar.figure is Figure.CPU else f", by CPU {other.ratio:.2f} x ({costs})"
        )

    def load_lines(self) -> list[str]:
        """Say how busy the load generator was."""
        shares = [
            record.outcome.figures[Figure.BUSY]
            for record in self._records
            if isinstance(record.outcome, Measured) and Figure.BUSY in record.outcome.figures
        ]
        if not shares:
            return []
        lines = [f"The load generator used at most {max(shares):.0%} of a core."]
        if max(shares) > BUSY_LIMIT:
            lines.append("It may have been the limit: the best ratios are too low.")
        return lines

    def tables(self) -> list[Table]:
        """Return one table per workload, to be printed with rich."""
        return [self._table(workload) for workload in self._plan.workloads]

    def _table(self, workload: Workload) -> Table:
        table = Table(title=workload.name, title_justify="left")
        table.add_column("")
        for figure in workload.figures:
            table.add_column(heading(workload, figure), justify="right")
        for target in workload.targets:
            series = Series(workload.name, target.name)
            cells = (self.cell(workload, series, figure) for figure in workload.figures)
            table.add_row(target.name, *cells)
        return table

    def cell(self, workload: Workload, series: Series, figure: Figure) -> str:
        """Return the median as people read it, or a dash where there is none."""
        value = self.median(series, figure)
        if value is None:
            return "-"
        if figure is Figure.RATE and workload.message_bytes:
            return f"{value * workload.message_bytes / _MIB:,.0f}"
        return show(figure, value)

    def as_json(self) -> dict[str, Any]:
        """Return every record and every median as plain values."""
        return {
            "records": self._records,
            "medians": {
                workload.name: {
                    target.name: {
                        figure.value: value
                        for figure in Figure
                        if (value := self.median(Series(workload.name, target.name), figure))
                        is not None
                    }
                    for target in workload.targets
                }
                for workload in self._plan.workloads
            },
        }


def heading(workload: Workload, figure: Figure) -> str:
    """Return the heading of a column."""
    if figure is Figure.RATE:
        return "MiB/s" if workload.message_bytes else workload.unit
    return _HEADINGS[figure]


def _asked(bar: Bar) -> str:
    shown = show(bar.figure, bar.limit) if bar.reference is None else f"{bar.limit:g} x"
    return f"at most {shown}" if bar.is_most else f"at least {shown}"


def _status(bar: Bar, value: float) -> Status:
    is_met = value <= bar.limit if bar.is_most else value >= bar.limit
    return Status.MET if is_met else Status.MISSED
