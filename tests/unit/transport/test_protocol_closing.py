"""How the protocol core ends a connection."""

import pytest
from websockets.frames import Close
from websockets.protocol import State

from tests.helpers.frames import close, frame, text
from tests.helpers.pair import Pair, open_protocol
from websocket_mock.actors.values.inbound import CloseReceived, ProtocolViolated

END = b""
"""How the core says that nothing more is to be sent."""


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_close_of_the_client_is_answered_with_its_own_code_and_reason(code: int) -> None:
    pair = Pair()
    pair.client.send_close(code, "because €")
    assert pair.to_server() == (CloseReceived(code, "because €"),)
    pair.server.answer_close()
    pair.to_client()
    assert pair.client.close_rcvd == Close(code, "because €")
    assert pair.client.close_sent == Close(code, "because €")


def test_close_without_code_is_answered_without_code() -> None:
    protocol = open_protocol()
    protocol.receive_data(close())
    protocol.answer_close()
    assert protocol.data_to_send() == [b"\x88\x00", END]


def test_close_in_the_middle_of_a_message_is_a_close() -> None:
    protocol = open_protocol()
    protocol.receive_data(text("a", fin=False) + close(1000))
    assert protocol.take_inbound() == (CloseReceived(1000, ""),)
    assert protocol.violation is None


def test_close_of_the_peer_is_kept() -> None:
    protocol = open_protocol()
    assert protocol.peer_close is None
    protocol.receive_data(close(1001, b"bye"))
    assert protocol.peer_close == CloseReceived(1001, "bye")


def test_close_is_answered_once() -> None:
    protocol = open_protocol()
    protocol.receive_data(close(1000))
    protocol.answer_close()
    protocol.data_to_send()
    protocol.answer_close()
    assert protocol.data_to_send() == []


def test_answer_without_a_close_does_nothing() -> None:
    protocol = open_protocol()
    protocol.answer_close()
    assert protocol.data_to_send() == []
    assert protocol.state is State.OPEN


def test_close_of_the_server_ends_with_the_answer_of_the_client() -> None:
    pair = Pair()
    pair.server.send_close(1001, "server shutting down")
    pair.to_client()
    assert pair.client.close_rcvd == Close(1001, "server shutting down")
    assert pair.to_server() == (CloseReceived(1001, "server shutting down"),)
    pair.server.answer_close()
    assert pair.server.data_to_send() == [END]


def test_close_of_both_at_once_ends_without_another_close_frame() -> None:
    protocol = open_protocol()
    protocol.send_close(1001)
    protocol.data_to_send()
    protocol.receive_data(close(4000))
    assert protocol.take_inbound() == (CloseReceived(4000, ""),)
    assert protocol.data_to_send() == [END]
    assert protocol.close_rcvd_then_sent is False


def test_data_that_comes_before_the_answer_to_our_close_is_still_read() -> None:
    protocol = open_protocol()
    protocol.send_close(1001)
    protocol.receive_data(text("crossed") + close(1001))
    assert len(protocol.take_inbound()) == 2


def test_failure_sends_the_code_and_ends_the_stream() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(3))
    protocol.complete_failure()
    assert protocol.data_to_send() == [b"\x88\x10\x03\xeainvalid opcode", END]
    assert protocol.state is State.CLOSING


def test_failure_is_completed_once() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(3))
    protocol.complete_failure()
    protocol.data_to_send()
    protocol.complete_failure()
    assert protocol.data_to_send() == []


def test_failure_without_a_violation_does_nothing() -> None:
    protocol = open_protocol()
    protocol.complete_failure()
    assert protocol.data_to_send() == []


def test_failure_after_our_close_ends_the_stream_without_another_close_frame() -> None:
    protocol = open_protocol()
    protocol.send_close(1001)
    protocol.data_to_send()
    protocol.receive_data(frame(3))
    assert protocol.take_inbound() == (ProtocolViolated(1002, "invalid opcode"),)
    protocol.complete_failure()
    assert protocol.data_to_send() == [END]


def test_client_that_is_failed_sees_the_code() -> None:
    pair = Pair()
    pair.server.receive_data(frame(1, b"\xff"))
    pair.server.complete_failure()
    pair.to_client()
    assert pair.client.close_rcvd is not None
    assert pair.client.close_rcvd.code == 1007


def test_state_is_closed_when_the_client_hangs_up_after_the_closing_handshake() -> None:
    protocol = open_protocol()
    protocol.receive_data(close(1000))
    protocol.answer_close()
    protocol.receive_data(b"whatever else")
    protocol.receive_eof()
    assert protocol.state is State.CLOSED
    assert protocol.violation is None
