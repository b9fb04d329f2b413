"""The import contracts hold, and whoever checks them would notice if they did not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.program import ROOT
from tests.helpers.wait import PATIENCE
from websocket_mock.scripts.dev.package_tree import lay_out

LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"

BROKEN_CONTRACT = """\
[importlinter]
root_packages =
    websocket_mock
include_external_packages = True

[importlinter:contract:untrue]
name = Actors do without pykka
type = forbidden
source_modules =
    websocket_mock.actors
forbidden_modules =
    pykka
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it is installed, in links."""
    directory = tmp_path_factory.mktemp("tree")
    lay_out(directory)
    return directory


def lint_imports(tree: Path, config: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-cache", "--config", str(config)],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )


def test_import_contracts_are_kept(tree: Path) -> None:
    done = lint_imports(tree, ROOT / "setup.cfg")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_broken_contract_is_noticed(tree: Path, tmp_path: Path) -> None:
    config = tmp_path / "broken.cfg"
    config.write_text(BROKEN_CONTRACT)
    done = lint_imports(tree, config)
    assert done.returncode == 1
    assert "Actors do without pykka BROKEN" in done.stdout
