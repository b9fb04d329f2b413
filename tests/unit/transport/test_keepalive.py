"""Pings to a silent client, and the end of one that stays silent."""

from tests.helpers.connection_bench import open_bench
from tests.helpers.frames import PONG, close, frame, text

PING = b"\x89\x09keepalive"


def test_silent_client_is_pinged_after_the_interval() -> None:
    with open_bench(ping_interval=20) as one:
        one.advance(19.9)
        assert one.sent() == b""
        one.advance(0.1)
        assert one.sent() == PING


def test_client_that_says_something_is_not_pinged() -> None:
    with open_bench(ping_interval=20) as one:
        for _ in range(10):
            one.advance(15)
            one.receive(text("here"))
        assert one.sent() == b""


def test_interval_begins_with_the_last_sign_of_life() -> None:
    with open_bench(ping_interval=20) as one:
        one.advance(15)
        one.receive(text("here"))
        one.advance(19)
        assert one.sent() == b""
        one.advance(1)
        assert one.sent() == PING


def test_client_that_answers_stays() -> None:
    with open_bench(ping_interval=20, ping_timeout=10) as one:
        for _ in range(5):
            one.advance(20)
            assert one.sent() == PING
            one.receive(frame(PONG, b"keepalive"))
            one.advance(10)
            one.advance(10)
            assert one.sent() == PING
            one.receive(frame(PONG, b"keepalive"))
        assert [entry[0] for entry in one.take_log()] == ["inbound"] * 10


def test_part_of_a_message_is_a_sign_of_life() -> None:
    with open_bench(ping_interval=20, ping_timeout=10) as one:
        one.advance(20)
        one.receive(text("hello")[:3])
        one.advance(10)
        assert one.take_log() == []


def test_client_that_does_not_answer_is_closed_with_1011() -> None:
    with open_bench(ping_interval=20, ping_timeout=10) as one:
        one.advance(20)
        one.advance(9.9)
        assert one.take_log() == []
        one.advance(0.1)
        assert one.take_log() == [("lost", 1011, "keepalive ping timeout", False)]
        assert one.sent() == PING + b"\x88\x18\x03\xf3keepalive ping timeout"


def test_client_that_stays_silent_is_dropped_after_the_close_timeout() -> None:
    with open_bench(ping_interval=20, ping_timeout=10, close_timeout=5) as one:
        one.advance(20)
        one.advance(10)
        one.take_log()
        one.advance(5)
        assert one.take_log() == [("ended",)]


def test_answer_that_comes_too_late_changes_nothing() -> None:
    with open_bench(ping_interval=20, ping_timeout=10) as one:
        one.advance(20)
        one.advance(10)
        one.take_log()
        one.receive(frame(PONG, b"keepalive"), text("sorry"), close(1011))
        assert one.take_log() == []
        one.client.close()
        one.run()
        assert one.take_log() == [("ended",)]


def test_interval_of_zero_turns_keepalive_off() -> None:
    with open_bench(ping_interval=0) as one:
        one.advance(86_400)
        assert one.sent() == b""
        assert len(one.dispatcher.scheduler) == 0


def test_client_that_is_closing_is_not_pinged() -> None:
    with open_bench(ping_interval=20, close_timeout=100) as one:
        one.outbox.close(1001)
        one.run()
        one.sent()
        one.advance(20)
        assert one.sent() == b""


def test_client_that_began_to_close_after_the_ping_is_not_given_up() -> None:
    with open_bench(ping_interval=20, ping_timeout=10, close_timeout=100) as one:
        one.advance(20)
        one.outbox.close(1001)
        one.advance(10)
        assert one.take_log() == []


def test_dropped_connection_keeps_no_timer() -> None:
    with open_bench(ping_interval=20) as one:
        one.connection.drop("why")
        assert len(one.dispatcher.scheduler) == 0
