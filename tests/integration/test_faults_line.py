"""Faults of the connection itself, seen at the socket: resets, dead lines, and deaf servers."""

import socket
import time
from typing import Any

import pytest

from tests.helpers.faulty import faulty, noted
from tests.helpers.frames import BINARY, PING, PONG, TEXT, frame, text
from tests.helpers.mock_server import mocking, on
from tests.helpers.raw_client import Received
from tests.helpers.wait import eventually
from websocket_mock.actors.values.targets import Everyone

pytestmark = pytest.mark.integration

A, B = Received(TEXT, b"a"), Received(TEXT, b"b")
SECOND = {"frames": {"nth": 2}}


@pytest.mark.parametrize("direction", ["to_client", "from_client"])
def test_reset_is_a_reset_at_the_message_that_is_hit(direction: str) -> None:
    with faulty({"reset": {}, "direction": direction, **SECOND}) as (server, client):
        client.send(text("a"))
        assert client.read_frame() == A
        client.send(text("b"))
        with pytest.raises(ConnectionResetError):
            client.read_frame()
        (lost,) = noted(server)
        assert (lost.payload, lost.details["type"]) == ("b", "reset")
        (end,) = noted(server, "close")
        assert (int(end.details["code"]), end.details["by"]) == (1006, "server")


def test_hang_up_is_a_fin_without_a_close_frame() -> None:
    with faulty({"hang_up": {}, **SECOND}) as (_, client):
        client.send(text("a"), text("b"))
        assert client.read_end() == b"\x81\x01a"


@pytest.mark.parametrize(("fault", "is_reset"), [("reset", True), ("hang_up", False)])
def test_connection_ends_by_itself_some_time_after_it_opened(fault: str, is_reset: bool) -> None:
    with faulty({fault: {}, "after": "60ms"}) as (_, client):
        begin = time.monotonic()
        client.send(text("a"))
        assert client.read_frame() == A
        if is_reset:
            with pytest.raises(ConnectionResetError):
                client.read_end()
        else:
            assert client.read_end() == b""
        assert time.monotonic() - begin >= 0.05


def test_connection_is_reset_as_soon_as_it_is_open_on_one_attempt() -> None:
    with mocking({"unmatched": "echo", "faults": [{"reset": {}, "attempt": 1}]}) as server:
        with server.open_raw() as client, pytest.raises(ConnectionResetError):
            client.read_end()
        with server.open_raw() as client:
            client.send(text("a"))
            assert client.read_frame() == A


def test_nothing_is_read_for_a_while_and_then_everything() -> None:
    deaf = {"stop_reading": {}, "after": "30ms", "duration": "200ms"}
    with faulty(deaf) as (server, client):
        assert noted(server)[0].details["type"] == "stop_reading"
        begin = time.monotonic()
        client.send(text("a"), frame(PING, b"p"))
        assert client.read_frame() == A
        assert time.monotonic() - begin >= 0.1
        assert client.read_frame() == Received(PONG, b"p")


def test_client_feels_that_nothing_is_read() -> None:
    with faulty({"stop_reading": {}, "frames": {"nth": 1}}) as (_, client):
        client.send(text("a"))
        assert client.read_frame() == A
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.send(*[frame(BINARY, bytes(1_000_000))] * 100)


def test_server_that_does_not_read_still_sends() -> None:
    rules = [on("go", {"fault": "stop_reading"}, {"after": {"delay": "20ms", "do": [SEND_B]}})]
    with mocking({"rules": rules}) as server, server.open_raw() as client:
        client.send(text("go"))
        assert client.read_frame() == B


SEND_B: dict[str, Any] = {"send": {"text": "b"}}


def test_dead_line_carries_nothing_and_comes_alive_again() -> None:
    dead = {"half_open": {}, "frames": {"nth": 1}, "duration": "200ms"}
    ticks = {"every": {"interval": "10ms", "do": [{"send": {"text": "tick"}}]}}
    rules = [on("go", ticks), on("a", SEND_B)]
    with mocking({"rules": rules, "faults": [dead]}) as server, server.open_raw() as client:
        begin = time.monotonic()
        client.send(text("go"))
        assert noted(server)[0].details["type"] == "half_open"
        client.send(text("a"), frame(PING, b"p"))
        # Of what was sent meanwhile nothing comes; what the client sent is read afterwards.
        frames = [client.read_frame()]
        assert time.monotonic() - begin >= 0.19
        while frames[-1] != Received(PONG, b"p"):
            frames.append(client.read_frame())
        assert B in frames
        lost = [entry.payload for entry in noted(server)]
        assert lost.count("tick") >= 5


def test_dead_line_does_not_notice_that_the_client_has_gone() -> None:
    with faulty({"half_open": {}, "frames": {"nth": 1}}) as (server, client):
        client.send(text("a"))
        noted(server)
        client.vanish()
        assert len(server.server.clients()) == 1
        (told,) = server.server.gateway.close_clients(Everyone(), None, 1000, "", "reset")
        assert told
        eventually(lambda: not server.server.clients())


def test_dead_line_outlives_keepalive() -> None:
    with (
        mocking(
            {"unmatched": "echo", "faults": [{"half_open": {}, **SECOND}]},
            ping_interval=0.05,
            ping_timeout=0.05,
        ) as server,
        server.open_raw() as client,
    ):
        client.send(text("a"), text("b"))
        assert client.read_frame() == A
        noted(server)
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.read_frame()
        assert len(server.server.clients()) == 1


def test_server_stops_with_dead_and_deaf_connections() -> None:
    faults = [
        {"half_open": {}, "match": {"text": "dead"}},
        {"stop_reading": {}, "match": {"text": "deaf"}},
    ]
    with (
        mocking({"unmatched": "echo", "faults": faults}) as server,
        server.open_raw() as dead,
        server.open_raw() as deaf,
    ):
        dead.send(text("dead"))
        deaf.send(text("deaf"))
        eventually(lambda: len(noted(server)) == 2)
        begin = time.monotonic()
        server.server.stop()
        assert time.monotonic() - begin < 4
        assert dead.read_end() == b""


def test_dead_line_is_seen_by_the_operating_system_as_open() -> None:
    with faulty({"half_open": {}, "frames": {"nth": 1}}) as (server, client):
        client.send(text("a"))
        noted(server)
        client.finish_sending()
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        assert client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
