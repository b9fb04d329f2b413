"""The results of a run as Markdown, and the page of the docs that has them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from websocket_mock.scripts.dev.benchmark.fixture import FixtureCost
from websocket_mock.scripts.dev.benchmark.report import Report, Status, Verdict, heading
from websocket_mock.scripts.dev.benchmark.results import Series
from websocket_mock.scripts.dev.benchmark.workloads import Workload

BEGIN = "<!-- results: written by `make bench` -->"
END = "<!-- end of the results -->"

_STATUS = {Status.MET: "met", Status.MISSED: "**missed**", Status.SKIPPED: "skipped"}


class PageError(Exception):
    """Raised when the page has no place for the results; the text says what is missing."""


def results_markdown(
    report: Report, verdicts: Sequence[Verdict], fixture: FixtureCost | None, surroundings: str
) -> str:
    """Return the results as Markdown: the bars first, then a table per workload.

    Args:
        report: Of the run.
        verdicts: On its bars.
        fixture: What the Python API costs, if it was measured.
        surroundings: Machine, versions and size of the run, in one sentence.
    """
    lines = [surroundings, "", "| workload | measured | bar | |", "|---|---|---|---|"]
    lines += [
        f"| {verdict.subject} | {verdict.measured} | {verdict.bar} | {_STATUS[verdict.status]} |"
        for verdict in verdicts
    ]
    for workload in report.workloads:
        lines += ["", f"**{workload.name}**", "", *_table(report, workload)]
    if fixture is not None:
        lines += ["", str(fixture)]
    return "\n".join(lines)


def _table(report: Report, workload: Workload) -> Iterator[str]:
    headings = " | ".join(heading(workload, figure) for figure in workload.figures)
    yield f"| | {headings} |"
    yield "|---|" + "---:|" * len(workload.figures)
    for target in workload.targets:
        series = Series(workload.name, target.name)
        cells = (report.cell(workload, series, figure) for figure in workload.figures)
        yield f"| {target.name} | {' | '.join(cells)} |"


def put_results(page: str, results: str) -> str:
    """Return the text of a page with other results between its two marks.

    Raises:
        PageError: The page does not have both marks, in order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PageError(f"the page needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{results}\n\n{END}{after}"


def write_results(file: Path, results: str) -> None:
    """Put results into a page.

    Raises:
        PageError: The page does not have both marks, in order.
        OSError: It cannot be read or written.
    """
    page = put_results(file.read_text(encoding="utf-8"), results)
    file.write_text(page, encoding="utf-8")
