"""The report of a load: its figures, its verdict, and its file."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from websocket_mock.scripts.load.histogram import Histogram, merged
from websocket_mock.scripts.load.ledger import Scenario, Tally
from websocket_mock.scripts.operating_system import write_atomically

_NANOSECONDS_PER_MS = 1e6
_MOST_SAMPLES = 5


class ReportFileError(Exception):
    """Raised when the report cannot be written; the text says what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long something took, in milliseconds; 0 if it never happened.

    The percentiles are up to 0.8 % too high (see `histogram`); `max` is exact.
    """

    count: int = 0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    max: float = 0.0


@dataclass(frozen=True, slots=True)
class Errors:
    """What went wrong, by kind, with the first few details."""

    total: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one load, as in the JSON file. Times are in seconds."""

    url: str
    scenario: Scenario
    clients: int
    threads: int
    duration_seconds: float
    """The time in which requests were sent; Ctrl-C makes it shorter."""
    was_interrupted: bool = False
    connected: int = 0
    dropped: int = 0
    """Connections that were lost before the end; each also counts as an error."""
    messages_sent: int = 0
    messages_received: int = 0
    answered: int = 0
    broadcasts_delivered: int = 0
    unrelated: int = 0
    """Messages of others on the same server."""
    requests_per_second: float = 0.0
    """Requests that were answered while requests were being sent."""
    received_per_second: float = 0.0
    """Messages of any kind that were received in that time."""
    latency_ms: Latency = field(default_factory=Latency)
    """From a request to its answer."""
    broadcast_latency_ms: Latency = field(default_factory=Latency)
    """From a broadcast to its arrival at another client."""
    lost: int = 0
    """Requests without an answer, and broadcasts that a connected client did not get."""
    duplicated: int = 0
    errors: Errors = field(default_factory=Errors)

    @property
    def problems(self) -> list[str]:
        """The problems of the server, as short phrases; empty if there are none."""
        found = {
            f"clients not connected: {self.clients - self.connected}": self.connected
            < self.clients,
            f"messages lost: {self.lost}": self.lost > 0,
            f"messages duplicated: {self.duplicated}": self.duplicated > 0,
            f"errors: {self.errors.total}": self.errors.total > 0,
            "nothing was answered": self.answered == 0,
        }
        return [problem for problem, is_so in found.items() if is_so]

    @property
    def passed(self) -> bool:
        """Whether all clients connected, and nothing was lost, duplicated, or wrong."""
        return not self.problems


def summarize(histogram: Histogram) -> Latency:
    """Return the percentiles of a histogram of nanoseconds, in milliseconds."""
    p50, p95, p99 = (histogram.percentile(percent) for percent in (50, 95, 99))
    return Latency(
        histogram.count,
        *(round(value / _NANOSECONDS_PER_MS, 3) for value in (p50, p95, p99, histogram.largest)),
    )


def summarize_round_trips(tallies: Iterable[Tally]) -> Latency:
    """Return how long answers took, for all threads together."""
    return summarize(merged(tally.round_trips for tally in tallies))


def summarize_deliveries(tallies: Iterable[Tally]) -> Latency:
    """Return how long broadcasts took to reach other clients, for all threads together."""
    return summarize(merged(tally.deliveries for tally in tallies))


def summarize_errors(tallies: Iterable[Tally]) -> Errors:
    """Return the errors of all threads, and the first few of their different samples."""
    tallies = tuple(tallies)
    kinds: Counter[str] = Counter()
    for tally in tallies:
        kinds.update(tally.error_kinds)
    samples = list(dict.fromkeys(sample for tally in tallies for sample in tally.error_samples))
    total = sum(tally.errors for tally in tallies)
    return Errors(total, dict(kinds.most_common()), samples[:_MOST_SAMPLES])


def as_json(report: Report) -> str:
    """Return the report and its verdict as a JSON text for people and programs."""
    content = {"passed": report.passed, "problems": report.problems, **asdict(report)}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def check_report_path(path: Path) -> None:
    """Check before the load that its report can be written. Blocks briefly.

    Raises:
        ReportFileError: its folder does not exist, or the file cannot be written.
    """
    folder = path.parent
    if not folder.is_dir():
        raise ReportFileError(f"--json {path}: there is no folder {folder}; create it first")
    if path.is_dir():
        raise ReportFileError(f"--json {path} is a folder; name a file in it")
    if not os.access(folder, os.W_OK):
        raise ReportFileError(f"--json {path}: the folder {folder} is not writable")


def write_report(path: Path, report: Report) -> None:
    """Write the report; a reader of the file sees all of it or nothing. Blocks briefly.

    Raises:
        ReportFileError: it cannot be written.
    """
    try:
        write_atomically(path, as_json(report))
    except OSError as error:
        raise ReportFileError(f"--json {path}: {error.strerror}; choose another file") from error
