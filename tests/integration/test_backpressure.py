"""Clients that read, or whose actors work, more slowly than data comes."""

import threading
from selectors import EVENT_READ

import pytest

from tests.helpers.frames import BINARY, PONG, TEXT, frame, text
from tests.helpers.raw_client import RawClient, Received, opened
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.messages import DeliverText

pytestmark = pytest.mark.integration

CHUNK = bytes(50_000)


def push_until_gone(server: InProcessServer, client_id: str) -> None:
    """Send to a client that does not read until the server gives it up."""
    for _ in range(1000):
        report = server.gateway.push(bytes(200_000))
        if client_id not in {one.info.id for one in server.clients()}:
            return
        assert report.delivered >= 1
    raise AssertionError("200 MB were queued for a client that does not read")


def read_to_close(client: RawClient) -> tuple[int | None, str]:
    """Skip what comes before the close frame."""
    while (received := client.read_frame()).opcode != 8:
        pass
    return int.from_bytes(received.payload[:2]), received.payload[2:].decode()


def test_slow_consumer_is_closed_with_1013_and_counted() -> None:
    with (
        serving_here(max_outbox_bytes=500_000) as server,
        opened(server.port, receive_buffer=4096) as slow,
    ):
        (known,) = server.clients()
        push_until_gone(server, known.info.id)
        assert read_to_close(slow) == (1013, "slow consumer")
        assert server.stats().errors == 1
        assert server.stats().current_clients == 0
        assert server.closes() == [(1013, "server")]


def test_slow_consumer_does_not_slow_down_others() -> None:
    with (
        serving_here(max_outbox_bytes=500_000, close_timeout=0.2) as server,
        opened(server.port, receive_buffer=4096),
    ):
        (slow,) = server.clients()
        with opened(server.port) as quick:
            reader = threading.Thread(target=read_to_close, args=(quick,), name="quick-reader")
            reader.start()
            push_until_gone(server, slow.info.id)
            assert len(server.clients()) == 1
            server.stop()
            reader.join(PATIENCE)
            assert not reader.is_alive()


def test_slow_consumer_that_never_reads_is_cut_off() -> None:
    with (
        serving_here(max_outbox_bytes=500_000, close_timeout=0.1) as server,
        opened(server.port, receive_buffer=4096) as slow,
    ):
        (known,) = server.clients()
        push_until_gone(server, known.info.id)
        eventually(slow.is_cut_off)


def test_client_that_does_not_read_its_echoes_is_paused_and_loses_nothing() -> None:
    count = 600
    with (
        # Without the pause 30 MB of echoes would be far beyond what the outbox may hold.
        serving_here(outbox_pause_bytes=100_000, max_outbox_bytes=1_000_000) as server,
        opened(server.port) as client,
    ):
        sender = threading.Thread(
            target=lambda: client.send(*[frame(BINARY, CHUNK)] * count), name="sender"
        )
        sender.start()
        connection = server.connection()
        eventually(lambda: not connection.watched & EVENT_READ)
        for _ in range(count):
            assert client.read_frame() == Received(BINARY, CHUNK)
        sender.join(PATIENCE)
        client.send(frame(9, b"still here"))
        assert client.read_frame() == Received(PONG, b"still here")


def test_client_whose_actor_is_busy_is_paused_and_loses_nothing() -> None:
    with serving_here(max_mailbox_messages=100) as server, opened(server.port) as client:
        ((_, ref),) = server.gateway.find_clients()
        for _ in range(2000):
            ref.tell(DeliverText(b"pushed"))
        client.send(text("asked"))
        received = [client.read_frame() for _ in range(2001)]
        assert received.count(Received(TEXT, b"asked")) == 1
        client.send(text("again"))
        assert client.read_frame() == Received(TEXT, b"again")
