"""What docs/robustness.md promises is tested: the tests that it names exist."""

import ast
import re

from tests.helpers.program import ROOT

PAGE = ROOT / "docs" / "robustness.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_row_names_a_test_that_exists() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = NAMED.findall(page)
    assert len(named) > 20
    assert [f"{file}::{name}" for file, name in named if name not in names_in(file)] == []
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    heads = [line for line in rows if line.endswith("| test |")]
    without = [line for line in rows if not NAMED.search(line) and not line.endswith("the same |")]
    assert without == heads
