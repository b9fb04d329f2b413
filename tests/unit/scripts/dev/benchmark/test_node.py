"""What the benchmark takes from npm: a lock file that fits, and a program that Node can read."""

import json
import subprocess

from tests.helpers.node import require_node
from websocket_mock.scripts.dev.benchmark.node import SOURCES, NodePeers


def test_lock_file_fits_and_names_no_registry() -> None:
    package = json.loads((SOURCES / "package.json").read_text())
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    assert not [name for name, one in lock["packages"].items() if "resolved" in one]


def test_program_of_the_peers_can_be_read() -> None:
    require_node(18)
    done = subprocess.run(
        ["node", "--check", str(SOURCES / "peer.mjs")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_server_is_started_by_its_name() -> None:
    command = NodePeers(SOURCES).command("ws", SOURCES / "ready.json")
    assert command == ("node", str(SOURCES / "peer.mjs"), "ws", str(SOURCES / "ready.json"))
