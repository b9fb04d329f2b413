"""How the server ends, whatever its clients do."""

import threading
import time

import pykka
import pytest

from tests.helpers.fakes import CrashLog
from tests.helpers.frames import close, request, text
from tests.helpers.raw_client import connected, opened
from tests.helpers.server import InProcessServer, own_threads, serving_here
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.scripts.runtime import Runtime
from websocket_mock.transport.config import TransportConfig

pytestmark = pytest.mark.integration

GOING_AWAY = (1001, "server shutting down")


def stopping(server: InProcessServer) -> threading.Thread:
    """Stop the server on another thread."""
    thread = threading.Thread(target=server.stop, name="stopper")
    thread.start()
    return thread


def test_every_client_is_told_that_the_server_goes_away(server: InProcessServer) -> None:
    with opened(server.port) as one, opened(server.port, "/") as other:
        other.read_frame()
        thread = stopping(server)
        for client in (one, other):
            assert client.read_close() == GOING_AWAY
            client.send(close(1001))
            assert client.read_end() == b""
            client.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_messages_that_came_before_are_answered_first(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(text("question"))
        client.read_frame()
        stopping(server)
        assert client.read_close() == GOING_AWAY
        client.send(text("crossed"), close(1001))
        assert client.read_end() == b""


def test_client_that_does_not_answer_delays_the_end_by_the_close_timeout_only() -> None:
    with serving_here(close_timeout=0.2) as server, opened(server.port) as client:
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < PATIENCE / 2
        assert client.read_close() == GOING_AWAY


def test_client_that_does_not_read_does_not_delay_the_end() -> None:
    with (
        serving_here(close_timeout=0.2) as server,
        opened(server.port, receive_buffer=4096) as client,
    ):
        for _ in range(40):
            server.gateway.push(bytes(200_000))
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < PATIENCE / 2
        client.vanish()


def test_client_in_its_handshake_is_cut_off(server: InProcessServer) -> None:
    with connected(server.port) as silent, connected(server.port) as halfway:
        halfway.send(request()[:-2])
        with opened(server.port) as last:
            last.send(close(1000))
            last.read_end()
        server.stop()
        assert silent.read_end() == b""
        assert halfway.read_end() == b""


def test_client_that_closes_at_the_same_moment_is_no_crash(server: InProcessServer) -> None:
    held, release = threading.Event(), threading.Event()
    with opened(server.port) as client:
        dispatcher = server.connection().dispatcher

        def hold() -> None:
            held.set()
            release.wait(PATIENCE)

        dispatcher.call_soon(hold)
        assert held.wait(PATIENCE)
        client.send(close(1000))
        thread = stopping(server)
        eventually(lambda: not dispatcher.is_idle)
        release.set()
        client.read_end()
        client.close()
        thread.join(PATIENCE)
        assert server.crash_log.crashes == []


def test_nothing_is_left_after_the_end() -> None:
    with serving_here(host="localhost", io_threads=3) as server, opened(server.port) as client:
        assert len(own_threads()) >= 3 + 1 + 3
        stopping(server)
        client.read_close()
        client.close()
        eventually(lambda: own_threads() == set())
        eventually(lambda: pykka.ActorRegistry.get_all() == [])


def test_nobody_is_accepted_after_the_end(server: InProcessServer) -> None:
    port = server.port
    server.stop()
    with pytest.raises(ConnectionRefusedError), connected(port):
        pass


def test_port_is_usable_again_at_once(server: InProcessServer) -> None:
    port = server.port
    with opened(port) as client:
        stopping(server)
        client.read_close()
        client.send(close(1001))
        client.read_end()
    server.stop()
    with serving_here(port=port) as second, opened(port):
        assert second.port == port


def test_second_stop_does_nothing(server: InProcessServer) -> None:
    server.stop()
    server.stop()


def test_stops_of_two_threads_end_together(server: InProcessServer) -> None:
    with opened(server.port) as client:
        threads = [stopping(server) for _ in range(3)]
        assert client.read_close() == GOING_AWAY
        client.send(close(1001))
        client.read_end()
        client.close()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_server_that_was_never_started_can_be_stopped() -> None:
    Runtime(TransportConfig(), "1.2.3", CrashLog()).stop()


def test_status_tells_that_the_server_has_stopped(server: InProcessServer) -> None:
    server.stop()
    status = server.gateway.status()
    assert not status.is_running
    assert status.reason == "the WebSocket server has been stopped"
