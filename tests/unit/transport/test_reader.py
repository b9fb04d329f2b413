"""The thread that reads sockets and runs actors."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from websockets.http11 import Request

from tests.helpers.fakes import CrashLog
from tests.helpers.frames import request, text
from tests.helpers.plans import accept_all
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.errors import ActorGone
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.values.inbound import Inbound, TextReceived
from websocket_mock.actors.values.ports import SystemClock
from websocket_mock.actors.values.tls import TlsPlan
from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.connection import Connection
from websocket_mock.transport.reader import Reader
from websocket_mock.transport.roles import Greeting, HttpAnswer, Peer


class Upstairs:
    """The upper side: answers every text in upper case, and has a bug at the word `bug`."""

    def __init__(self) -> None:
        self.opened: list[Peer] = []
        self.ended = 0

    def answers_path(self, path: str) -> bool:
        return True

    def plan_handshake(self, connection: Peer, request: Request) -> HandshakePlan:
        delay = 0.001 if request.path == "/late-bug" else 0.0
        return replace(accept_all(request), delay=delay)

    def answers_http(self, path: str) -> bool:
        return False

    def begin_http(self, connection: Peer, *request: object) -> HttpAnswer:
        raise AssertionError("there are no HTTP rules here")

    def connection_opened(self, connection: Peer, plan: HandshakePlan) -> None:
        assert plan.request.path != "/late-bug"
        self.opened.append(connection)

    def inbound_received(self, connection: Peer, events: tuple[Inbound, ...]) -> None:
        for event in events:
            assert isinstance(event, TextReceived)
            assert event.text != "bug"
            connection.outbox.send_text(event.text.upper().encode())

    def connection_lost(self, connection: Peer, code: int, reason: str, *, was_clean: bool) -> None:
        pass

    def plan_tls(self, opening: Greeting) -> TlsPlan:
        raise AssertionError("there is no TLS here")

    def tls_failed(self, opening: Greeting, plan: TlsPlan, reason: str) -> None:
        raise AssertionError("there is no TLS here")

    def connection_ended(self) -> None:
        self.ended += 1


class ReaderBench:
    """A reader on its own thread, and sockets that it has adopted."""

    def __init__(self) -> None:
        self.crash_log = CrashLog()
        self.upstairs = Upstairs()
        self.dispatcher = Dispatcher("ws-reader-7", SystemClock())
        config = TransportConfig(compression=False, close_timeout=60)
        self.reader = Reader(self.dispatcher, config, self.crash_log, OutboxBudget(1_000_000))
        self._clients: list[socket.socket] = []

    def adopt(self) -> socket.socket:
        """Give the reader a connection and return its other end."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.settimeout(PATIENCE)
        self._clients.append(theirs)
        self.reader.adopt(ours, ("127.0.0.1", 1), self.upstairs, is_over_limit=False)
        return theirs

    def open(self) -> socket.socket:
        client = self.adopt()
        client.sendall(request())
        assert client.recv(1000).startswith(b"HTTP/1.1 101 ")
        return client

    def connection(self) -> Connection:
        """The one that was opened last."""
        connection = self.upstairs.opened[-1]
        assert isinstance(connection, Connection)
        return connection

    def end(self) -> None:
        self.reader.begin_stop()
        assert self.reader.finish_stop(0.0)
        for client in self._clients:
            client.close()


@contextmanager
def reading(*, is_started: bool = True) -> Iterator[ReaderBench]:
    bench = ReaderBench()
    if is_started:
        bench.reader.start()
    try:
        yield bench
    finally:
        bench.end()


def test_thread_has_the_name_of_its_dispatcher() -> None:
    with reading() as bench:
        name = bench.dispatcher.submit(lambda: threading.current_thread().name)
        assert name.get(timeout=PATIENCE) == bench.reader.name == "ws-reader-7"


def test_connections_are_read_and_answered() -> None:
    with reading() as bench:
        one, other = bench.open(), bench.open()
        one.sendall(text("one"))
        other.sendall(text("other"))
        assert one.recv(100) == b"\x81\x03ONE"
        assert other.recv(100) == b"\x81\x05OTHER"


def test_call_of_another_thread_wakes_the_reader() -> None:
    with reading() as bench:
        for _ in range(3):
            assert bench.dispatcher.submit(lambda: "done").get(timeout=1) == "done"


def test_timer_is_run_when_it_is_due() -> None:
    with reading() as bench:
        fired = threading.Event()

        bench.open()
        connection = bench.connection()

        def start_timer() -> None:
            bench.reader.call_later(connection, 0.01, fired.set)

        bench.dispatcher.call_soon(start_timer)
        assert fired.wait(PATIENCE)


def test_wake_up_calls_never_block_however_many_there_are() -> None:
    with reading(is_started=False) as bench:
        for _ in range(100_000):
            bench.dispatcher.wake()
        bench.reader.start()
        assert bench.dispatcher.submit(lambda: "done").get(timeout=PATIENCE) == "done"


def test_bug_in_one_connection_does_not_touch_the_others(log_lines: list[str]) -> None:
    with reading() as bench:
        good, bad = bench.open(), bench.open()
        bad.sendall(text("bug"))
        assert bad.recv(100) == b""
        good.sendall(text("good"))
        assert good.recv(100) == b"\x81\x04GOOD"
        assert bench.crash_log.crashes == []
    assert any("ERROR connection of" in line for line in log_lines)


def break_down() -> None:
    raise RuntimeError("a bug")


def break_a_timer(bench: ReaderBench) -> socket.socket:
    client = bench.open()
    connection = bench.connection()
    bench.dispatcher.call_soon(lambda: connection.call_later(0.001, break_down))
    return client


def break_a_look_at_the_backlog(bench: ReaderBench) -> socket.socket:
    client = bench.open()
    connection = bench.connection()

    def pause() -> None:
        connection.backlog = break_down  # type: ignore[assignment]
        bench.reader.check_later(connection)

    bench.dispatcher.call_soon(pause)
    return client


def break_a_delayed_handshake(bench: ReaderBench) -> socket.socket:
    client = bench.adopt()
    client.sendall(request("/late-bug"))
    return client


@pytest.mark.parametrize(
    "break_one", [break_a_timer, break_a_look_at_the_backlog, break_a_delayed_handshake]
)
def test_bug_at_any_time_ends_its_own_connection_only(
    break_one: Callable[[ReaderBench], socket.socket],
) -> None:
    with reading() as bench:
        good = bench.open()
        bad = break_one(bench)
        while bad.recv(1000):  # up to a response, if there is one, and the end
            pass
        good.sendall(text("good"))
        assert good.recv(100) == b"\x81\x04GOOD"
        assert bench.crash_log.crashes == []


def test_bug_in_the_loop_is_told_and_ends_the_reader(log_lines: list[str]) -> None:
    with reading() as bench:
        client = bench.open()
        bench.dispatcher.call_soon(break_down)
        assert client.recv(100) == b""
    assert bench.crash_log.names == ["ws-reader-7"]
    assert bench.upstairs.ended == 1
    assert any("ERROR reader ws-reader-7 broke" in line for line in log_lines)


def test_call_after_the_end_is_refused() -> None:
    with reading() as bench:
        pass
    with pytest.raises(ActorGone):
        bench.dispatcher.submit(lambda: None).get(timeout=PATIENCE)


def test_reader_that_never_started_can_be_stopped() -> None:
    with reading(is_started=False):
        pass


def test_stop_closes_clients_with_1001_and_waits_for_their_answer() -> None:
    with reading() as bench:
        client = bench.open()
        bench.reader.begin_stop()
        assert client.recv(100)[2:] == b"\x03\xe9server shutting down"
        client.close()
        assert bench.reader.finish_stop(PATIENCE)


def test_stop_drops_clients_that_do_not_answer() -> None:
    with reading() as bench:
        bench.open()
        bench.reader.begin_stop()
        assert bench.reader.finish_stop(0.05)
        assert bench.upstairs.ended == 1


def test_connection_that_comes_during_the_stop_is_turned_away() -> None:
    with reading() as bench:
        bench.open()
        bench.reader.begin_stop()
        late = bench.adopt()
        assert late.recv(100) == b""


def test_work_that_never_ends_does_not_delay_the_end() -> None:
    with reading() as bench:

        def go_on() -> None:
            bench.dispatcher.call_soon(go_on)

        bench.dispatcher.call_soon(go_on)
        bench.reader.begin_stop()
        assert bench.reader.finish_stop(PATIENCE)


def test_thread_that_hangs_is_reported_as_not_stopped() -> None:
    with reading() as bench:
        release = threading.Event()
        bench.dispatcher.call_soon(lambda: release.wait(PATIENCE) and None)
        bench.reader.begin_stop()
        assert not bench.reader.finish_stop(0.05)
        release.set()
