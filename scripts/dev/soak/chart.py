"""The chart of a soak as SVG: memory and rate over the time."""

from collections.abc import Sequence
from itertools import pairwise

from websocket_mock.scripts.dev.soak.process import Sample

MIB = 1024 * 1024

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 760, 120, 60, 30, 50

_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
path { fill: none; stroke: #0969da; stroke-width: 1.5; }
line { stroke: #8c959f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  path { stroke: #4493f8; }
}"""


def make_chart(samples: Sequence[Sample]) -> str:
    """Return one SVG with the memory and the rate of right answers; at least two samples."""
    memory = [(one.at, one.memory / MIB) for one in samples]
    rate = [
        (later.at, (later.answered - one.answered) / (later.at - one.at))
        for one, later in pairwise(samples)
    ]
    parts = [
        *_line("resident memory, MiB", memory, _TOP),
        *_line("right answers a second", rate, _TOP + _HEIGHT + _GAP),
    ]
    height = 2 * (_HEIGHT + _GAP) + _TOP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">\n'
        f"<title>memory and rate of a soak of {samples[-1].at:.0f} seconds</title>\n"
        f"<style>\n{_STYLE}\n</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _line(title: str, points: Sequence[tuple[float, float]], top: int) -> list[str]:
    longest = max(at for at, _ in points) or 1.0
    most = max(value for _, value in points) or 1.0
    bottom, room = top + _HEIGHT, _WIDTH - _LEFT - 20
    places = [
        f"{_LEFT + room * at / longest:.1f},{bottom - _HEIGHT * value / most:.1f}"
        for at, value in points
    ]
    return [
        f'<text x="{_LEFT}" y="{top - 8}">{title}</text>',
        f'<text x="{_LEFT - 6}" y="{top + 10}" text-anchor="end">{most:,.0f}</text>',
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{_WIDTH - 20}" y="{bottom + 18}" text-anchor="end">{longest:,.0f} s</text>',
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - 20}" y2="{bottom}"/>',
        f'<path d="M{" L".join(places)}"/>',
    ]
