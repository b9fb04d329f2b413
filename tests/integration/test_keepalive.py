"""Silent clients over real sockets."""

import pytest

from tests.helpers.frames import PING, PONG, frame, text
from tests.helpers.json_client import websocket
from tests.helpers.raw_client import Received, opened
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE, UNIT, eventually

pytestmark = pytest.mark.integration

KEEPALIVE = Received(PING, b"keepalive")


def test_silent_client_is_pinged_and_stays_if_it_answers() -> None:
    with (
        serving_here(ping_interval=0.02, ping_timeout=0.3 * UNIT) as server,
        opened(server.port) as client,
    ):
        for _ in range(3):
            assert client.read_frame() == KEEPALIVE
            client.send(frame(PONG, b"keepalive"))
        client.send(text("hello"))
        while (received := client.read_frame()) == KEEPALIVE:
            pass
        assert received.payload == b"hello"


def test_client_that_does_not_answer_is_closed_with_1011_and_counted() -> None:
    with (
        serving_here(ping_interval=0.02, ping_timeout=0.02) as server,
        opened(server.port) as client,
    ):
        assert client.read_frame() == KEEPALIVE
        assert client.read_close() == (1011, "keepalive ping timeout")
        eventually(lambda: server.stats().errors == 1)
        assert server.clients() == ()
        assert server.closes() == [(1011, "server")]


def test_half_open_connection_is_cut_off() -> None:
    with (
        serving_here(ping_interval=0.02, ping_timeout=0.02, close_timeout=0.05) as server,
        opened(server.port) as client,
    ):
        eventually(lambda: server.stats().current_clients == 0)
        eventually(client.is_cut_off)


def test_library_that_only_listens_is_kept() -> None:
    with (
        serving_here(ping_interval=0.02, ping_timeout=PATIENCE) as server,
        websocket(server.url("/echo"), ping_interval=None) as client,
    ):
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.2)
        client.send("still here")
        assert client.recv(timeout=PATIENCE) == "still here"


def test_keepalive_can_be_switched_off() -> None:
    with serving_here(ping_interval=0) as server, opened(server.port) as client:
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.read_frame()
