"""A part that breaks stops the whole process in order: half a server helps nobody."""

import signal
import sys
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.peers import peer
from tests.helpers.program import serving
from tests.helpers.wait import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("measured_processes")]

BREAKABLE_PROGRAM = Path(__file__).parents[1] / "helpers" / "breakable_program.py"

CASES = [
    pytest.param("stdio", "ClientRegistry", "client-registry", id="stdio-registry"),
    pytest.param("http", "reader", "ws-reader-0", id="http-reader"),
]


@pytest.mark.parametrize(("transport", "part", "name"), CASES)
def test_broken_part_ends_the_process_in_order(
    tmp_path: Path, transport: str, part: str, name: str
) -> None:
    program = (sys.executable, str(BREAKABLE_PROGRAM), part)
    with serving(tmp_path, f"--transport={transport}", program=program) as server:
        with peer(server.websocket_url) as client:
            server.process.send_signal(signal.SIGUSR2)
            with pytest.raises(ConnectionClosed) as closed:
                client.connection.recv(PATIENCE)
        assert server.process.wait(PATIENCE) == 1
        log = (tmp_path / "server.log").read_text()

    if part != "reader":  # nobody is left to send a close frame then
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    assert f"{name} broke, stopping" in log
    assert log.count("CRITICAL") == 1
    assert not (tmp_path / "ready.json").exists()
