"""Measures the tasks of agents anew, and writes the tables of docs/agent-tasks.md: `make docs`."""

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.helpers.agent_tasks import TASKS, perform, table_of
from tests.helpers.mcp_session import mcp_session
from tests.helpers.program import ROOT, serving

PAGE = ROOT / "docs" / "agent-tasks.md"

TOLERANCE, SHARE = 30, 0.08
"""Characters, or the share of a size, by which it may differ: on a server that has seen much
traffic the numbers of entries have more digits, and ports and times differ, too."""

_NUMBER = re.compile(r"\b\d+\b")
_BLOCK = re.compile(r"(<!-- calls: ([^>]+) -->\n\n).*?(\n\n<!-- end of calls -->)", re.DOTALL)


def tables_on(page: str) -> dict[str, str]:
    """The tables of a page, by the names of their tasks."""
    return {
        block[2]: block[0].removeprefix(block[1]).removesuffix(block[3])
        for block in _BLOCK.finditer(page)
    }


def rewrite(page: str, tables: Mapping[str, str]) -> str:
    """Return the page with these tables in place of its own."""
    return _BLOCK.sub(lambda block: f"{block[1]}{tables[block[2]]}{block[3]}", page)


def differences(measured: str, documented: str) -> list[str]:
    """What is not the same in two tables; sizes may differ a little."""
    found = [] if _NUMBER.sub("#", measured) == _NUMBER.sub("#", documented) else [measured]
    sizes = [map(int, _NUMBER.findall(table)) for table in (measured, documented)]
    for one, other in zip(*sizes, strict=False):
        if abs(one - other) > max(TOLERANCE, SHARE * other):
            found.append(f"{one}, not {other}")
    return found


def main() -> int:
    """Run every task against a server of its own, and write the tables that are no longer true."""
    page = PAGE.read_text(encoding="utf-8")
    tables = tables_on(page)
    with (
        tempfile.TemporaryDirectory() as directory,
        serving(Path(directory)) as server,
        mcp_session(server.mcp_url) as session,
    ):
        for name in TASKS:
            measured = table_of(perform(session, name)[0])
            if differences(measured, tables.get(name, "")):
                tables[name] = measured
    PAGE.write_text(rewrite(page, tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
