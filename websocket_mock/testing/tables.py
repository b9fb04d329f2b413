"""Shows traffic as a table, for failure texts."""

from collections.abc import Sequence

from websocket_mock.scripts.arguments import printable
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.values import json_text

MAX_ROWS = 200
"""The most entries of a transcript."""

WIDTH = 72
"""The most characters of what an entry holds."""

REASON_WIDTH = 400
"""The same for verdicts and errors: they tell what is wrong, and must be told in full."""


def table(entries: Sequence[Entry], indent: str = "  ") -> str:
    """Return entries as a table for people, oldest first, with the time since the first."""
    if not entries:
        return f"{indent}nothing"
    start = entries[0].time
    rows = [("no.", "seconds", "client", "kind", "content")]
    for entry in entries:
        since = (entry.time - start).total_seconds()
        rows.append((str(entry.seq), f"{since:.3f}", _client(entry), _kind(entry), content(entry)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(indent + _line(row, widths).rstrip() for row in rows)


def content(entry: Entry) -> str:
    """Return what an entry holds, in one short line."""
    details = entry.details
    match entry.kind:
        case "handshake":
            shown = f"{details.get('path', '')} → {details.get('status', 'no answer')}"
        case "request":
            body = f" {entry.text}" if entry.text else ""
            shown = f"{details.get('method', '')} {details.get('path', '')}{body}"
        case "response":
            body = f" {entry.text}" if entry.text else ""
            shown = f"{details.get('status', details.get('outcome'))}{body}"
        case "open":
            shown = f"at {entry.endpoint}" if entry.endpoint else "at no endpoint"
        case "close":
            reason = f" {json_text(details['reason'])}" if details.get("reason") else ""
            shown = f"{details.get('code')}{reason} by the {details.get('by')}"
        case "rule" | "fault":
            shown = str(details.get(entry.kind, ""))
        case "error":
            rule = f"{details['rule']}: " if details.get("rule") else ""
            shown = f"{rule}{details.get('reason', '')}"
        case "verdict":
            shown = "passed" if details.get("passed") else f"failed: {details.get('text', '')}"
        case _:
            shown = entry.text if entry.text is not None else (entry.data or b"").hex(" ", 4)
    # The report of a test is read in a terminal, which a client must not drive.
    flat = printable(" ".join(shown.split()))
    width = REASON_WIDTH if entry.kind in ("verdict", "error") else WIDTH
    return flat if len(flat) <= width else f"{flat[: width - 1]}…"


def _client(entry: Entry) -> str:
    attempt = f"#{entry.attempt}"
    return attempt if entry.client is None else f"{entry.client[:8]} {attempt}"


def _kind(entry: Entry) -> str:
    return entry.kind if entry.direction is None else f"{entry.direction} {entry.kind}"


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    number, seconds, *rest = row
    cells = [number.rjust(widths[0]), seconds.rjust(widths[1])]
    cells += [text.ljust(width) for text, width in zip(rest, widths[2:], strict=False)]
    return "  ".join([*cells, rest[-1]])


def summary(entries: Sequence[Entry], most: int = 5) -> str:
    """Return entries as a short list, one line each."""
    lines = [f"  {entry.seq}  {content(entry)}" for entry in entries[:most]]
    if len(entries) > most:
        lines.append(f"  … and {len(entries) - most:,} more")
    return "\n".join(lines)
