"""How the real process ends: in order, with the customary code, whoever is connected."""

import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.json_client import JsonClient
from tests.helpers.mcp_session import mcp_session
from tests.helpers.peers import peer, silent_peer
from tests.helpers.program import serving
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.e2e

SHORT_CLOSE = {"WEBSOCKET_CLOSE_TIMEOUT": "0.5"}
"""How long a client may take to answer a close frame, in seconds: a silent one takes it all."""

CASES = [
    pytest.param("stdio", None, 0, id="stdio-closed"),
    pytest.param("stdio", signal.SIGINT, 130, id="stdio-SIGINT"),
    pytest.param("stdio", signal.SIGTERM, 143, id="stdio-SIGTERM"),
    pytest.param("http", signal.SIGINT, 130, id="http-SIGINT"),
    pytest.param("http", signal.SIGTERM, 143, id="http-SIGTERM"),
]


def end(process: "subprocess.Popen[str]", how: signal.Signals | None) -> None:
    """Send a signal, or without one close its stdin, as an MCP client does on leaving."""
    if how is not None:
        process.send_signal(how)
        return
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None


def close_code(client: JsonClient) -> int | None:
    """Return the code of the close frame that the client gets next."""
    with pytest.raises(ConnectionClosed) as closed:
        client.connection.recv(PATIENCE)
    return None if closed.value.rcvd is None else closed.value.rcvd.code


@pytest.mark.parametrize(("transport", "how", "exit_code"), CASES)
def test_process_ends_in_order(
    tmp_path: Path, transport: str, how: signal.Signals | None, exit_code: int
) -> None:
    with serving(tmp_path, f"--transport={transport}") as server:
        assert (tmp_path / "ready.json").exists()
        with peer(server.websocket_url) as one, peer(f"{server.websocket_url}/") as two:
            end(server.process, how)
            assert [close_code(one), close_code(two)] == [1001, 1001]
        out, _ = server.process.communicate(timeout=PATIENCE)

        assert server.process.returncode == exit_code
        assert out == ""
        assert "Traceback" not in (tmp_path / "server.log").read_text()
        assert not (tmp_path / "ready.json").exists()


def test_second_signal_changes_nothing(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--transport=stdio", env=SHORT_CLOSE) as server,
        silent_peer(server.websocket_url),
    ):
        server.process.send_signal(signal.SIGTERM)
        # Gone before the wait for the silent client's close frame.
        eventually(lambda: not (tmp_path / "ready.json").exists())
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(PATIENCE) == 143


def test_call_that_is_under_way_does_not_keep_the_process(tmp_path: Path) -> None:
    with (
        serving(tmp_path, env=SHORT_CLOSE) as server,
        silent_peer(server.websocket_url),
        peer(server.websocket_url) as witness,
        ThreadPoolExecutor(1, "mcp-client") as caller,
    ):
        call = caller.submit(call_for_half_a_minute, server.mcp_url)
        assert witness.receive()["type"] == "stress_test"
        exit_code = server.stop()

        # With whatever outcome: it must not hang.
        assert wait([call], PATIENCE).done
    assert exit_code == 143


def call_for_half_a_minute(mcp_url: str) -> None:
    """Test clients of which one never answers."""
    with mcp_session(mcp_url) as session:
        session.call(
            "test_websocket_connection", test_type="stress", burst_messages=1, window_seconds=30
        )


def test_ports_are_usable_again_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as first, peer(first.websocket_url):
        first.stop()
    ports = [url.rpartition(":")[2] for url in (first.http_url, first.websocket_url)]
    with serving(tmp_path, f"--port={ports[0]}", f"--websocket-port={ports[1]}") as second:
        assert (second.mcp_url, second.websocket_url) == (first.mcp_url, first.websocket_url)
        with peer(second.websocket_url) as client:
            assert client.ask(type="ping")["type"] == "pong"
