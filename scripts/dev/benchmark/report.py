"""What the benchmark's records say: medians, ratios to the reference, bars, tables, JSON.

Pure: takes records, returns values; starts and prints nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median
from typing import Any

from rich.table import Table

from websocket_mock.scripts.dev.benchmark.results import Crowd, Failure, Measure, Rate, Record

BUSY_LIMIT = 0.85
"""Share of a core from which on a single-threaded process counts as fully busy."""

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Figure:
    """One number read from the outcomes of one measure.

    Attributes:
        name: Its name in JSON.
        label: What is measured, in words.
        unit: What the number counts, empty where its format shows it.
        measure: Where it comes from.
        value: Reads it from an outcome of that measure.
        show: Formats it.
    """

    name: str
    label: str
    unit: str
    measure: Measure
    value: Callable[[Any], float]
    show: Callable[[float], str]


CLOSED_LOOP = Figure(
    "closed_loop_per_second",
    "100 clients, 1 in flight each",
    "msg/s",
    Measure.CLOSED_LOOP,
    attrgetter("per_second"),
    "{:,.0f}".format,
)
PIPELINED = Figure(
    "pipelined_per_second",
    "10 clients, 16 in flight each",
    "msg/s",
    Measure.PIPELINED,
    attrgetter("per_second"),
    "{:,.0f}".format,
)
DISPATCH = Figure(
    "dispatch_per_second",
    PIPELINED.label,
    "msg/s",
    Measure.DISPATCH,
    attrgetter("per_second"),
    "{:,.0f}".format,
)
RATE_FIGURES = (CLOSED_LOOP, PIPELINED)
CROWD_FIGURES = (
    Figure(
        "connect_seconds",
        "all connected",
        "",
        Measure.CROWD,
        attrgetter("connect_seconds"),
        "{:.2f} s".format,
    ),
    Figure(
        "answer_seconds",
        "all answered",
        "",
        Measure.CROWD,
        attrgetter("answer_seconds"),
        "{:.3f} s".format,
    ),
    Figure(
        "memory_bytes",
        "memory",
        "",
        Measure.CROWD,
        attrgetter("memory_bytes"),
        lambda value: f"{value / _MIB:.0f} MiB",
    ),
    Figure("threads", "threads", "", Measure.CROWD, attrgetter("threads"), "{:.0f}".format),
)
FIGURES = (*RATE_FIGURES, DISPATCH, *CROWD_FIGURES)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure of one server over all rounds, next to the reference.

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one bar was met; `text` says what was measured and what was asked for."""

    text: str
    is_met: bool


def compare(values: Mapping[int, float], reference: Mapping[int, float]) -> Comparison | None:
    """Compare values with those of the reference, both by round; None where there are no values."""
    if not values:
        return None
    ratios = [value / reference[turn] for turn, value in values.items() if reference.get(turn)]
    if not ratios:
        return Comparison(median(values.values()), None, None, None)
    return Comparison(median(values.values()), median(ratios), min(ratios), max(ratios))


def values_by_round(records: Iterable[Record], figure: Figure, server: str) -> dict[int, float]:
    """Return a figure of one server for every round in which it was measured."""
    return {
        record.round: figure.value(record.outcome)
        for record in records
        if record.measure is figure.measure
        and record.server == server
        and not isinstance(record.outcome, Failure)
    }


class Report:
    """All records of a run, read with one server per measure as the reference (ratio 1).

    Args:
        records: Of all rounds.
        references: The server of ratio 1, by measure.
        ours: Whose bars are judged.
        ceiling: The server that shows what the load generator can do.
    """

    def __init__(
        self,
        records: Sequence[Record],
        *,
        references: Mapping[Measure, str],
        ours: str,
        ceiling: str,
    ) -> None:
        self._records = tuple(records)
        self._references = references
        self._ours = ours
        self._ceiling = ceiling

    def comparison(self, figure: Figure, server: str) -> Comparison | None:
        """Compare one figure of a server with the reference; None where it was never measured."""
        return self._compare(figure, server, self._references[figure.measure])

    def _compare(self, figure: Figure, server: str, reference: str) -> Comparison | None:
        return compare(
            values_by_round(self._records, figure, server),
            values_by_round(self._records, figure, reference),
        )

    def servers(self, *measures: Measure) -> list[str]:
        """Return the servers that any of the measures was tried on, in the order of the records."""
        return list(dict.fromkeys(r.server for r in self._records if r.measure in measures))

    def failures(self) -> list[str]:
        """Return one line per measurement that did not come about."""
        return [
            f"round {record.round}, {record.measure}, {record.server}: {record.outcome.reason}"
            for record in self._records
            if isinstance(record.outcome, Failure)
        ]

    def judge_ratio(self, figure: Figure, bar: float, reference: str | None = None) -> Verdict:
        """Judge whether our ratio reaches a bar, with no round of ours failed.

        Args:
            figure: What was measured.
            bar: Smallest ratio that will do.
            reference: The server of ratio 1, where it is not that of the measure.
        """
        reference = reference or self._references[figure.measure]
        comparison = self._compare(figure, self._ours, reference)
        if comparison is None or comparison.ratio is None:
            text = f"{figure.label}: no ratio to {reference} (bar {bar:.2f})"
            return Verdict(text, is_met=False)
        trouble, failed = self._trouble(figure.measure, self._ours)
        return Verdict(
            f"{figure.label}: {comparison.ratio:.2f} x {reference} (bar {bar:.2f}){trouble}",
            is_met=comparison.ratio >= bar and not failed,
        )

    def judge_cost(self, figure: Figure, server: str, bar: float) -> Verdict:
        """Judge whether a message costs a server no more than `bar` times that of the reference.

        Costs are the inverse of rates, so the ratios within the rounds are inverted too.
        """
        reference = self._references[figure.measure]
        comparison = self._compare(figure, reference, server)
        if comparison is None or comparison.ratio is None:
            text = f"{server}: no ratio to {reference} (bar: at most {bar:.2f})"
            return Verdict(text, is_met=False)
        trouble, failed = self._trouble(figure.measure, server)
        text = f"{server}: {comparison.ratio:.2f} x the cost of a message with {reference}"
        return Verdict(
            f"{text} (bar: at most {bar:.2f}){trouble}",
            is_met=comparison.ratio <= bar and not failed,
        )

    def judge_crowd(self, clients: int) -> Verdict:
        """Judge whether ours connected and answered all clients in every round."""
        crowds = [
            record.outcome
            for record in self._records
            if record.measure is Measure.CROWD and record.server == self._ours
        ]
        whole = sum(isinstance(crowd, Crowd) and crowd.clients == clients for crowd in crowds)
        return Verdict(
            f"{clients:,} clients connected and answered: in {whole} of {len(crowds)} rounds",
            is_met=bool(crowds) and whole == len(crowds),
        )

    def _trouble(self, measure: Measure, server: str) -> tuple[str, int]:
        failed = sum(
            record.measure is measure
            and record.server == server
            and isinstance(record.outcome, Failure)
            for record in self._records
        )
        return f", {failed} failed" if failed else "", failed

    def generator_lines(self) -> list[str]:
        """Say what the load generator can do, how near the servers came, and what disturbed it."""
        ceilings = [self._rates(figure.measure, ceiling=True) for figure in RATE_FIGURES]
        if not all(ceilings):
            return ["Load generator: its ceiling could not be measured."]
        shown = " and ".join(f"{median(r.capacity for r in rates):,.0f}" for rates in ceilings)
        measured = [self._rates(figure.measure, ceiling=False) for figure in RATE_FIGURES]
        busiest = max((rate.busy for rates in measured for rate in rates), default=0.0)
        lines = [
            f"Load generator: good for {shown} msg/s on a core of its own.",
            f"Under a measured server it used at most {busiest:.0%} of a core.",
        ]
        if busiest > BUSY_LIMIT:
            lines.append("The load generator may have been the limit: the best ratios are too low.")
        if median(rate.busy for rates in ceilings for rate in rates) < BUSY_LIMIT:
            lines.append(
                "Something else used the processors meanwhile: repeat this on a quiet machine."
            )
        return lines

    def _rates(self, measure: Measure, *, ceiling: bool) -> list[Rate]:
        return [
            record.outcome
            for record in self._records
            if record.measure is measure
            and isinstance(record.outcome, Rate)
            and (record.server == self._ceiling) is ceiling
        ]

    def tables(self, clients: int) -> list[Table]:
        """Return the tables of rates, of dispatch and of the crowd, to be printed with rich."""
        rates = self._table("Ping → pong", RATE_FIGURES)
        crowd = self._table(f"{clients:,} clients, one ping each", CROWD_FIGURES)
        dispatch = self._table("Ping → pong by a rule, the last that is tried", [DISPATCH])
        return [rates, dispatch, crowd]

    def _table(self, title: str, figures: Sequence[Figure]) -> Table:
        table = Table(title=title, title_justify="left", caption_justify="left")
        table.add_column("server")
        for figure in figures:
            table.add_column(f"{figure.label}\n{figure.unit}".strip(), justify="right")
        for server in self.servers(*(figure.measure for figure in figures)):
            table.add_row(server, *(self._cell(figure, server) for figure in figures))
        return table

    def _cell(self, figure: Figure, server: str) -> str:
        comparison = self.comparison(figure, server)
        if comparison is None:
            return "failed"
        shown = figure.show(comparison.median)
        if comparison.ratio is None:
            return shown
        if comparison.lowest == comparison.highest:
            return f"{shown}\nx {comparison.ratio:.2f}"
        return (
            f"{shown}\nx {comparison.ratio:.2f} ({comparison.lowest:.2f}-{comparison.highest:.2f})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return every record and every comparison as plain values."""
        return {
            "references": {one.value: server for one, server in self._references.items()},
            "records": self._records,
            "summary": {
                figure.name: {
                    server: self.comparison(figure, server)
                    for server in self.servers(figure.measure)
                }
                for figure in FIGURES
            },
        }
