"""One open connection, to its last byte."""

from tests.helpers.connection_bench import bench, open_bench
from tests.helpers.frames import BINARY, close, frame, request, text
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    ProtocolViolated,
    TextReceived,
)
from websocket_mock.transport.connection import READ_BYTES

GONE = "the client hung up without a close frame"


# --- while open -------------------------------------------------------------------------------


def test_messages_are_handed_over_and_answers_sent_in_one_write() -> None:
    with open_bench() as one:
        one.receive(text("a"), text("b"))
        assert one.take_log() == [("inbound", TextReceived("a", 1), TextReceived("b", 1))]
        one.outbox.send_text(b"A")
        one.outbox.send_binary(b"B")
        one.outbox.ping(b"?")
        one.outbox.pong(b"!")
        assert one.sent() == b""
        one.run()
        assert one.sent() == b"\x81\x01A\x82\x01B\x89\x01?\x8a\x01!"


def test_rest_of_a_long_message_is_read_at_once() -> None:
    data = bytes(READ_BYTES) + bytes(READ_BYTES) + b"."
    with open_bench() as one:
        one.receive(frame(BINARY, data))
        assert one.take_log() == []
        one.run()
        assert one.take_log() == [("inbound", BinaryReceived(data))]


def test_more_is_read_at_once_from_a_client_whose_latest_message_was_long() -> None:
    long, expected = frame(BINARY, bytes(READ_BYTES)), BinaryReceived(bytes(READ_BYTES))
    with open_bench() as one:
        one.receive(long)
        one.run()
        one.take_log()
        one.receive(long)
        assert one.take_log() == [("inbound", expected)]
        one.receive(text("a"))
        one.take_log()
        one.receive(long)
        assert one.take_log() == []
        one.run()
        assert one.take_log() == [("inbound", expected)]


def test_nothing_to_read_after_all_is_no_loss() -> None:
    with open_bench() as one:
        one.connection.on_ready(1)
        assert one.take_log() == []


# --- the client closes ------------------------------------------------------------------------


def test_close_of_the_client_is_answered_when_the_actor_says_so() -> None:
    with open_bench() as one:
        one.receive(close(1000, b"bye"))
        assert one.take_log() == [("inbound", CloseReceived(1000, "bye"))]
        assert one.sent() == b""
        one.outbox.answer_close()
        one.run()
        assert one.sent() == b"\x88\x05\x03\xe8bye"
        assert one.take_log() == [("lost", 1000, "bye", True)]


def test_socket_is_closed_when_the_client_has_hung_up_too() -> None:
    with open_bench() as one:
        one.receive(close(1000))
        one.outbox.answer_close()
        one.run()
        assert not one.has_closed()
        one.client.close()
        one.run()
        assert one.has_closed()
        assert one.is_forgotten
        assert one.take_log()[-1] == ("ended",)


def test_client_that_never_hangs_up_is_dropped_after_the_close_timeout() -> None:
    with open_bench(close_timeout=5) as one:
        one.receive(close(1000))
        one.outbox.answer_close()
        one.run()
        one.receive(text("still here"))
        one.advance(5)
        assert one.has_closed()


def test_close_that_nobody_answers_ends_after_the_close_timeout() -> None:
    with open_bench(close_timeout=5) as one:
        one.receive(close(1000))
        one.take_log()
        one.advance(5)
        assert one.take_log() == [("lost", 1006, "no answer to the close frame", False), ("ended",)]


def test_client_that_hangs_up_without_a_close_frame_is_lost() -> None:
    with open_bench() as one:
        one.client.close()
        one.run()
        assert one.take_log() == [("lost", 1006, GONE, False), ("ended",)]
        assert one.has_closed()


def test_client_that_resets_the_connection_is_lost() -> None:
    with open_bench() as one:
        one.outbox.send_text(b"unread")
        one.run()
        one.client.close()
        one.run()
        assert one.take_log() == [("lost", 1006, "Connection reset by peer", False), ("ended",)]


def test_write_to_a_client_that_has_gone_is_a_loss() -> None:
    with open_bench() as one:
        one.client.close()
        one.outbox.send_text(b"x")
        one.connection.flush()
        assert one.take_log() == [("lost", 1006, "Broken pipe", False), ("ended",)]


def test_half_message_is_lost_with_its_client() -> None:
    with open_bench() as one:
        one.receive(text("hello")[:-1])
        one.client.close()
        one.run()
        assert one.take_log() == [("lost", 1006, GONE, False), ("ended",)]


# --- the server closes ------------------------------------------------------------------------


def test_close_of_the_server_ends_with_the_answer_of_the_client() -> None:
    with open_bench() as one:
        one.outbox.close(1001, "bye")
        one.run()
        assert one.sent() == b"\x88\x05\x03\xe9bye"
        one.receive(close(1001))
        assert one.take_log() == [
            ("inbound", CloseReceived(1001, "")),
            ("lost", 1001, "", True),
        ]
        assert one.has_ended_stream()


def test_client_that_does_not_answer_a_close_is_dropped_in_time() -> None:
    with open_bench(close_timeout=5) as one:
        one.outbox.close(1001)
        one.advance(4.9)
        assert not one.has_closed()
        one.advance(0.1)
        assert one.take_log() == [("lost", 1006, "no answer to the close frame", False), ("ended",)]


def test_close_is_sent_once() -> None:
    with open_bench() as one:
        one.outbox.close(1001)
        one.outbox.close(1011)
        one.run()
        assert one.sent() == b"\x88\x02\x03\xe9"


def test_close_before_the_handshake_does_nothing() -> None:
    with bench() as one:
        one.outbox.close(1001)
        one.run()
        assert one.sent() == b""


def test_nothing_is_sent_behind_a_close() -> None:
    with open_bench() as one:
        one.outbox.close(1001)
        one.outbox.send_text(b"late")
        one.outbox.ping(b"late")
        one.outbox.pong(b"late")
        one.run()
        assert one.sent() == b"\x88\x02\x03\xe9"


def test_close_crossing_an_unanswered_close_of_the_client_answers_it() -> None:
    with open_bench() as one:
        one.receive(close(1000))
        one.outbox.close(1011, "internal error")
        one.run()
        assert one.sent()[:1] in (b"", b"\x88")


def test_shutdown_crossing_an_unanswered_close_of_the_client_is_no_bug() -> None:
    with open_bench(close_timeout=5) as one:
        one.receive(close(1000))
        one.connection.go_away()
        one.advance(5)
        assert one.has_closed()


def test_shutdown_closes_an_open_connection_with_1001() -> None:
    with open_bench() as one:
        one.connection.go_away()
        one.run()
        assert one.sent()[2:] == b"\x03\xe9server shutting down"


def test_shutdown_drops_a_client_in_its_handshake() -> None:
    with bench() as one:
        one.receive(request()[:-2])
        one.connection.go_away()
        assert one.take_log() == [("ended",)]


def test_shutdown_drops_a_client_that_is_lost_already() -> None:
    with open_bench() as one:
        one.receive(close(1000))
        one.outbox.answer_close()
        one.run()
        one.connection.go_away()
        assert one.has_closed()


# --- failing ----------------------------------------------------------------------------------


def test_violation_is_answered_when_the_actor_says_so() -> None:
    with open_bench() as one:
        one.receive(text("good"), frame(3))
        violated = ProtocolViolated(1002, "invalid opcode")
        assert one.take_log() == [("inbound", TextReceived("good", 4), violated)]
        one.outbox.send_text(b"answer")
        one.outbox.fail()
        one.run()
        assert one.sent() == b"\x81\x06answer\x88\x10\x03\xeainvalid opcode"
        assert one.take_log() == [("lost", 1002, "invalid opcode", False)]
        assert one.has_ended_stream()


def test_violation_that_nobody_acts_on_ends_after_the_close_timeout() -> None:
    with open_bench(close_timeout=5) as one:
        one.receive(frame(3))
        one.advance(5)
        assert one.has_closed()


def test_shutdown_crossing_a_violation_is_no_bug() -> None:
    with open_bench() as one:
        one.receive(frame(3))
        one.connection.go_away()
        one.outbox.fail()
        one.run()
        assert one.sent()[2:4] == b"\x03\xe9"
        assert one.take_log()[-1] == ("lost", 1002, "invalid opcode", False)


def test_drop_closes_at_once_and_once() -> None:
    with open_bench() as one:
        one.connection.drop("why")
        one.connection.drop("again")
        assert one.take_log() == [("lost", 1006, "why", False), ("ended",)]


def test_methods_of_a_dropped_connection_do_nothing() -> None:
    with open_bench() as one:
        connection = one.connection
        connection.drop("why")
        one.take_log()
        one.outbox.send_text(b"x")
        one.outbox.close(1000)
        one.outbox.answer_close()
        one.outbox.fail()
        connection.flush()
        connection.go_away()
        assert connection.resume()
        assert one.take_log() == []


def test_dropped_connection_leaves_no_timer() -> None:
    with open_bench() as one:
        one.outbox.close(1001)
        one.connection.drop("why")
        assert len(one.dispatcher.scheduler) == 0
