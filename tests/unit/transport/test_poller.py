"""Waiting for sockets, with epoll and with what the standard library has elsewhere."""

import select
import socket
import struct
from collections.abc import Callable, Iterator
from selectors import EVENT_READ, EVENT_WRITE

import pytest

from tests.helpers.wait import PATIENCE
from websocket_mock.transport import poller
from websocket_mock.transport.poller import EpollPoller, Poller, SelectorPoller, make_poller

BOTH = EVENT_READ | EVENT_WRITE
Pair = tuple[socket.socket, socket.socket]

needs_epoll = pytest.mark.skipif(not hasattr(select, "epoll"), reason="this system has no epoll")


@pytest.fixture(params=[pytest.param(EpollPoller, marks=needs_epoll), SelectorPoller])
def waiting(request: pytest.FixtureRequest) -> Iterator[Poller]:
    make: Callable[[], Poller] = request.param
    one = make()
    yield one
    one.close()


@pytest.fixture
def ends() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_nothing_is_ready(waiting: Poller, ends: Pair) -> None:
    waiting.register(ends[0].fileno(), EVENT_READ)
    assert waiting.poll(0) == []


@pytest.mark.parametrize(("wanted", "found"), [(EVENT_READ, EVENT_READ), (BOTH, BOTH)])
def test_socket_with_bytes_is_ready(waiting: Poller, ends: Pair, wanted: int, found: int) -> None:
    waiting.register(ends[0].fileno(), wanted)
    ends[1].send(b"a")
    assert waiting.poll(PATIENCE) == [(ends[0].fileno(), found)]


def test_socket_with_room_is_ready(waiting: Poller, ends: Pair) -> None:
    waiting.register(ends[0].fileno(), EVENT_READ)
    waiting.modify(ends[0].fileno(), EVENT_WRITE)
    ends[1].send(b"a")
    assert waiting.poll(PATIENCE) == [(ends[0].fileno(), EVENT_WRITE)]


def test_socket_whose_peer_has_gone_is_to_be_read(waiting: Poller, ends: Pair) -> None:
    waiting.register(ends[0].fileno(), EVENT_READ)
    ends[1].close()
    ((fd, mask),) = waiting.poll(PATIENCE)
    assert fd == ends[0].fileno()
    assert mask & EVENT_READ


def test_socket_that_was_reset_is_to_be_read(waiting: Poller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    with ours:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        waiting.register(ours.fileno(), EVENT_READ)
        ((_, mask),) = waiting.poll(PATIENCE)
        assert mask & EVENT_READ


def test_socket_that_is_no_longer_waited_for_is_not_told(waiting: Poller, ends: Pair) -> None:
    waiting.register(ends[0].fileno(), EVENT_READ)
    waiting.unregister(ends[0].fileno())
    ends[1].send(b"a")
    assert waiting.poll(0) == []


def test_sockets_that_one_call_leaves_out_come_with_the_next(
    monkeypatch: pytest.MonkeyPatch, waiting: Poller
) -> None:
    monkeypatch.setattr(poller, "MAX_READY", 2)
    pairs = [socket.socketpair() for _ in range(5)]
    for ours, theirs in pairs:
        waiting.register(ours.fileno(), EVENT_READ)
        theirs.send(b"a")
    found: set[int] = set()
    while len(found) < len(pairs):
        for fd, _ in waiting.poll(PATIENCE):
            found.add(fd)
            next(ours for ours, _ in pairs if ours.fileno() == fd).recv(1)
    for pair in pairs:
        for end in pair:
            end.close()


def test_system_without_epoll_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "epoll", raising=False)
    one = make_poller()
    assert isinstance(one, SelectorPoller)
    one.close()
