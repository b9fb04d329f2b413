"""What the protocol core refuses, with which code, and when."""

from typing import Any

import pytest
from websockets.protocol import State

from tests.helpers.frames import (
    BINARY,
    CLOSE,
    CONT,
    MASK,
    PING,
    TEXT,
    close,
    frame,
    head_only,
    request,
    text,
    xor,
)
from tests.helpers.pair import Pair, open_protocol
from tests.helpers.plans import first_offer
from websocket_mock.actors.values.inbound import PingReceived, ProtocolViolated, TextReceived
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.protocol import ConnectionProtocol

FIRST = b"\x81"
"""Head of a whole text frame."""


def violation(data: bytes, **limits: Any) -> ProtocolViolated:
    """What the core says about this data, and nothing else."""
    protocol = open_protocol(**limits)
    protocol.receive_data(data)
    (event,) = protocol.take_inbound()
    assert isinstance(event, ProtocolViolated)
    return event


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (frame(TEXT, b"a", mask=None), "incorrect masking"),
        (frame(TEXT, b"a", reserved=4), "reserved bits must be 0"),
        (frame(TEXT, b"a", reserved=2), "reserved bits must be 0"),
        (frame(PING, b"a", reserved=1), "reserved bits must be 0"),
        *((frame(opcode, b""), "invalid opcode") for opcode in (3, 7, 0xB, 0xF)),
        (frame(CONT, b"a"), "unexpected continuation frame"),
        (text("a", fin=False) + text("b"), "expected a continuation frame"),
        (frame(BINARY, b"", fin=False) + frame(BINARY), "expected a continuation frame"),
        (frame(PING, b"a", fin=False), "fragmented control frame"),
        (frame(PING, bytes(126)), "control frame too long"),
        (frame(CLOSE, b"\x03"), "close frame too short"),
    ],
)
def test_what_breaks_the_framing_is_a_protocol_error(data: bytes, reason: str) -> None:
    assert violation(data) == ProtocolViolated(1002, reason)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_close_code_that_must_not_be_sent_is_a_protocol_error(code: int) -> None:
    assert violation(close(code)).code == 1002


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1011, 1014, 3000, 4999])
def test_close_code_that_may_be_sent_is_none(code: int) -> None:
    protocol = open_protocol()
    protocol.receive_data(close(code))
    assert protocol.violation is None


def test_close_reason_that_is_no_utf8_is_invalid_data() -> None:
    assert violation(close(1000, b"\xff")).code == 1007


@pytest.mark.parametrize(
    "payload", [b"\xff", b"a\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"]
)
def test_text_that_is_no_utf8_is_invalid_data(payload: bytes) -> None:
    assert violation(frame(TEXT, payload)).code == 1007


def test_character_that_the_last_fragment_leaves_open_is_invalid_data() -> None:
    assert violation(frame(TEXT, b"\xe2", fin=False) + frame(CONT, b"\x82")).code == 1007


def test_bad_fragment_fails_before_the_message_is_whole() -> None:
    assert violation(frame(TEXT, b"a\xff", fin=False)).code == 1007


def test_bad_byte_fails_before_its_frame_is_whole() -> None:
    assert violation(head_only(0x81, 10) + xor(b"a\xff", MASK)).code == 1007


@pytest.mark.parametrize("size", [1000, 100_000])
def test_bad_byte_fails_in_a_frame_with_a_long_length(size: int) -> None:
    assert violation(head_only(0x81, size) + xor(b"abcde\xff", MASK)).code == 1007


def test_bad_byte_fails_in_a_continuation_that_is_still_arriving() -> None:
    first = frame(TEXT, b"\xe2\x82", fin=False)
    assert violation(first + head_only(0x80, 10) + xor(b"\x20", MASK)).code == 1007


def test_good_character_split_over_fragments_and_reads_is_no_violation() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(TEXT, b"\xe2", fin=False) + head_only(0x80, 2))
    protocol.receive_data(xor(b"\x82\xac", MASK)[:1])
    assert protocol.violation is None
    protocol.receive_data(xor(b"\x82\xac", MASK)[1:])
    assert protocol.take_inbound() == (TextReceived("€", 3),)


def test_screening_begins_anew_after_a_control_frame() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(TEXT, b"\xe2", fin=False))
    protocol.receive_data(head_only(0x89, 2) + b"\x00")
    protocol.receive_data(b"\x00" + head_only(0x80, 3) + xor(b"\x82", MASK))
    assert protocol.violation is None
    protocol.receive_data(xor(b"\x82\xac\x21", MASK)[1:])
    (ping, message) = protocol.take_inbound()
    assert isinstance(ping, PingReceived)
    assert message == TextReceived("€!", 4)


def test_screening_begins_anew_with_each_message() -> None:
    protocol = open_protocol()
    first = frame(TEXT, b"0123456789")
    protocol.receive_data(first[:-1])
    protocol.receive_data(first[-1:] + head_only(0x81, 10) + xor(b"\xff", MASK))
    assert protocol.violation == ProtocolViolated(1007, "invalid start byte at position 0")


def test_binary_that_is_still_arriving_may_be_any_bytes() -> None:
    protocol = open_protocol()
    protocol.receive_data(head_only(0x82, 10) + xor(b"\xff\xff", MASK))
    protocol.receive_data(frame(CONT, b"")[:1])
    assert protocol.violation is None


def test_binary_continuation_that_is_still_arriving_may_be_any_bytes() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(BINARY, b"", fin=False) + head_only(0x80, 10) + b"\xff\xff")
    assert protocol.violation is None


def test_message_at_the_limit_is_taken() -> None:
    protocol = open_protocol(max_message_bytes=10)
    protocol.receive_data(text("0123456789"))
    assert protocol.violation is None


def test_frame_above_the_limit_fails_by_its_head_alone() -> None:
    failed = violation(head_only(0x81, 11), max_message_bytes=10)
    assert failed == ProtocolViolated(1009, "frame with 11 bytes exceeds limit of 10 bytes")


@pytest.mark.parametrize("second", [head_only(0x80, 6), frame(CONT, b"567890")])
def test_fragments_are_added_up(second: bytes) -> None:
    failed = violation(text("01234", fin=False) + second, max_message_bytes=10)
    reason = "frame with 6 bytes after reading 5 bytes exceeds limit of 10 bytes"
    assert failed == ProtocolViolated(1009, reason)


def test_control_frame_does_not_count_towards_the_message_around_it() -> None:
    protocol = open_protocol(max_message_bytes=10)
    protocol.receive_data(text("0123456789", fin=False) + frame(PING, b"ping") + frame(CONT))
    assert protocol.take_inbound() == (PingReceived(b"ping"), TextReceived("0123456789", 10))


def test_small_message_limit_does_not_shorten_control_frames() -> None:
    protocol = open_protocol(max_message_bytes=10)
    protocol.receive_data(frame(PING, bytes(125)))
    assert protocol.take_inbound() == (PingReceived(bytes(125)),)


def test_control_frame_that_claims_to_be_huge_fails_before_it_is_read() -> None:
    assert violation(head_only(0x89, 1 << 40), max_message_bytes=10).code in (1002, 1009)


def test_one_frame_more_than_allowed_is_too_big() -> None:
    data = text("a", fin=False) + frame(CONT, b"b", fin=False) * 2 + frame(CONT, b"c")
    failed = violation(data, max_message_frames=3)
    assert failed == ProtocolViolated(1009, "more than 3 frames in one message")


def test_frames_are_counted_per_message() -> None:
    protocol = open_protocol(max_message_frames=2)
    protocol.receive_data((text("a", fin=False) + frame(PING) + frame(CONT, b"b")) * 3)
    assert protocol.violation is None


def test_compressed_bomb_is_too_big() -> None:
    pair = Pair(deflate=True, max_message_bytes=1000)
    pair.client.send_text(b"0" * 1_000_000)
    (event,) = pair.to_server()
    assert isinstance(event, ProtocolViolated)
    assert event.code == 1009


def test_compressed_bomb_in_fragments_is_too_big() -> None:
    pair = Pair(deflate=True, max_message_bytes=1000)
    pair.client.send_text(b"0" * 600, fin=False)
    pair.client.send_continuation(b"0" * 600, fin=True)
    (event,) = pair.to_server()
    assert isinstance(event, ProtocolViolated)
    assert event.code == 1009


def test_what_is_no_deflate_stream_is_a_protocol_error() -> None:
    pair = Pair(deflate=True)
    pair.server.receive_data(frame(TEXT, b"\xff\xff\xff", reserved=4))
    assert pair.server.take_inbound() == (ProtocolViolated(1002, "decompression failed"),)


def test_good_messages_come_before_the_violation() -> None:
    protocol = open_protocol()
    protocol.receive_data(text("good") + frame(3) + text("ignored"))
    assert protocol.take_inbound() == (
        TextReceived("good", 4),
        ProtocolViolated(1002, "invalid opcode"),
    )


def test_violation_is_not_acted_on_before_the_word_is_given() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(3))
    assert protocol.data_to_send() == []
    assert protocol.state is State.OPEN


def test_data_after_a_violation_is_ignored() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(3))
    protocol.take_inbound()
    protocol.receive_data(text("late") + frame(3))
    assert protocol.take_inbound() == ()


def test_violation_before_the_handshake_is_answered_is_reported_once_it_is() -> None:
    config = TransportConfig(compression=False)
    protocol = ConnectionProtocol(config, first_offer)
    protocol.receive_data(request() + frame(3))
    assert protocol.take_inbound() == (ProtocolViolated(1002, "invalid opcode"),)


def test_end_of_the_stream_reports_nothing() -> None:
    protocol = open_protocol()
    protocol.receive_data(text("half")[:-2])
    protocol.receive_eof()
    assert protocol.take_inbound() == ()
    assert protocol.state is State.CLOSED
    assert protocol.violation is not None
    assert protocol.violation.code == 1006
