"""docs/testing-in-python.md as a project: its files, and its runs of pytest with what they print.

The page is done from top to bottom. A block of Python whose first line is a comment with the name
of a file is that file from there on. A block that begins with `$ pytest` is a run, and what follows
is its output. `make docs` writes outputs that are no longer true anew.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.helpers.program import ROOT
from tests.helpers.wait import PATIENCE

PAGE = ROOT / "docs" / "testing-in-python.md"

_BLOCK = re.compile(
    r"^```python\n(?P<code># (?P<name>[\w.]+\.py)\n.*?)^```$"
    r"|^```yaml\n(?P<mocks># (?P<yaml>[\w.]+\.yaml)\n.*?)^```$"
    r"|^```text\n\$ pytest(?P<arguments>[^\n]*)\n(?P<output>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)

_CHANGING = (
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b"), "client"),
    (re.compile(r"0x[0-9a-f]+"), "0x"),
    (re.compile(r"test-[0-9a-f]{8}"), "namespace"),
    (re.compile(r"127\.0\.0\.1:\d+"), "address"),
    (re.compile(r"^((?:FAILED|ERROR) \S+) - .*$", re.MULTILINE), r"\1"),
    (re.compile(r"\d+\.\d+(e-\d+)?"), "1.0"),
    (re.compile(r"[ ─=_-]{2,}"), " "),
    (re.compile(r"\s+$", re.MULTILINE), ""),
)
"""What is another one in each run, and what stands for it in comparisons."""


OURS = ("PYTEST", "CI", "BUILD_NUMBER")
"""How the variables begin that change what pytest prints."""


def run_pytest(folder: Path, *arguments: str) -> str:
    """Run pytest in a process of its own; return what it prints, without the name of the folder."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith(OURS)},
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",  # a file that was just written may be older than that
            "COLUMNS": "80",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "websocket_mock.pytest_plugin,pytest_asyncio.plugin",
            "PYTEST_ADDOPTS": "-o asyncio_default_fixture_loop_scope=function",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    return done.stdout.replace(str(folder), "/home/you/prices").strip()


def walk(page: str, folder: Path) -> tuple[str, list[str]]:
    """Do what the page does, from top to bottom, in a folder.

    Returns:
        The page with the outputs of these runs where its own are no longer true, and the commands
        of those runs.
    """
    changed: list[str] = []

    def do(block: re.Match[str]) -> str:
        name = block["name"] or block["yaml"]
        if name is not None:
            (folder / name).write_text(block["code"] or block["mocks"], encoding="utf-8")
            return block[0]
        output = run_pytest(folder, *shlex.split(block["arguments"]))
        if comparable(output) == comparable(block["output"]):
            return block[0]
        changed.append(f"pytest{block['arguments']}")
        return f"```text\n$ pytest{block['arguments']}\n{output}\n```"

    return _BLOCK.sub(do, page), changed


def comparable(output: str) -> str:
    """Return an output without what is another one in each run."""
    for pattern, stand_in in _CHANGING:
        output = pattern.sub(stand_in, output)
    return output.strip()


def main() -> int:
    """Write the outputs of the page anew that are no longer true."""
    with tempfile.TemporaryDirectory() as folder:
        page, changed = walk(PAGE.read_text(encoding="utf-8"), Path(folder).resolve())
    PAGE.write_text(page, encoding="utf-8")
    print("\n".join(f"written anew: {command}" for command in changed))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
