"""From the transport to the actors."""

import gc
import secrets
import threading
import weakref

import pytest

from tests.helpers.frames import close, request
from tests.helpers.raw_client import connected, opened
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.messages import DeliverText
from websocket_mock.actors.system import ActorSystem
from websocket_mock.transport.handshake_responses import format_address


def test_address_is_host_and_port() -> None:
    assert format_address(("127.0.0.1", 4000)) == "127.0.0.1:4000"
    assert format_address(("::1", 4000, 0, 0)) == "[::1]:4000"


def test_id_of_a_living_client_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = ["0000000a", "0000000a", "0000000b"]
    monkeypatch.setattr(secrets, "token_hex", lambda _: tokens.pop(0))
    with serving_here() as server, opened(server.port), opened(server.port):
        assert [one.info.id for one in server.clients()] == ["0000000a", "0000000b"]


def test_id_of_a_client_that_left_may_be_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = ["0000000a", "0000000a", "0000000b"]
    monkeypatch.setattr(secrets, "token_hex", lambda _: tokens.pop(0))
    with serving_here() as server:
        for _ in range(2):
            with opened(server.port):
                assert [one.info.id for one in server.clients()] == ["0000000a"]
            eventually(lambda: not server.clients())


def test_client_whose_actor_cannot_be_started_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("a bug")

    with serving_here() as server:
        namespace = server.gateway.library.use("a")
        with monkeypatch.context() as patch:
            patch.setattr(ActorSystem, "start_client", refuse)
            patch.setattr(secrets, "token_hex", lambda _: "0000000a")
            with connected(server.port) as client:
                client.send(request("/ns/a/x"))
                client.read_end()
        eventually(lambda: namespace.users == 0)
        tokens = iter(["0000000a"])
        monkeypatch.setattr(secrets, "token_hex", lambda _: next(tokens))
        with opened(server.port):
            assert [one.info.id for one in server.clients()] == ["0000000a"]
    assert any("a bug" in line for line in log_lines)


def test_client_that_left_is_freed_without_a_garbage_collection() -> None:
    gc.disable()
    try:
        with serving_here() as server:
            with opened(server.port) as client:
                ((_, ref),) = server.gateway.find_clients()
                actor = ref._actor_weakref
                core = weakref.ref(server.connection().protocol)
                assert actor() is not None
                assert core() is not None
                client.send(close(1000))
                client.read_end()
            eventually(lambda: actor() is None)
            eventually(lambda: core() is None)
    finally:
        gc.enable()


def test_backlog_is_what_waits_for_the_actor() -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        release.wait(PATIENCE)

    with serving_here() as server, opened(server.port):
        ((_, ref),) = server.gateway.find_clients()
        connection = server.connection()
        connection.dispatcher.call_soon(hold)
        assert held.wait(PATIENCE)
        for _ in range(5):
            ref.tell(DeliverText(b"later"))
        assert connection.backlog() == 5
        release.set()
        eventually(lambda: connection.backlog() == 0)
