"""Charts of a run as SVG, readable on a light and on a dark page."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from websocket_mock.scripts.dev.benchmark.report import Report, heading
from websocket_mock.scripts.dev.benchmark.results import Figure, Series
from websocket_mock.scripts.dev.benchmark.workloads import Target, Workload

_WIDTH, _LABELS, _VALUES = 760, 210, 120
_BAR, _GAP, _TITLE, _MARGIN = 18, 6, 30, 10

_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.ours { fill: #0969da; }
.peer { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ours { fill: #4493f8; }
  .peer { fill: #6e7681; }
}"""


def make_chart(report: Report, workloads: Sequence[Workload]) -> str:
    """Return one SVG with the first figure of each workload, as bars; empty if none was measured.

    Args:
        report: Of the run.
        workloads: What one chart shows, each with a scale of its own.
    """
    parts: list[str] = []
    top = _MARGIN
    for workload in workloads:
        bars = list(_values(report, workload))
        if not bars:
            continue
        figure = workload.figures[0]
        title = f"{workload.name}: {heading(workload, figure)}"
        parts.append(_text(_MARGIN, top + _TITLE - 12, title, "title"))
        top += _TITLE
        most = max(value for _, value, _ in bars)
        for target, value, shown in bars:
            parts += _bar(top, target, value / most if most else 0, shown)
            top += _BAR + _GAP
        top += _MARGIN
    if not parts:
        return ""
    title = escape(", ".join(workload.name for workload in workloads))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" '
        f'width="{_WIDTH}" height="{top}" role="img">\n<title>{title}</title>\n'
        f"<style>\n{_STYLE}\n</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _values(report: Report, workload: Workload) -> Iterator[tuple[Target, float, str]]:
    figure = workload.figures[0]
    for target in workload.targets:
        series = Series(workload.name, target.name)
        value = report.median(series, figure)
        if value is not None:
            shown = report.cell(workload, series, figure)
            cost = report.median(series, Figure.CPU)
            if figure is Figure.RATE and cost:
                shown += f" ({cost:,.1f} us)"
            yield target, value, shown


def _bar(top: int, target: Target, share: float, shown: str) -> list[str]:
    length = max(1, round((_WIDTH - _LABELS - _VALUES - _MARGIN) * share))
    kind = "ours" if target.server.is_ours else "peer"
    middle = top + _BAR - 5
    return [
        _text(_LABELS - _GAP, middle, target.name, "", ' text-anchor="end"'),
        f'<rect class="{kind}" x="{_LABELS}" y="{top}" width="{length}" height="{_BAR}" rx="2"/>',
        _text(_LABELS + length + _GAP, middle, shown),
    ]


def _text(left: int, top: int, text: str, kind: str = "", more: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{left}" y="{top}"{named}{more}>{escape(text)}</text>'


def write_charts(report: Report, folder: Path) -> list[Path]:
    """Write `bench-GROUP.svg` for each group that was measured, and return the files.

    Args:
        report: Of the run.
        folder: An existing folder.
    """
    written = []
    for group in dict.fromkeys(workload.group for workload in report.workloads):
        workloads = [workload for workload in report.workloads if workload.group == group]
        if chart := make_chart(report, workloads):
            file = folder / f"bench-{group}.svg"
            file.write_text(chart, encoding="utf-8")
            written.append(file)
    return written
