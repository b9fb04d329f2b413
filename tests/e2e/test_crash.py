"""A part that breaks stops the whole process in order: half a server helps nobody."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.peers import peer
from tests.helpers.program import ROOT, environment, read_ready
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.e2e

BREAKABLE_PROGRAM = Path(__file__).parents[1] / "helpers" / "breakable_program.py"

CASES = [
    pytest.param("stdio", "ClientRegistry", "client-registry", id="stdio-registry"),
    pytest.param("http", "reader", "ws-reader-0", id="http-reader"),
]


@contextmanager
def breakable(
    directory: Path, part: str, transport: str
) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    ready_file, log = directory / "ready.json", directory / "server.log"
    flags = (f"--transport={transport}", "--port=0", "--websocket-port=0")
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, str(BREAKABLE_PROGRAM), part, *flags, f"--ready-file={ready_file}"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        yield process, read_ready(ready_file, process, log)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("transport", "part", "name"), CASES)
def test_broken_part_ends_the_process_in_order(
    tmp_path: Path, transport: str, part: str, name: str
) -> None:
    with breakable(tmp_path, part, transport) as (process, ready):
        with peer(ready["websocket_url"]) as client:
            process.send_signal(signal.SIGUSR2)
            with pytest.raises(ConnectionClosed) as closed:
                client.connection.recv(PATIENCE)
        assert process.wait(PATIENCE) == 1
        log = (tmp_path / "server.log").read_text()

    if part != "reader":  # nobody is left to send a close frame then
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    assert f"{name} broke, stopping" in log
    assert log.count("CRITICAL") == 1
    assert not (tmp_path / "ready.json").exists()
