"""The import contracts hold, and whoever checks them would notice if they did not."""

import subprocess
import sys
from pathlib import Path

from tests.helpers.program import ROOT
from tests.helpers.wait import PATIENCE

LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"

BROKEN_CONTRACT = """\
[importlinter]
root_packages =
    actors
include_external_packages = True

[importlinter:contract:untrue]
name = Actors do without pykka
type = forbidden
source_modules =
    actors
forbidden_modules =
    pykka
"""


def lint_imports(config: Path | str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-cache", "--config", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )


def test_import_contracts_are_kept() -> None:
    done = lint_imports("setup.cfg")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_broken_contract_is_noticed(tmp_path: Path) -> None:
    config = tmp_path / "broken.cfg"
    config.write_text(BROKEN_CONTRACT)
    done = lint_imports(config)
    assert done.returncode == 1
    assert "Actors do without pykka BROKEN" in done.stdout
