"""Clients that do not read cost no more than the budget, and cost the others nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from tests.helpers.frames import BINARY, frame, request
from tests.helpers.mock_server import mocking
from tests.helpers.raw_client import RawClient, connected, opened
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.targets import OneClient
from websocket_mock.mcp_bridge.service.metrics import expose

pytestmark = pytest.mark.integration

OVER_BUDGET = "slow consumer: the server has too many unsent bytes in all"
CHUNK = 50_000


@contextmanager
def stalled(server: InProcessServer, count: int) -> Iterator[list[RawClient]]:
    """Clients that never read."""
    with ExitStack() as stack:
        yield [stack.enter_context(opened(server.port, receive_buffer=4096)) for _ in range(count)]


def push_until(
    server: InProcessServer, is_enough: Callable[[], bool], client: ClientId | None = None
) -> None:
    """Send to one client, or to all, until something is so."""
    for _ in range(2000):
        if is_enough():
            return
        if client is None:
            server.gateway.push(bytes(CHUNK))
        else:
            server.gateway.push(bytes(CHUNK), OneClient(client))
        server.gateway.flush()
    raise AssertionError("100 MB were sent")


def is_beyond(received: list[int], number: int) -> bool:
    return len(received) > number


def reasons(server: InProcessServer) -> list[str]:
    """Why connections were closed, as the journal has it."""
    server.gateway.flush()
    entries = server.gateway.history.read(EntryMatch(kind="close"), 0, 1000, None).entries
    assert {entry.details["by"] for entry in entries} <= {"server"}
    return [str(entry.details["reason"]) for entry in entries]


@pytest.mark.parametrize("io_threads", [1, 2])
def test_client_beside_many_that_never_read_loses_nothing(io_threads: int) -> None:
    count, most = 200, 4_000_000
    with (
        serving_here(
            max_total_outbox_bytes=most, close_timeout=0.2, io_threads=io_threads
        ) as server,
        stalled(server, 20),
        opened(server.port) as good,
    ):
        received: list[int] = []

        def read() -> None:
            while len(received) < count:
                received.append(int.from_bytes(good.read_frame().payload[:4]))

        reader = threading.Thread(target=read, name="good-reader")
        reader.start()
        for number in range(count):
            server.gateway.push(number.to_bytes(4) + bytes(CHUNK))
            # The good one may read late, but it is not the slowest.
            eventually(partial(is_beyond, received, number - 10))
            eventually(lambda: server.gateway.outbox_totals().unsent <= most)
        reader.join(PATIENCE)
        assert received == list(range(count))
        totals = server.gateway.outbox_totals()
        assert totals.closed >= 10
        eventually(lambda: len(reasons(server)) == totals.closed)
        assert set(reasons(server)) == {OVER_BUDGET}
        assert server.stats().errors == totals.closed


def test_slowest_is_closed_first() -> None:
    with (
        serving_here(max_total_outbox_bytes=2_000_000, close_timeout=0.2) as server,
        stalled(server, 2),
    ):
        first, second = (one.info.id for one in server.clients())
        totals = server.gateway.outbox_totals
        push_until(server, lambda: totals().unsent > 1_200_000, first)
        push_until(server, lambda: totals().closed == 1, second)
        assert [one.info.id for one in server.clients()] == [second]
        assert reasons(server) == [OVER_BUDGET]


def test_new_connection_near_the_budget_gets_503_until_clients_have_left() -> None:
    with serving_here(max_total_outbox_bytes=1_000_000) as server:
        totals = server.gateway.outbox_totals
        with stalled(server, 1):
            push_until(server, lambda: totals().unsent > 900_000)
            with connected(server.port) as late:
                answer = late.ask(request())
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert answer.body == "Too many unsent bytes; try again later.\n"
            assert (totals().refused, totals().closed) == (1, 0)
            metrics = expose(server.gateway, "1.2.3").decode().splitlines()
            name = "websocket_mock_outbox"
            assert f"{name}_bytes {float(totals().unsent)}" in metrics
            assert f"{name}_limit_bytes 1e+06" in metrics
            assert f"{name}_refused_connections_total 1.0" in metrics
            assert f"{name}_closed_connections_total 0.0" in metrics
        eventually(lambda: totals().unsent == 0)
        with opened(server.port):
            pass


def test_client_that_reads_again_is_told_1013_after_what_had_begun_to_leave() -> None:
    with (
        serving_here(max_total_outbox_bytes=1_000_000) as server,
        stalled(server, 1) as (slow,),
    ):
        small = bytes(5000)
        for _ in range(10_000):
            server.gateway.push(small)
            if server.gateway.outbox_totals().closed:
                break
        received = slow.read_frame()
        while received.opcode == BINARY or received.payload == small:
            received = slow.read_frame()
        assert (received.opcode, received.payload[:2]) == (8, (1013).to_bytes(2))
        assert received.payload[2:].decode() == OVER_BUDGET


def test_paced_bytes_count() -> None:
    drip = {"drip": {"size": 1, "interval": "1s"}}
    with (
        mocking({"unmatched": "echo", "faults": [drip]}, max_total_outbox_bytes=1_500_000) as mock,
        mock.open_raw() as slow,
    ):
        totals = mock.server.gateway.outbox_totals
        for _ in range(60):
            slow.send(frame(BINARY, bytes(20_000)))
        eventually(lambda: totals().unsent > 1_000_000)
        with stalled(mock.server, 1):
            (_, other) = (one.info.id for one in mock.server.clients())
            push_until(mock.server, lambda: totals().closed > 0, other)
            assert [one.info.id for one in mock.server.clients()] == [other]
