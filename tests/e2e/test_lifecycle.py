"""How the real process ends: in order, with the customary code, whoever is connected."""

import signal
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.json_client import JsonClient
from tests.helpers.mcp_session import mcp_session
from tests.helpers.peers import peer, silent_peer
from tests.helpers.program import RunningServer, serving
from tests.helpers.wait import PATIENCE, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("measured_processes")]

SHORT_CLOSE = {"WEBSOCKET_CLOSE_TIMEOUT": "0.5"}
"""How long a client may take to answer a close frame, in seconds: a silent one takes it all."""


def close_code(client: JsonClient) -> int | None:
    """Return the code of the close frame that the client gets next."""
    with pytest.raises(ConnectionClosed) as closed:
        client.connection.recv(PATIENCE)
    return None if closed.value.rcvd is None else closed.value.rcvd.code


def end(server: RunningServer, directory: Path, how: signal.Signals) -> int:
    """Send a signal while clients are connected; check that all ends in order."""
    assert (directory / "ready.json").exists()
    with peer(server.websocket_url) as one, peer(f"{server.websocket_url}/") as two:
        assert two.ask(type="ping")["type"] == "pong"
        server.process.send_signal(how)
        assert [close_code(one), close_code(two)] == [1001, 1001]
    out, _ = server.process.communicate(timeout=PATIENCE)
    assert out == ""
    assert "Traceback" not in (directory / "server.log").read_text()
    assert not (directory / "ready.json").exists()
    return server.process.returncode


@pytest.mark.parametrize(("how", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stdio_server_ends_in_order(tmp_path: Path, how: signal.Signals, exit_code: int) -> None:
    """Where stdin is closed, `test_stdio.py` shows it."""
    with serving(tmp_path, "--transport=stdio") as server:
        assert end(server, tmp_path, how) == exit_code


def test_http_server_ends_in_order_and_its_ports_are_usable_again_at_once(tmp_path: Path) -> None:
    """The first one with a call under way, to clients of which one never answers."""
    with (
        serving(tmp_path, env=SHORT_CLOSE) as first,
        silent_peer(first.websocket_url),
        peer(first.websocket_url) as witness,
        ThreadPoolExecutor(1, "mcp-client") as caller,
    ):
        call = caller.submit(call_for_half_a_minute, first.mcp_url)
        assert witness.receive()["type"] == "stress_test"
        assert end(first, tmp_path, signal.SIGTERM) == 143
        # With whatever outcome: it must not hang.
        assert wait([call], PATIENCE).done
    ports = [url.rpartition(":")[2] for url in (first.http_url, first.websocket_url)]
    with serving(tmp_path, f"--port={ports[0]}", f"--websocket-port={ports[1]}") as second:
        assert (second.mcp_url, second.websocket_url) == (first.mcp_url, first.websocket_url)
        assert end(second, tmp_path, signal.SIGINT) == 130


def call_for_half_a_minute(mcp_url: str) -> None:
    with mcp_session(mcp_url) as session:
        session.call(
            "test_websocket_connection", test_type="stress", burst_messages=1, window_seconds=30
        )


def test_second_signal_changes_nothing(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--transport=stdio", env=SHORT_CLOSE) as server,
        silent_peer(server.websocket_url),
    ):
        server.process.send_signal(signal.SIGTERM)
        # Gone before the wait for the silent client's close frame.
        eventually(lambda: not (tmp_path / "ready.json").exists())
        assert server.stop() == 143
