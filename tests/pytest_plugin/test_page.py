"""docs/testing-in-python.md, done from top to bottom."""

import re
from pathlib import Path

import pytest

from tests.helpers import python_page
from tests.helpers.program import ROOT
from tests.helpers.python_page import PAGE, comparable, run_pytest, walk
from websocket_mock import pytest_plugin

TEXT = PAGE.read_text(encoding="utf-8")


def test_page_is_true(tmp_path: Path) -> None:
    _, changed = walk(TEXT, tmp_path)
    assert changed == [], "run `make docs`"
    # What the page has at its end passes, and the modules that it shows are all there are.
    output = run_pytest(tmp_path, "-q")
    assert re.search(r"^\d+ passed in", output, re.MULTILINE), output
    assert len(list(tmp_path.glob("test_*.py"))) == TEXT.count("```python\n# test_") - 1


def test_every_block_of_python_is_a_file() -> None:
    blocks = re.findall(r"^```python\n(.*)$", TEXT, re.MULTILINE)
    assert [one for one in blocks if not re.fullmatch(r"# \w+\.py", one)] == []


def test_output_that_is_no_longer_true_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    module = "```python\n# test_a.py\ndef test_a(): pass\n```\n"
    page.write_text(f"{module}```text\n$ pytest -q\n2 passed\n```\nEnd\n")
    monkeypatch.setattr(python_page, "PAGE", page)
    assert python_page.main() == 0
    assert capsys.readouterr().out == "written anew: pytest -q\n"
    written = page.read_text()
    assert written.startswith(f"{module}```text\n$ pytest -q\n.  ")
    assert written.endswith("s\n```\nEnd\n")
    assert "1 passed in" in written


def test_what_differs_in_each_run_is_left_out_of_comparisons() -> None:
    first = "  3   0.001  7ae533b1 #1  open at 0x7f0a\n== 1 failed in 0.24s =="
    second = " 13   1.2     00000000 #1  open at 0x1\n=== 1 failed in 10.24s ==="
    assert comparable(first.replace("3 ", "13 ")) == comparable(second)
    assert comparable(first) != comparable(first.replace("open", "close"))


def test_example_of_the_readme_is_that_of_the_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(def test_.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert example in TEXT


def test_page_names_all_there_is() -> None:
    for name in pytest_plugin._Wanted.NAMES:
        assert f"| `{name}=" in TEXT
    source = Path(pytest_plugin.__file__).read_text(encoding="utf-8")
    for key in re.findall(r'"((?:--)?websocket[_-]mock[\w-]*)",', source):
        assert f"`{key}`" in TEXT, key
    for fixture in re.findall(r"^def (websocket_mock\w*)\(", source, re.MULTILINE):
        assert f"| `{fixture}` |" in TEXT
