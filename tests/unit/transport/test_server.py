"""Where the transport listens, and what it does when it cannot."""

import errno
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.helpers.fakes import CrashLog
from tests.helpers.plans import accept_all
from tests.helpers.raw_client import connected, opened
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.values.ports import SystemClock
from websocket_mock.transport import server
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.errors import CannotListen
from websocket_mock.transport.listener import Listener
from websocket_mock.transport.server import WebSocketTransport


def make_transport(**settings: Any) -> WebSocketTransport:
    """A transport without an upper side: connections open, and nobody answers."""
    config = TransportConfig(**{"host": "127.0.0.1", "port": 0, "close_timeout": 0.2, **settings})
    dispatchers = [
        Dispatcher(f"ws-reader-{one}", SystemClock()) for one in range(config.io_threads)
    ]
    return WebSocketTransport(config, dispatchers, open_all, CrashLog())


def open_all(listener: Listener) -> None:
    listener.decide = lambda _, request: accept_all(request)


@contextmanager
def listening(**settings: Any) -> Iterator[WebSocketTransport]:
    transport = make_transport(**settings)
    try:
        transport.start()
        yield transport
    finally:
        transport.stop()


@contextmanager
def taken_ports(count: int) -> Iterator[int]:
    """Occupy so many ports in a row; give the first."""
    for _ in range(50):
        with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as first:
            start = first.getsockname()[1]
            try:
                for port in range(start + 1, start + count):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except (OSError, OverflowError):
                continue
            yield start
            return
    raise AssertionError("no free ports in a row")


def needs_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")


# --- life -------------------------------------------------------------------------------------


def test_status_tells_each_stage_of_life() -> None:
    transport = make_transport()
    assert transport.status().reason == "the WebSocket server has not been started"
    transport.start()
    assert (transport.status().is_running, transport.status().reason) == (True, None)
    transport.stop()
    assert not transport.status().is_running
    assert transport.status().reason == "the WebSocket server has been stopped"


def test_stop_without_a_start_leaves_nothing() -> None:
    transport = make_transport()
    transport.stop()
    transport.stop()


def test_status_tells_when_nobody_accepts_any_more() -> None:
    with listening() as transport:
        transport._listeners[0].shutdown()
        eventually(lambda: not transport.status().is_running)
        assert transport.status().reason == "a thread that accepts connections has ended"


def test_readers_answer_at_once() -> None:
    with listening(io_threads=3) as transport:
        answers = transport.check_readers(PATIENCE)
        assert len(answers) == 3
        assert all(taken is not None and taken < PATIENCE for taken in answers)


def test_readers_have_been_asked_before_something_else_is_done_meanwhile() -> None:
    with listening() as transport:
        barrier = transport._readers[0].dispatcher.submit
        (taken,) = transport.check_readers(0.0, lambda: barrier(lambda: None).get(timeout=PATIENCE))
        assert taken is not None


def test_reader_that_hangs_does_not_answer() -> None:
    with listening(io_threads=2) as transport:
        release = threading.Event()
        transport._readers[0].dispatcher.call_soon(lambda: release.wait(PATIENCE) and None)
        hanging, working = transport.check_readers(0.1)
        release.set()
        assert hanging is None
        assert working is not None


def test_reader_that_does_not_stop_is_logged(log_lines: list[str]) -> None:
    transport = make_transport()
    transport.start()
    release = threading.Event()
    transport._readers[0].dispatcher.call_soon(lambda: release.wait(PATIENCE) and None)
    transport.stop(timeout=0.05)
    release.set()
    assert any("ERROR reader ws-reader-0 did not stop in time" in line for line in log_lines)


def test_connections_are_spread_over_the_readers() -> None:
    with listening(io_threads=2) as transport, ExitStack() as stack:
        port = transport.status().port
        for _ in range(4):
            stack.enter_context(opened(port))
        assert [len(reader._connections) for reader in transport._readers] == [2, 2]


# --- where it listens -------------------------------------------------------------------------


def test_next_port_is_taken_where_the_first_is_in_use(log_lines: list[str]) -> None:
    with taken_ports(1) as first, listening(port=first) as transport:
        port = transport.status().port
        assert first < port < first + server.NEXT_PORTS
        with opened(port):
            pass
    warning = f"WARNING port {first} is in use, listening on {port}"
    assert any(warning in line for line in log_lines)


def test_any_port_is_taken_where_all_are_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BACK_OFF", 0.001)
    monkeypatch.setattr(server, "NEXT_PORTS", 3)
    with taken_ports(3) as first, listening(port=first) as transport:
        assert transport.status().is_running
        assert transport.status().port not in range(first, first + 3)


def test_port_that_becomes_free_meanwhile_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(server, "NEXT_PORTS", 1)
    monkeypatch.setattr(time, "sleep", lambda _: blocker.close())
    port = blocker.getsockname()[1]
    with listening(port=port) as transport:
        assert transport.status().port == port


def test_last_port_has_no_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BACK_OFF", 0)
    transport = make_transport(port=65_535)
    assert set(transport._candidates()) == {65_535}
    transport.stop()


def test_address_of_another_machine_cannot_be_listened_on() -> None:
    transport = make_transport(host="203.0.113.1", port=9004)
    with pytest.raises(CannotListen, match=re.escape("cannot listen on 203.0.113.1:9004: ")):
        transport.start()
    status = transport.status()
    assert not status.is_running
    assert status.reason is not None
    assert "203.0.113.1:9004" in status.reason
    transport.stop()


def test_host_that_is_no_host_cannot_be_listened_on() -> None:
    transport = make_transport(host="no host")
    with pytest.raises(CannotListen, match="cannot listen on no host:0: "):
        transport.start()
    transport.stop()


def test_localhost_is_both_addresses_with_one_port() -> None:
    needs_ipv6()
    with listening(host="localhost") as transport:
        port = transport.status().port
        assert transport.status().url == f"ws://localhost:{port}"
        for host in ("127.0.0.1", "::1"):
            with connected(port, host) as client:
                client.open()


def test_ipv6_address_is_written_in_brackets() -> None:
    needs_ipv6()
    with listening(host="::1") as transport:
        assert re.fullmatch(r"ws://\[::1\]:\d+", transport.status().url)


def ipv6_that_raises(numbers: list[int]) -> Callable[..., Listener]:
    """A listener whose IPv6 side fails with these errors, one after the other."""

    def make(family: socket.AddressFamily, *args: Any) -> Listener:
        if family == socket.AF_INET6 and numbers:
            number = numbers.pop(0)
            raise OSError(number, errno.errorcode[number])
        return Listener(family, *args)

    return make


def test_localhost_is_ipv4_alone_where_there_is_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "Listener", ipv6_that_raises([errno.EADDRNOTAVAIL]))
    with listening(host="localhost") as transport:
        assert len(transport._listeners) == 1
        assert transport.status().is_running


def test_port_that_is_in_use_on_ipv6_alone_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with taken_ports(1) as free:
        pass
    monkeypatch.setattr(server, "Listener", ipv6_that_raises([errno.EADDRINUSE]))
    with listening(host="localhost", port=free) as transport:
        assert transport.status().port > free


def test_free_port_that_is_in_use_on_ipv6_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "Listener", ipv6_that_raises([errno.EADDRINUSE]))
    with listening(host="localhost", port=0) as transport:
        assert transport.status().is_running


def test_localhost_whose_ports_are_all_in_use_on_ipv6_cannot_be_listened_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "Listener", ipv6_that_raises([errno.EADDRINUSE] * 100))
    transport = make_transport(host="localhost")
    with pytest.raises(CannotListen, match="cannot listen on localhost:0: "):
        transport.start()
    transport.stop()
