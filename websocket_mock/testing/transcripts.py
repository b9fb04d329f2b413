"""The traffic of a failed test, for its report and as a file."""

import re
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

from websocket_mock.testing.entry import Entry
from websocket_mock.testing.tables import MAX_ROWS, table

MAX_NAME = 150
"""The most characters of a test's name in the name of a file."""


def transcript(entries: Sequence[Entry]) -> str:
    """Return the last entries as a table."""
    left_out = len(entries) - MAX_ROWS
    rows = table(entries[-MAX_ROWS:], indent="")
    return f"({left_out:,} earlier entries)\n{rows}" if left_out > 0 else rows


def is_told(entries: Sequence[Entry], failure: str) -> bool:
    """Return whether the text of a failure has all entries, as those of the API do if they are few.

    Connections may have ended since: when a test fails, its `with` blocks close their clients.
    """
    last = next((place for place, one in enumerate(reversed(entries)) if one.kind != "close"), 0)
    return any(table(entries[: len(entries) - left]) in failure for left in range(last + 1))


def file_name(test: str, of: str) -> str:
    """Return the name of the file for the traffic of a test; tests have different ones.

    Args:
        test: the node id of the test.
        of: which mock of the test; empty if there is one.
    """
    plain = f"{test}{of}".replace("::", "-").replace("/", "-")
    safe = re.sub(r"[^\w.-]+", "-", plain, flags=re.ASCII).strip("-")
    if safe != plain or len(safe) > MAX_NAME:
        safe = f"{safe[-MAX_NAME:]}-{crc32(plain.encode()):08x}"
    return f"{safe}.jsonl"


def write(file: Path, entries: Sequence[Entry]) -> str:
    """Write entries to a file, one JSON object a line; return the sentence about it."""
    text = "".join(f"{entry.to_json()}\n" for entry in entries)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"It cannot be written: {error}"
    return f"It is in {file}"
