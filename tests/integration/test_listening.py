"""Where the whole server listens, on how many threads, and for how many clients."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.helpers.frames import request, text
from tests.helpers.http_client import taken_port
from tests.helpers.json_client import json_client
from tests.helpers.raw_client import RawClient, Received, connected, opened
from tests.helpers.server import own_threads, serving_here
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.scripts.operating_system import raise_file_limit

pytestmark = pytest.mark.integration

CROWD = 4000


@pytest.fixture
def _many_files() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] < 2 * CROWD + 500:
        pytest.skip(f"{CROWD} clients and their connections need more files than {limits[1]}")
    raise_file_limit()
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def needs_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_localhost_answers_on_both_addresses() -> None:
    needs_ipv6()
    with serving_here(host="localhost") as server:
        assert server.gateway.status().url == f"ws://localhost:{server.port}"
        with connected(server.port, "127.0.0.1") as four, connected(server.port, "::1") as six:
            for client in (four, six):
                client.open()
                client.send(text("hello"))
                assert client.read_frame().payload == b"hello"
            addresses = sorted(one.info.remote_address for one in server.clients())
            assert addresses[0].startswith("127.0.0.1:")
            assert addresses[1].startswith("[::1]:")


@pytest.mark.parametrize(
    ("host", "taken"),
    [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("localhost", "::1")],
)
def test_port_in_use_is_passed_over_and_the_other_one_reported(host: str, taken: str) -> None:
    """Of `localhost` on either of its addresses."""
    if taken == "::1":
        needs_ipv6()
    with taken_port(taken) as port, serving_here(host=host, port=port) as server:
        assert server.port != port
        with json_client(server.url()) as client:
            info = client.ask(type="get_stats")["stats"]["server_info"]
            assert info == {"host": host, "port": server.port, "is_running": True}


def test_address_that_cannot_be_had_is_a_status_and_no_error() -> None:
    with serving_here(host="203.0.113.1", port=9004) as server:
        status = server.gateway.status()
        assert not status.is_running
        assert status.reason is not None
        assert status.reason.startswith("cannot listen on 203.0.113.1:9004: ")
        assert not server.gateway.health().is_healthy


def test_several_readers_share_the_clients_and_all_answer() -> None:
    with serving_here(io_threads=4) as server, ExitStack() as stack:
        clients = [stack.enter_context(opened(server.port)) for _ in range(8)]
        for number, client in enumerate(clients):
            client.send(text(str(number)))
        for number, client in enumerate(clients):
            assert client.read_frame() == Received(1, str(number).encode())
        assert {f"ws-reader-{number}" for number in range(4)} <= own_threads()
        checks = {check.name for check in server.gateway.health().checks if check.is_healthy}
        assert {"reader-0", "reader-1", "reader-2", "reader-3", "listener"} <= checks


def test_broadcast_reaches_the_clients_of_every_reader() -> None:
    with serving_here(io_threads=3) as server, ExitStack() as stack:
        clients = [stack.enter_context(json_client(server.url())) for _ in range(6)]
        clients[0].send(type="broadcast", message="all")
        for other in clients[1:]:
            assert other.receive()["message"] == "all"
        assert clients[0].receive()["recipients"] == 5


def test_threads_do_not_grow_with_clients() -> None:
    with serving_here() as server, ExitStack() as stack:
        stack.enter_context(opened(server.port))
        before = threading.active_count()
        for _ in range(100):
            stack.enter_context(opened(server.port))
        assert threading.active_count() == before


@pytest.mark.usefixtures("_many_files")
def test_four_thousand_clients_are_answered_by_the_same_threads() -> None:
    with serving_here(ping_interval=0, close_timeout=5) as server, ExitStack() as stack:
        before = threading.active_count()
        crowd = connect_crowd(server.port, stack)
        assert threading.active_count() == before
        assert server.stats().current_clients == CROWD
        begin = time.monotonic()
        for number, client in enumerate(crowd):
            client.send(text(str(number)))
        for number, client in enumerate(crowd):
            assert client.read_frame().payload == b"%d" % number
        assert time.monotonic() - begin < PATIENCE
        for client in crowd:
            client.close()
        eventually(lambda: server.stats().current_clients == 0)
        assert server.stats().total_connections == CROWD


def connect_crowd(port: int, stack: ExitStack) -> list[RawClient]:
    """Open so many connections, some hundred handshakes at a time."""
    crowd = []
    for _ in range(CROWD // 200):
        group = [stack.enter_context(connected(port)) for _ in range(200)]
        for client in group:
            client.send(request())
        for client in group:
            assert client.read_answer().status == 101
        crowd += group
    return crowd
