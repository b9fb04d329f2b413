"""What one measurement of the benchmark can end in: plain values.

Knows neither processes nor tables, so that those who measure and those who report share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Figure(StrEnum):
    """The numbers that a measurement can have, by their names in JSON."""

    RATE = "rate"
    """Messages, deliveries, connections or calls a second."""
    CPU = "cpu_us"
    """Microseconds of processor time of the server for one of them."""
    P99 = "p99_ms"
    SERVER_SHARE = "server_share"
    """Share of a core that the server used."""
    BUSY = "busy"
    """Share of a core that the load used. Close to 1 the load, not the server, was the limit."""
    CONNECT_SECONDS = "connect_seconds"
    ANSWER_SECONDS = "answer_seconds"
    MEMORY_BYTES = "memory_bytes"
    CLIENT_BYTES = "client_bytes"
    THREADS = "threads"
    LATENESS = "lateness_p99_ms"
    STEADINESS = "steadiness"
    """Messages that arrived in a stream, of those that were due."""
    GROWTH = "growth"
    """The 99th percentile beside a client that floods, to that without."""


_SHOWN = {
    Figure.RATE: "{:,.0f}",
    Figure.CPU: "{:,.1f} us",
    Figure.P99: "{:.2f} ms",
    Figure.SERVER_SHARE: "{:.0%} of a core",
    Figure.BUSY: "{:.0%}",
    Figure.CONNECT_SECONDS: "{:.2f} s",
    Figure.ANSWER_SECONDS: "{:.3f} s",
    Figure.LATENESS: "{:.1f} ms",
    Figure.STEADINESS: "{:.1%} of the messages",
    Figure.GROWTH: "{:.1f} x",
    Figure.THREADS: "{:.0f}",
}


def show(figure: Figure, value: float) -> str:
    """Return a value as people read it, with its unit."""
    if figure is Figure.MEMORY_BYTES:
        return f"{value / 1024**2:.0f} MiB"
    if figure is Figure.CLIENT_BYTES:
        return f"{value / 1024:.1f} KiB"
    return _SHOWN[figure].format(value)


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a measurement, by their names."""

    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Failure:
    """A measurement that did not come about, and why, in one line."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A measurement for which something is not installed here, and what, in one line."""

    reason: str


Outcome = Measured | Failure | Skipped


@dataclass(frozen=True, slots=True)
class Series:
    """What is measured again in each round: a target in a workload, by their names."""

    workload: str
    target: str


@dataclass(frozen=True, slots=True)
class Record:
    """The outcome of one series in one round (counted from 1)."""

    round: int
    series: Series
    outcome: Outcome
