"""One listening address: what it does when there are too many connections, or too few files."""

import os
import resource
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.helpers.fakes import CrashLog
from tests.helpers.frames import request
from tests.helpers.plans import accept_all
from tests.helpers.raw_client import connected, opened
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.values.ports import SystemClock
from websocket_mock.transport import listener as listener_module
from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.limits import ConnectionLimit
from websocket_mock.transport.listener import Listener
from websocket_mock.transport.reader import Reader


def new_reader(number: int) -> Reader:
    dispatcher = Dispatcher(f"ws-reader-{number}", SystemClock())
    config = TransportConfig(close_timeout=0.2)
    return Reader(dispatcher, config, CrashLog(), OutboxBudget.of(config))


@contextmanager
def accepting(most: int = 10, readers: Sequence[Reader] = ()) -> Iterator[Listener]:
    """A listener without an upper side, with one reader unless others are given."""
    readers = readers or [new_reader(0)]
    limit = ConnectionLimit(most)
    listener = Listener(socket.AF_INET, "127.0.0.1", 0, readers, limit)
    listener.decide = lambda _, request: accept_all(request)
    for reader in readers:
        reader.start()
    listener.start()
    try:
        yield listener
    finally:
        listener.stop_accepting(PATIENCE)
        for reader in readers:
            reader.begin_stop()
        assert all(reader.finish_stop(PATIENCE) for reader in readers)


def is_served(listener: Listener) -> bool:
    with connected(listener.port) as client:
        try:
            return client.ask(request()).status == 101
        except (EOFError, OSError):
            return False


def test_accept_thread_is_named_after_its_address() -> None:
    with accepting() as listener:
        assert listener.thread.name == f"ws-accept-127.0.0.1:{listener.port}"


def test_listener_accepts_until_it_is_stopped() -> None:
    with accepting() as listener:
        states = [listener.is_accepting]
    states.append(listener.is_accepting)
    assert states == [True, False]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.port))


def test_listener_that_never_started_can_be_stopped() -> None:
    limit = ConnectionLimit(1)
    listener = Listener(socket.AF_INET, "127.0.0.1", 0, [], limit)
    assert not listener.is_accepting
    listener.stop_accepting(PATIENCE)


def test_connection_above_the_limit_is_told_to_come_again() -> None:
    with accepting(most=1) as listener, opened(listener.port), connected(listener.port) as second:
        answer = second.ask(request())
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"


def test_place_of_a_client_that_left_is_free_again() -> None:
    with accepting(most=1) as listener:
        with opened(listener.port) as first:
            first.vanish()
        assert eventually(lambda: is_served(listener))


def test_connections_far_above_the_limit_get_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "MAX_REFUSALS", 1)
    with accepting(most=1) as listener:
        with opened(listener.port), connected(listener.port) as refused:
            with connected(listener.port) as ignored:
                assert ignored.read_end() == b""
            assert refused.ask(request()).status == 503
        assert eventually(lambda: is_served(listener))


def test_reader_that_is_busy_keeps_no_client_of_another_one_waiting() -> None:
    busy, _ = readers = [new_reader(0), new_reader(1)]
    is_over = threading.Event()
    with accepting(readers=readers) as listener:
        busy.dispatcher.call_soon(lambda: is_over.wait(PATIENCE))
        try:
            with connected(listener.port), connected(listener.port) as second:
                # The readers get the connections in turn.
                assert second.ask(request()).status == 101
                assert not is_over.is_set()
        finally:
            is_over.set()


def test_process_without_free_files_accepts_later(log_lines: list[str]) -> None:
    with accepting() as listener, socket.socket() as client:
        client.settimeout(PATIENCE)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.dup(client.fileno())
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            client.connect(("127.0.0.1", listener.port))
            eventually(lambda: any("cannot accept connections" in line for line in log_lines))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        client.sendall(request())
        assert client.recv(1000).startswith(b"HTTP/1.1 101 ")
