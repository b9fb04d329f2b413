"""Programs for Node as child processes, with their packages from npm."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.program import ROOT
from tests.helpers.wait import PATIENCE

FOLDER = ROOT / "tests" / "node"

INSTALL_SECONDS = 45.0


def require_package(name: str, folder: Path = FOLDER, seconds: float = INSTALL_SECONDS) -> None:
    """Install the packages on first use; skip the test where that is impossible.

    Args:
        name: the package that must be there.
        folder: where its package.json is.
        seconds: how long the installation may take.
    """
    _require_programs("node", "npm")
    with _one_at_a_time(folder):
        if not (folder / "node_modules" / name / "package.json").exists():
            _install(name, folder, seconds)


def require_node(major: int) -> None:
    """Skip the test where Node is older or missing."""
    _require_programs("node")
    shown = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(shown.removeprefix("v").split(".")[0]) < major:
        pytest.skip(f"this needs Node {major} or later, not {shown.strip()}")


def _require_programs(*names: str) -> None:
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep the processes of one test run from installing into the same folder at once."""
    with (folder / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(name: str, folder: Path, seconds: float) -> None:
    # Without a lock file: it would name the registry it was made with.
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install {name} within {seconds} s")
    if done.returncode != 0:
        reasons = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        pytest.skip(f"npm cannot install {name}: {' '.join(reasons[:1])}")


@contextmanager
def node(
    script: str, *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Run a script of the folder until it ends by itself, or the context does."""
    process = subprocess.Popen(
        ["node", script, *arguments],
        cwd=FOLDER,
        env={**os.environ, **(env or {}), "TEST_TIMEOUT_SECONDS": str(PATIENCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def node_report(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script of the folder to its end; return the JSON object that it printed."""
    with node(script, *arguments) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    seen = json.loads(out)
    assert isinstance(seen, dict)
    return seen
