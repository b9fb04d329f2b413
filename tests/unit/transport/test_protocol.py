"""What comes out of the protocol core when everything is as it should be."""

import zlib

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from tests.helpers.frames import BINARY, CONT, PING, PONG, TEXT, close, frame, request, text
from tests.helpers.pair import Pair, accept, open_protocol
from tests.helpers.plans import first_offer
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    TextReceived,
)
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.protocol import ConnectionProtocol

EURO = "€".encode()


def test_text_is_one_event_with_its_size_in_bytes() -> None:
    protocol = open_protocol()
    protocol.receive_data(text("5 €"))
    assert protocol.take_inbound() == (TextReceived("5 €", 5),)


def test_events_are_taken_once() -> None:
    protocol = open_protocol()
    protocol.receive_data(text("one"))
    protocol.take_inbound()
    assert protocol.take_inbound() == ()


def test_binary_is_bytes() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(BINARY, b"\x00\xff"))
    assert protocol.take_inbound() == (BinaryReceived(b"\x00\xff"),)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_empty_message_is_a_message(opcode: int) -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(opcode))
    expected = TextReceived("", 0) if opcode == TEXT else BinaryReceived(b"")
    assert protocol.take_inbound() == (expected,)


def test_fragments_are_joined() -> None:
    protocol = open_protocol()
    protocol.receive_data(text("a", fin=False))
    assert protocol.take_inbound() == ()
    protocol.receive_data(frame(CONT, b"b", fin=False))
    protocol.receive_data(frame(CONT, b"c"))
    assert protocol.take_inbound() == (TextReceived("abc", 3),)


def test_binary_fragments_are_joined() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(BINARY, b"\xe2", fin=False) + frame(CONT, b"\x82"))
    assert protocol.take_inbound() == (BinaryReceived(b"\xe2\x82"),)


def test_character_may_be_split_over_fragments() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(TEXT, EURO[:1], fin=False) + frame(CONT, b"", fin=False))
    protocol.receive_data(frame(CONT, EURO[1:]))
    assert protocol.take_inbound() == (TextReceived("€", 3),)


def test_control_frames_come_between_fragments_in_their_order() -> None:
    protocol = open_protocol()
    protocol.receive_data(
        text("a", fin=False)
        + frame(PING, b"1")
        + frame(CONT, b"b", fin=False)
        + frame(PONG, b"2")
        + frame(CONT, b"c")
    )
    assert protocol.take_inbound() == (
        PingReceived(b"1"),
        PongReceived(b"2"),
        TextReceived("abc", 3),
    )


def test_ping_is_reported_and_not_answered() -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(PING, b"x"))
    assert protocol.take_inbound() == (PingReceived(b"x"),)
    assert protocol.data_to_send() == []


def test_close_is_reported_and_not_answered() -> None:
    protocol = open_protocol()
    protocol.receive_data(close(1001, b"bye"))
    assert protocol.take_inbound() == (CloseReceived(1001, "bye"),)
    assert protocol.data_to_send() == []
    assert protocol.state is State.OPEN


def test_close_without_code_is_reported_as_1005() -> None:
    protocol = open_protocol()
    protocol.receive_data(close())
    assert protocol.take_inbound() == (CloseReceived(1005, ""),)


def test_what_follows_a_close_is_ignored() -> None:
    protocol = open_protocol()
    protocol.receive_data(close(1000) + text("late") + b"\xff\xff\xff")
    protocol.receive_data(text("later"))
    assert protocol.take_inbound() == (CloseReceived(1000, ""),)
    assert protocol.violation is None


def test_all_messages_of_one_read_come_together() -> None:
    protocol = open_protocol()
    protocol.receive_data(text("a") + text("b") + frame(BINARY, b"c"))
    expected = (TextReceived("a", 1), TextReceived("b", 1), BinaryReceived(b"c"))
    assert protocol.take_inbound() == expected


@pytest.mark.parametrize("size", [125, 126, 127, 0xFFFF, 0x1_0000])
def test_every_form_of_length_is_read(size: int) -> None:
    protocol = open_protocol()
    protocol.receive_data(frame(BINARY, bytes(size)))
    assert protocol.take_inbound() == (BinaryReceived(bytes(size)),)


@pytest.mark.parametrize("size", [0, 125, 126, 127, 0xFFFF, 0x1_0000])
@pytest.mark.parametrize("deflate", [False, True])
def test_client_reads_messages_of_every_length(size: int, deflate: bool) -> None:
    pair = Pair(deflate=deflate)
    pair.server.send_message(Opcode.TEXT, b"t" * size)
    pair.server.send_message(Opcode.BINARY, b"b" * size)
    assert pair.to_client() == [
        Frame(Opcode.TEXT, b"t" * size),
        Frame(Opcode.BINARY, b"b" * size),
    ]


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x82\x00"),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (0xFFFF, b"\x82\x7e\xff\xff"),
        (0x1_0000, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_length_is_sent_in_its_shortest_form(size: int, head: bytes) -> None:
    protocol = open_protocol()
    protocol.send_message(Opcode.BINARY, bytes(size))
    assert b"".join(protocol.data_to_send()) == head + bytes(size)


def test_compressed_messages_are_read() -> None:
    pair = Pair(deflate=True)
    pair.client.send_text(b"a" * 10_000)
    pair.client.send_binary(b"b", fin=False)
    pair.client.send_ping(b"between")
    pair.client.send_continuation(b"c" * 5000, fin=True)
    assert pair.to_server() == (
        TextReceived("a" * 10_000, 10_000),
        PingReceived(b"between"),
        BinaryReceived(b"b" + b"c" * 5000),
    )


def test_compressed_text_may_split_a_character() -> None:
    pair = Pair(deflate=True)
    pair.client.send_text(EURO[:2], fin=False)
    pair.client.send_continuation(EURO[2:], fin=True)
    assert pair.to_server() == (TextReceived("€", 3),)


def test_compressed_frame_that_is_still_arriving_is_not_screened() -> None:
    pair = Pair(deflate=True)
    pair.client.send_text(bytes(range(1, 127)) * 9)
    (data,) = pair.client.data_to_send()
    for byte in data:
        pair.server.receive_data(bytes((byte,)))
    (received,) = pair.server.take_inbound()
    assert isinstance(received, TextReceived)
    assert pair.server.violation is None


def test_compression_is_negotiated_where_both_want_it() -> None:
    pair = Pair(deflate=True)
    assert pair.response.headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate")
    assert [type(one) for one in pair.server.extensions] == [PerMessageDeflate]


def test_compression_without_a_common_context_is_read_and_sent() -> None:
    config = TransportConfig(compression=True)
    server = ConnectionProtocol(config, first_offer)
    offer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    server.receive_data(request(Sec_WebSocket_Extensions=offer))
    accept(server)
    server.data_to_send()
    for _ in range(2):
        compressor = zlib.compressobj(wbits=-12)
        payload = compressor.compress(b"a" * 100) + compressor.flush(zlib.Z_SYNC_FLUSH)
        server.receive_data(frame(TEXT, payload[:-4], reserved=4))
        server.send_message(Opcode.TEXT, b"b" * 100)
    assert server.take_inbound() == (TextReceived("a" * 100, 100),) * 2
    first, second = server.data_to_send()
    assert first == second


def test_compression_that_is_switched_off_is_not_agreed_to() -> None:
    config = TransportConfig(compression=False)
    protocol = ConnectionProtocol(config, first_offer)
    protocol.receive_data(request(Sec_WebSocket_Extensions="permessage-deflate"))
    response = accept(protocol)
    assert response.status_code == 101
    assert "Sec-WebSocket-Extensions" not in response.headers


def test_frames_sent_with_the_request_are_read_after_the_handshake() -> None:
    config = TransportConfig(compression=False)
    protocol = ConnectionProtocol(config, first_offer)
    protocol.receive_data(request() + text("early"))
    accept(protocol)
    assert protocol.take_inbound() == (TextReceived("early", 5),)
