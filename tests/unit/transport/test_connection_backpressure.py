"""A client that reads, or whose actor works, more slowly than it sends."""

import socket

from tests.helpers.connection_bench import ConnectionBench, open_bench
from tests.helpers.frames import close, text
from websocket_mock.actors.values.inbound import TextReceived

PAUSE = 10_000
MOST = 100_000


def drain(one: ConnectionBench) -> bytes:
    """Let the client read all that is on its way."""
    data = b""
    while one.unsent():
        data += one.sent()
        one.run()
    return data + one.sent()


def test_client_that_does_not_read_is_not_read() -> None:
    with open_bench(outbox_pause_bytes=PAUSE) as one:
        one.fill(PAUSE + 1)
        assert not one.is_reading
        one.receive(text("not yet"))
        assert one.take_log() == []


def test_client_below_the_bound_is_read() -> None:
    with open_bench(outbox_pause_bytes=PAUSE) as one:
        one.fill(1)
        one.receive(text("hello"))
        assert one.take_log() == [("inbound", TextReceived("hello", 5))]


def test_client_that_reads_again_is_read_again() -> None:
    with open_bench(outbox_pause_bytes=PAUSE) as one:
        one.fill(PAUSE + 1)
        one.receive(text("later"))
        drain(one)
        one.run()
        one.run()
        assert one.take_log() == [("inbound", TextReceived("later", 5))]


def test_client_is_read_again_only_when_half_of_the_backlog_is_gone() -> None:
    with open_bench(outbox_pause_bytes=PAUSE, max_mailbox_messages=10) as one:
        waiting = 11
        one.connection.backlog = lambda: waiting
        one.receive(text("a"))
        assert not one.is_reading
        waiting = 6
        one.run()
        assert not one.is_reading
        waiting = 5
        one.run()
        assert one.is_reading


def test_full_mailbox_does_not_lose_what_was_read() -> None:
    with open_bench(max_mailbox_messages=10) as one:
        one.connection.backlog = lambda: 11
        one.receive(text("a"))
        assert one.take_log() == [("inbound", TextReceived("a", 1))]


def test_client_is_paused_while_either_backlog_is_high() -> None:
    with open_bench(outbox_pause_bytes=PAUSE, max_mailbox_messages=10) as one:
        waiting = 11
        one.connection.backlog = lambda: waiting
        one.receive(text("a"))
        one.fill(PAUSE + 1)
        waiting = 0
        one.run()
        assert not one.is_reading
        drain(one)
        one.run()
        assert one.is_reading


def test_client_beyond_the_outbox_limit_is_closed_with_1013() -> None:
    with open_bench(max_outbox_bytes=MOST) as one:
        one.fill(MOST - 1000)
        for _ in range(3):
            one.outbox.send_binary(b"x" * 1000)
        one.run()
        assert one.take_log() == [("lost", 1013, "slow consumer", False)]
        assert drain(one).endswith(b"\x88\x0f\x03\xf5slow consumer")


def test_nothing_more_is_queued_for_a_slow_consumer() -> None:
    with open_bench(max_outbox_bytes=MOST) as one:
        one.fill(MOST)
        for _ in range(500):
            one.outbox.send_binary(b"x" * 1000)
        one.run()
        assert one.unsent() < 2 * MOST


def test_slow_consumer_that_never_reads_is_dropped_after_the_close_timeout() -> None:
    with open_bench(max_outbox_bytes=MOST, close_timeout=5) as one:
        one.fill(MOST)
        one.outbox.send_binary(b"x" * 1000)
        one.outbox.send_binary(b"x" * 1000)
        one.advance(5)
        assert one.has_closed()
        assert [entry[0] for entry in one.take_log()] == ["lost", "ended"]


def test_message_above_the_outbox_limit_is_sent_to_a_client_that_reads() -> None:
    with open_bench(max_outbox_bytes=1024) as one:
        one.outbox.send_binary(b"x" * 50_000)
        one.outbox.send_binary(b"y" * 50_000)
        one.run()
        assert one.take_log() == []
        assert len(drain(one)) > 100_000


def test_client_that_goes_while_much_waits_for_it_is_lost_at_the_next_write() -> None:
    with open_bench(max_outbox_bytes=MOST) as one:
        one.fill(MOST - 1000)
        one.client.close()
        for _ in range(3):
            one.outbox.send_binary(b"x" * 1000)
        assert one.take_log() == [("lost", 1006, "Broken pipe", False), ("ended",)]


def test_what_waits_is_sent_to_a_client_that_only_stopped_sending() -> None:
    with open_bench() as one:
        one.fill(5000)
        one.client.shutdown(socket.SHUT_WR)
        one.run()
        assert one.take_log() == [("lost", 1006, "the client hung up without a close frame", False)]
        drain(one)
        one.run()
        assert one.has_closed()


def test_client_that_stopped_sending_and_does_not_read_is_dropped_in_time() -> None:
    with open_bench(close_timeout=5) as one:
        one.fill(5000)
        one.client.shutdown(socket.SHUT_WR)
        one.run()
        one.advance(5)
        assert one.has_closed()


def test_answer_to_a_close_waits_behind_what_is_unsent() -> None:
    with open_bench() as one:
        one.fill(5000)
        one.receive(close(1000))
        one.outbox.answer_close()
        one.run()
        assert drain(one).endswith(b"\x88\x02\x03\xe8")
        one.run()
        assert one.has_ended_stream()


def test_paused_client_that_reads_a_little_is_no_silent_client() -> None:
    with open_bench(outbox_pause_bytes=1024, ping_interval=20, ping_timeout=20) as one:
        one.fill(MOST)
        for _ in range(5):
            one.advance(19)
            assert one.sent()
            one.run()
            one.fill(MOST)
        assert not one.is_reading
        assert one.take_log() == []


def test_paused_client_that_reads_nothing_is_a_silent_client() -> None:
    with open_bench(outbox_pause_bytes=1024, ping_interval=20, ping_timeout=20) as one:
        one.fill(MOST)
        one.advance(20)
        one.advance(20)
        assert one.take_log() == [("lost", 1011, "keepalive ping timeout", False)]


def test_flush_of_an_idle_connection_does_nothing() -> None:
    with open_bench() as one:
        one.connection.flush()
        assert one.sent() == b""
        assert one.is_reading
