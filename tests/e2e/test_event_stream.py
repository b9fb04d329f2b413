"""Events and metrics of the real process, and its end while somebody reads them."""

import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.helpers.event_stream import streaming
from tests.helpers.http_client import get
from tests.helpers.peers import peer
from tests.helpers.program import RunningServer, serving

pytestmark = pytest.mark.e2e


def port_of(server: RunningServer) -> int:
    port = urlsplit(server.http_url).port
    assert port is not None
    return port


def test_reader_sees_what_clients_do(running_server: RunningServer) -> None:
    match = {"kind": "message", "direction": "received"}
    with streaming(port_of(running_server), match=match) as stream:
        stream.read_event("server")
        with peer(running_server.websocket_url) as client:
            client.ask(type="ping")
            assert '"ping"' in stream.read_event("entry").data["payload"]


def test_metrics_count_what_clients_do(running_server: RunningServer) -> None:
    with peer(running_server.websocket_url):
        answer = get(f"{running_server.http_url}/metrics")
    assert answer.status == 200
    assert 'websocket_mock_connections{endpoint="",namespace=""} 1.0' in answer.body


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_process_ends_at_once_while_events_are_read(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as server, streaming(port_of(server)) as stream:
        stream.read_event("server")
        assert server.stop(number) == 128 + number
    # Uvicorn says so when a stream does not end by itself and it has waited for two seconds.
    assert "timeout graceful shutdown exceeded" not in (tmp_path / "server.log").read_text()
