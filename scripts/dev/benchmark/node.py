"""The servers of comparison that need Node: npm installs their packages on demand."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from websocket_mock.scripts.dev.benchmark.generator import last_line

SOURCES = Path(__file__).parent / "node"
INSTALL_TIMEOUT = 240.0

# Not `npm ci`: it refuses the lock file where an optional package is not offered.
_FLAGS = ("--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund")
_COPIED = ("package.json", "package-lock.json", "peer.mjs")


class NodeMissing(Exception):
    """Raised when the servers of Node cannot run here; the text says why."""


class NodePeers:
    """The installed packages, and how to start a server with them.

    Args:
        folder: Where `install` has put them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def command(self, name: str, ready_file: Path, *more: str) -> Sequence[str]:
        """Return the command that starts one of the servers of `peer.mjs`."""
        return ("node", str(self._folder / "peer.mjs"), name, str(ready_file), *more)


def install(cache: Path) -> NodePeers:
    """Install the packages of the lock file, if they are not there; blocks for up to some minutes.

    Args:
        cache: Folder for them; made if it does not exist.

    Raises:
        NodeMissing: Node or npm is not installed, or npm cannot install the packages.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise NodeMissing(f"{program} is not installed")
    lock = (SOURCES / "package-lock.json").read_bytes()
    folder = cache / f"node-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not (folder / "installed").exists():
        _install(folder)
    # The packages stay, the code is always that of this tree.
    shutil.copy(SOURCES / "peer.mjs", folder)
    return NodePeers(folder)


def _install(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        shutil.copy(SOURCES / name, folder)
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments
            ["npm", "install", *_FLAGS],  # noqa: S607  # nosec B607
            cwd=folder,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
            capture_output=True,
            check=False,
            timeout=INSTALL_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise NodeMissing(
            f"npm did not install the packages within {INSTALL_TIMEOUT:g} s"
        ) from None
    if done.returncode != 0:
        raise NodeMissing(f"npm cannot install the packages: {_reason(done.stderr)}")
    (folder / "installed").touch()


def _reason(output: bytes) -> str:
    errors = [line for line in output.splitlines() if line.startswith(b"npm error")]
    return last_line(errors[0] if errors else output)
