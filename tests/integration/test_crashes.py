"""Bugs in the server itself: what they take with them, and what they leave alone."""

from typing import NoReturn

import pytest

from tests.helpers.frames import TEXT, close, request, text
from tests.helpers.raw_client import Received, connected, opened
from tests.helpers.server import InProcessServer
from tests.helpers.wait import eventually
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.conversation.core import ConnectionContext
from websocket_mock.actors.library.router import Router

pytestmark = pytest.mark.integration

FATAL = 1234
"""Bytes of a message that breaks an actor."""


@pytest.fixture
def _fragile_actors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Actors break at messages of one size, outside of what their behaviour does."""
    received = TrafficRecorder.received

    def break_at(recorder: TrafficRecorder, size: int) -> None:
        if size == FATAL:
            raise RuntimeError("a bug")
        received(recorder, size)

    monkeypatch.setattr(TrafficRecorder, "received", break_at)


@pytest.mark.usefixtures("_fragile_actors")
def test_actor_that_breaks_closes_its_connection_with_1011(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(text("x" * FATAL))
        assert client.read_close() == (1011, "internal error")
        client.send(close(1011))
        assert client.read_end() == b""
        assert server.clients() == ()
        assert server.stats().errors == 1
        assert server.stats().current_clients == 0


@pytest.mark.usefixtures("_fragile_actors")
def test_actor_that_breaks_takes_no_other_with_it(server: InProcessServer) -> None:
    with opened(server.port) as client, opened(server.port) as other:
        client.send(text("x" * FATAL))
        client.read_close()
        other.send(text("still here"))
        assert other.read_frame() == Received(TEXT, b"still here")
        assert len(server.clients()) == 1


@pytest.mark.usefixtures("_fragile_actors")
def test_actor_that_breaks_while_its_client_closes_ends_the_connection(
    server: InProcessServer,
) -> None:
    with opened(server.port) as client:
        client.send(text("x" * FATAL), close(1000))
        client.read_close()
        assert client.read_end() == b""
        eventually(lambda: server.clients() == ())
        assert server.crash_log.crashes == []


def test_actor_that_cannot_start_closes_its_connection_with_1011(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_: TrafficRecorder) -> NoReturn:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(TrafficRecorder, "connected", break_down)
        with opened(server.port) as client:
            assert client.read_close() == (1011, "internal error")
    eventually(lambda: server.clients() == ())
    with opened(server.port) as client:
        client.send(text("hello"))
        assert client.read_frame() == Received(TEXT, b"hello")


def test_behaviour_that_cannot_be_made_takes_no_other_client_with_it(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_: ConnectionContext) -> NoReturn:
        raise RuntimeError("a bug")

    with opened(server.port) as other:
        with monkeypatch.context() as patch:
            patch.setattr(Router, "make_behaviour", lambda *_: break_down)
            with connected(server.port) as client:
                client.send(request("/"))
                assert b"101" not in client.read_end()
        other.send(text("still here"))
        assert other.read_frame() == Received(TEXT, b"still here")
        assert server.crash_log.crashes == []
