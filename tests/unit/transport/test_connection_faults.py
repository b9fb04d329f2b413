"""A connection whose bytes go out in pieces, that is not read, or whose line is dead."""

import pytest

from tests.helpers.connection_bench import ConnectionBench, open_bench
from tests.helpers.frames import close, text
from websocket_mock.actors.values.frames import TEXT, Pacing, RawFrame
from websocket_mock.actors.values.inbound import TextReceived

BY_TWO = Pacing(1.0, size=2)
SPLIT = Pacing(1.0, first=1)


def send(one: ConnectionBench, message: str, pacing: Pacing | None = None) -> None:
    one.outbox.pace(pacing)
    one.outbox.send_text(message.encode())
    one.outbox.pace(None)


def steps(one: ConnectionBench, count: int) -> list[bytes]:
    """What the client gets at once, and then each second."""
    one.run()
    pieces = [one.sent()]
    for _ in range(count):
        one.advance(1)
        one.run()
        pieces.append(one.sent())
    return pieces


# --- raw frames -----------------------------------------------------------------------------------


def test_raw_frames_and_bytes_go_out_as_they_are() -> None:
    with open_bench() as one:
        assert one.outbox.send_raw((RawFrame(TEXT, b"a", reserved=2), b"\xff\x00"))
        one.run()
        assert one.sent() == b"\xa1\x01a\xff\x00"


def test_nothing_raw_goes_out_behind_a_close_frame() -> None:
    with open_bench() as one:
        one.outbox.close(1000)
        assert not one.outbox.send_raw((b"x",))
        one.run()
        assert one.sent() == b"\x88\x02\x03\xe8"


def test_what_a_closing_connection_does_not_take_is_told() -> None:
    with open_bench() as one:
        outbox = one.outbox
        assert outbox.send_text(b"a")
        assert outbox.send_binary(b"a")
        assert outbox.send_fragments(b"a", is_text=True, fragments=1, compress=False)
        assert outbox.ping(b"")
        assert outbox.pong(b"")
        outbox.close(1000)
        assert not outbox.send_text(b"a")
        assert not outbox.send_binary(b"a")
        assert not outbox.send_fragments(b"a", is_text=True, fragments=1, compress=False)
        assert not outbox.ping(b"")
        assert not outbox.pong(b"")


# --- bytes in pieces ------------------------------------------------------------------------------


def test_paced_message_goes_out_in_pieces_each_at_its_time() -> None:
    with open_bench() as one:
        send(one, "abcd", BY_TWO)
        assert steps(one, 3) == [b"\x81\x04", b"ab", b"cd", b""]


def test_split_message_goes_out_in_two() -> None:
    with open_bench() as one:
        send(one, "abcd", SPLIT)
        assert steps(one, 2) == [b"\x81", b"\x04abcd", b""]


def test_what_was_sent_before_goes_first_and_whole() -> None:
    with open_bench() as one:
        one.outbox.send_text(b"first")
        send(one, "x", SPLIT)
        assert steps(one, 1) == [b"\x81\x05first\x81", b"\x01x"]


def test_what_is_sent_behind_waits_for_the_last_piece() -> None:
    with open_bench() as one:
        send(one, "a", SPLIT)
        send(one, "b")
        one.outbox.ping(b"p")
        assert steps(one, 2) == [b"\x81", b"\x01a\x81\x01b\x89\x01p", b""]


def test_two_paced_messages_keep_the_pause_between_them() -> None:
    with open_bench() as one:
        send(one, "a", BY_TWO)
        send(one, "b", BY_TWO)
        assert steps(one, 4) == [b"\x81\x01", b"a", b"\x81\x01", b"b", b""]


def test_message_that_was_not_taken_leaves_no_pieces() -> None:
    with open_bench() as one:
        one.outbox.close(1000)
        send(one, "a", BY_TWO)
        assert steps(one, 1) == [b"\x88\x02\x03\xe8", b""]


def test_close_frame_and_the_end_of_the_stream_come_behind_the_last_piece() -> None:
    with open_bench() as one:
        send(one, "ab", BY_TWO)
        one.receive(close(1000))
        one.outbox.answer_close()
        one.run()
        assert not one.has_closed()
        assert steps(one, 1) == [b"\x81\x02", b"ab\x88\x02\x03\xe8"]
        one.run()
        assert one.has_ended_stream()


def test_pieces_that_wait_count_for_a_slow_consumer() -> None:
    with open_bench(max_outbox_bytes=1024) as one:
        send(one, "x" * 1000, BY_TWO)
        one.run()
        assert one.outbox.send_text(b"y" * 100)
        one.run()
        assert not one.outbox.send_text(b"z")
        assert one.take_log() == [("lost", 1013, "slow consumer", False)]


def test_client_is_not_read_while_too_many_pieces_wait() -> None:
    with open_bench(outbox_pause_bytes=1024) as one:
        send(one, "x" * 2996, Pacing(1.0, size=1000))
        one.run()
        assert not one.is_reading
        for expected in (False, True):
            one.advance(1)
            one.run()
            assert one.is_reading is expected


def test_dropped_connection_has_no_pieces_and_no_timer() -> None:
    with open_bench() as one:
        send(one, "abcd", BY_TWO)
        one.connection.drop("why")
        assert len(one.dispatcher.scheduler) == 0


def test_client_that_goes_amid_the_pieces_is_lost_at_the_next() -> None:
    with open_bench() as one:
        send(one, "abcd", BY_TWO)
        one.run()
        one.client.close()
        one.connection.watched = 0
        one.clock.advance(1)
        one.dispatcher.run_ready()
        assert one.has_closed()
        assert len(one.dispatcher.scheduler) == 0


# --- not read -------------------------------------------------------------------------------------


def test_client_that_is_held_is_not_read_until_it_is_let_go() -> None:
    with open_bench() as one:
        one.outbox.hold_reading(is_held=True)
        one.receive(text("a"))
        assert (one.is_reading, one.take_log()) == (False, [])
        one.outbox.send_text(b"b")
        one.run()
        assert one.sent() == b"\x81\x01b"
        one.outbox.hold_reading(is_held=False)
        one.run()
        assert one.take_log() == [("inbound", TextReceived("a", 1))]


@pytest.mark.parametrize("is_frozen", [True, False])
def test_client_that_cannot_be_heard_is_no_silent_client(is_frozen: bool) -> None:
    with open_bench(ping_interval=20, ping_timeout=10) as one:
        change = one.outbox.freeze if is_frozen else one.connection.hold_reading
        key = "is_frozen" if is_frozen else "is_held"
        one.advance(20)
        assert one.sent() == b"\x89\x09keepalive"
        change(**{key: True})
        for _ in range(5):
            one.advance(20)
        assert (one.sent(), one.take_log()) == (b"", [])
        change(**{key: False})
        one.advance(19)
        assert one.sent() == b""
        one.advance(1)
        assert one.sent() == b"\x89\x09keepalive"


def test_keepalive_that_is_off_stays_off() -> None:
    with open_bench(ping_interval=0) as one:
        one.outbox.hold_reading(is_held=True)
        one.outbox.hold_reading(is_held=False)
        one.run()
        assert len(one.dispatcher.scheduler) == 0


# --- a dead line ----------------------------------------------------------------------------------


def test_nothing_passes_a_dead_line_either_way() -> None:
    with open_bench() as one:
        one.outbox.send_text(b"before")
        one.outbox.freeze(is_frozen=True)
        assert not one.outbox.send_text(b"lost")
        one.outbox.close(1000)
        one.receive(text("a"))
        assert one.sent() == b"\x81\x06before"
        assert (one.connection.watched, one.take_log()) == (0, [])
        one.outbox.freeze(is_frozen=False)
        one.outbox.send_text(b"after")
        one.run()
        one.run()
        assert one.sent() == b"\x81\x05after"
        assert one.take_log() == [("inbound", TextReceived("a", 1))]


def test_frame_that_was_half_sent_is_whole_when_the_line_is_alive_again() -> None:
    with open_bench() as one:
        send(one, "abcdef", BY_TWO)
        one.run()
        one.outbox.freeze(is_frozen=True)
        one.advance(1)
        one.advance(1)
        assert one.sent() == b"\x81\x06"
        one.outbox.freeze(is_frozen=False)
        one.outbox.send_text(b"x")
        assert steps(one, 2) == [b"abcd", b"ef\x81\x01x", b""]


def test_what_the_socket_did_not_take_is_whole_when_the_line_is_alive_again() -> None:
    with open_bench() as one:
        one.fill(5000)
        one.outbox.freeze(is_frozen=True)
        before = one.unsent()
        one.sent()
        one.run()
        assert one.unsent() == before
        one.outbox.freeze(is_frozen=False)
        one.run()
        one.run()
        assert one.unsent() < before


def test_end_that_was_due_comes_when_the_line_is_alive_again() -> None:
    with open_bench() as one:
        one.receive(close(1000))
        one.outbox.freeze(is_frozen=True)
        one.outbox.answer_close()
        one.run()
        assert one.sent() == b""
        one.outbox.freeze(is_frozen=False)
        one.outbox.answer_close()
        one.run()
        assert one.sent() == b"\x88\x02\x03\xe8"


def test_abort_comes_behind_pieces_that_wait_for_their_time() -> None:
    with open_bench() as one:
        send(one, "abcd", BY_TWO)
        one.outbox.abort(is_reset=False)
        assert one.take_log() == [("lost", 1006, "aborted", False)]
        assert not one.outbox.send_text(b"more")
        assert steps(one, 2) == [b"\x81\x04", b"ab", b"cd"]
        assert one.take_log() == [("ended",)]
        assert one.has_ended_stream()


def test_abort_waits_no_longer_than_the_close_timeout_for_pieces() -> None:
    with open_bench(close_timeout=1.5) as one:
        send(one, "abcd", BY_TWO)
        one.outbox.abort(is_reset=True)
        assert steps(one, 1) == [b"\x81\x04", b"ab"]
        one.advance(0.5)
        one.run()
        assert one.has_closed()
        assert len(one.dispatcher.scheduler) == 0


@pytest.mark.parametrize("is_reset", [True, False])
def test_dead_line_can_be_broken_off(is_reset: bool) -> None:
    with open_bench() as one:
        one.outbox.freeze(is_frozen=True)
        one.outbox.abort(is_reset=is_reset)
        assert one.has_closed()
        assert one.take_log() == [("lost", 1006, "aborted", False), ("ended",)]
        assert one.has_ended_stream()


def test_dead_line_ends_at_once_when_the_server_stops() -> None:
    with open_bench() as one:
        one.outbox.freeze(is_frozen=True)
        one.connection.go_away()
        assert one.has_closed()
        assert one.sent() == b""


def test_change_of_a_line_that_is_gone_does_nothing() -> None:
    with open_bench() as one:
        one.connection.drop("why")
        one.outbox.freeze(is_frozen=True)
        one.outbox.hold_reading(is_held=True)
        one.outbox.pace(BY_TWO)
        one.run()
        assert one.connection.watched == 0
        assert len(one.dispatcher.scheduler) == 0
