"""A client that reads, or whose actor works, more slowly than it sends."""

import socket

import pytest

from tests.helpers.connection_bench import ConnectionBench, bench, open_bench
from tests.helpers.frames import close, request, text
from websocket_mock.actors.values.frames import Pacing
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.transport.outgoing import FLUSH_BYTES

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


def beyond_budget(one: ConnectionBench) -> None:
    """Let the connection have more unsent bytes than all connections may have."""
    one.outbox.send_binary(b"x" * 2 * one.budget.totals().most)
    one.run()


LOST_TO_BUDGET = ("lost", 1013, "slow consumer: the server has too many unsent bytes in all", False)


def test_client_beyond_the_budget_is_closed_with_1013_and_its_messages_are_discarded() -> None:
    with open_bench(max_total_outbox_bytes=50_000) as one:
        one.fill(1)
        rest = one.unsent()
        for _ in range(60):
            one.outbox.send_binary(b"Z" * 1000)
        one.run()
        assert one.take_log() == [LOST_TO_BUDGET]
        assert one.unsent() < rest + 100
        assert one.budget.totals().closed == 1
        sent = drain(one)
        assert sent.endswith(b"\x88\x3c\x03\xf5" + LOST_TO_BUDGET[2].encode())
        assert b"Z" not in sent


def test_client_that_holds_one_large_frame_beyond_the_budget_is_dropped() -> None:
    with open_bench(max_total_outbox_bytes=500_000) as one:
        beyond_budget(one)
        assert one.take_log() == [LOST_TO_BUDGET, ("ended",)]
        assert one.has_closed()
        assert one.budget.totals().unsent == 0
        assert one.budget.totals().closed == 1


@pytest.mark.parametrize("is_frozen", [True, False])
def test_client_that_cannot_get_a_close_frame_is_dropped(is_frozen: bool) -> None:
    with open_bench(max_total_outbox_bytes=50_000) as one:
        one.outbox.pace(Pacing(1.0, size=1000))
        one.outbox.send_binary(b"x" * 40_000)
        one.outbox.pace(None)
        one.run()
        one.outbox.freeze(is_frozen=is_frozen)
        one.connection.relieve()
        assert one.take_log() == [LOST_TO_BUDGET, ("ended",)]
        assert one.has_closed()


def test_connection_that_is_not_open_yet_is_dropped_without_a_report() -> None:
    with bench() as one:
        one.connection.relieve()
        assert one.take_log() == [("ended",)]


def test_paced_message_longer_than_a_write_stays_paced() -> None:
    with open_bench() as one:
        one.outbox.pace(Pacing(1.0, size=1000))
        one.outbox.send_binary(b"x" * FLUSH_BYTES)
        one.outbox.pace(None)
        one.run()
        assert len(one.sent()) == 1000


def test_long_message_is_written_before_the_actors_have_run() -> None:
    with open_bench() as one:
        one.outbox.send_binary(b"x" * FLUSH_BYTES)
        assert len(one.sent()) > 0
        before = one.unsent()
        assert one.budget.totals().unsent == before > 0


def test_connection_that_comes_near_the_budget_is_answered_with_503() -> None:
    with bench(max_total_outbox_bytes=50_000) as one:
        one.budget.note(one.connection, 46_000)
        with bench(budget=one.budget) as late:
            late.receive(request())
            answer = late.sent()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in answer
    assert answer.endswith(b"Too many unsent bytes; try again later.\n")


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
