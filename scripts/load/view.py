"""Shows the load: live progress at a terminal, and the final report everywhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.load.report import Latency, Report
from websocket_mock.scripts.load.run import Progress

_REFRESH = 0.2
WIDTH_WITHOUT_TERMINAL = 120


class ProgressView:
    """One line with the progress of the load; nothing without a terminal.

    Use it as a context manager, on one thread. It starts no thread.
    """

    def __init__(self, console: Console, clients: int) -> None:
        self._clients = clients
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._is_shown = console.is_terminal
        self._shown_at = 0.0
        self._answered = 0

    def __enter__(self) -> Self:
        """Begin to show progress."""
        if self._is_shown:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the line."""
        if self._is_shown:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Show how far the load is, at most a few times per second."""
        now = time.monotonic()
        passed = now - self._shown_at
        if not self._is_shown or passed < _REFRESH:
            return
        rate = (progress.answered - self._answered) / passed
        self._shown_at = now
        self._answered = progress.answered
        self._live.update(describe(progress, self._clients, rate), refresh=True)


def describe(progress: Progress, clients: int, rate: float) -> Text:
    """Return the progress as one line.

    Args:
        progress: how far the load is.
        clients: the planned number of clients.
        rate: the current answers per second.
    """
    line = Text()
    line.append(f"{progress.phase}  ", "bold")
    line.append(f"{progress.connected}/{clients} connected  {rate:,.0f} msg/s  ")
    line.append(f"{progress.errors} errors", "red" if progress.errors else "green")
    return line


def print_report(console: Console, report: Report) -> None:
    """Print the figures and the verdict."""
    table = Table(show_header=False, title=Text(f"{report.scenario} load on {report.url}"))
    table.add_column("figure")
    # Errors may contain text from a server, which must not be read as markup.
    table.add_column("value", overflow="fold")
    for name, value in _rows(report):
        table.add_row(name, Text(printable(value)))
    console.print(table)
    if report.passed:
        console.print(Text("Passed: nothing was lost, duplicated or wrong.", "green"))
    else:
        console.print(Text(f"FAILED: {', '.join(report.problems)}.", "bold red"))


def _rows(report: Report) -> list[tuple[str, str]]:
    early = ", stopped early" if report.was_interrupted else ""
    rows = [
        ("connected", f"{report.connected} of {report.clients}, on {report.threads} threads"),
        ("duration", f"{report.duration_seconds:.1f} s{early}"),
        ("messages sent", f"{report.messages_sent:,}"),
        ("messages received", f"{report.messages_received:,}"),
        ("throughput", _throughput(report)),
        ("latency", _latency(report.latency_ms)),
    ]
    if report.broadcast_latency_ms.count:
        rows.append(("broadcast latency", _latency(report.broadcast_latency_ms)))
    rows += [
        ("lost", f"{report.lost:,}"),
        ("duplicated", f"{report.duplicated:,}"),
        ("errors", f"{report.errors.total:,}"),
    ]
    rows += [(f"  {printable(kind)}", f"{count:,}") for kind, count in report.errors.kinds.items()]
    rows += [("  for example", sample) for sample in report.errors.samples]
    return rows


def _throughput(report: Report) -> str:
    requests, received = report.requests_per_second, report.received_per_second
    return f"{requests:,.0f} requests/s answered, {received:,.0f} messages/s received"


def _latency(latency: Latency) -> str:
    return (
        f"p50 {latency.p50:.2f} ms, p95 {latency.p95:.2f} ms, "
        f"p99 {latency.p99:.2f} ms, max {latency.max:.2f} ms"
    )
