"""The figures are exact when traffic is quiet."""

from contextlib import ExitStack

import pytest

from tests.helpers.frames import BINARY, CONT, PING, close, frame, text
from tests.helpers.journal import match_of
from tests.helpers.json_client import json_client
from tests.helpers.raw_client import opened
from tests.helpers.server import InProcessServer
from tests.helpers.wait import eventually

pytestmark = pytest.mark.integration


def test_messages_and_payload_bytes_are_counted_both_ways(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(text("5 €"), frame(BINARY, bytes(1000)), text("ab", fin=False))
        client.send(frame(PING, b"not counted"), frame(CONT, b"c"))
        for _ in range(4):
            client.read_frame()
        stats = server.stats()
        assert (stats.total_messages, stats.messages_sent) == (3, 3)
        assert (stats.bytes_received, stats.bytes_sent) == (1008, 1008)
        assert (stats.errors, stats.broadcasts) == (0, 0)


def test_counters_of_one_client_are_its_own(server: InProcessServer) -> None:
    with opened(server.port) as one, opened(server.port) as other:
        for _ in range(3):
            one.send(text("x"))
            one.read_frame()
        other.send(text("y"))
        other.read_frame()
        counted = [(client.messages_received, client.messages_sent) for client in server.clients()]
        assert counted == [(3, 3), (1, 1)]


@pytest.mark.parametrize("size", [3, 300_000])
def test_what_a_client_has_just_sent_is_in_the_figures_and_the_journal(
    server: InProcessServer, size: int
) -> None:
    with opened(server.port) as client:
        for sent in range(1, 51):
            client.send(text("x" * size))  # it does not wait for the answer
            assert server.stats().total_messages == sent
            received = match_of(kind="text", direction="received")
            server.gateway.flush()
            assert server.gateway.history.read(received, 0, 0, None).matched == sent
            client.read_frame()


def test_half_a_message_does_not_hold_up_the_figures(server: InProcessServer) -> None:
    with opened(server.port) as client, opened(server.port) as other:
        other.send(text("whole"))
        client.send(text("x" * 1000)[:500])
        assert server.stats().total_messages == 1
        client.send(text("x" * 1000)[500:])
        assert server.stats().total_messages == 2


def test_clients_are_counted_as_they_come_and_go(server: InProcessServer) -> None:
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(opened(server.port))
        assert (server.stats().current_clients, server.stats().total_connections) == (5, 5)
    eventually(lambda: server.stats().current_clients == 0)
    assert server.stats().total_connections == 5


def test_nothing_is_miscounted_under_load(server: InProcessServer) -> None:
    clients, messages = 20, 200
    with ExitStack() as stack:
        crowd = [stack.enter_context(opened(server.port)) for _ in range(clients)]
        for client in crowd:
            client.send(*[text("0123456789")] * messages)
        for client in crowd:
            for _ in range(messages):
                client.read_frame()
            client.send(close(1000))
            client.read_end()
    eventually(lambda: server.stats().current_clients == 0)
    stats = server.stats()
    assert stats.total_messages == stats.messages_sent == clients * messages
    assert stats.bytes_received == stats.bytes_sent == clients * messages * 10


def test_broadcasts_are_counted_once_each_and_their_copies_as_messages(
    server: InProcessServer,
) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(json_client(server.url())) for _ in range(5)]
        for client in crowd:
            client.send(type="broadcast", message="hello")
        for client in crowd:
            for _ in range(5):
                client.receive()
        stats = server.stats()
        assert stats.broadcasts == 5
        assert stats.total_messages == 5
        assert stats.messages_sent == 5 + 5 * 5
