"""What holds for every sequence of messages, however it is cut up."""

import codecs
import struct
import zlib
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame, head_only, xor
from tests.helpers.pair import Pair, open_protocol
from tests.helpers.spoiling import cut, pieces
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    Inbound,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)
from websocket_mock.transport.protocol import ConnectionProtocol

MOST = 66_000
"""The limit of a message where it matters."""

masks = st.binary(min_size=4, max_size=4)
messages = st.one_of(
    st.text(max_size=300).map(lambda text: TextReceived(text, len(text.encode()))),
    st.binary(max_size=300).map(BinaryReceived),
    st.binary(max_size=125).map(PingReceived),
    st.binary(max_size=125).map(PongReceived),
)


@st.composite
def wire_forms(draw: st.DrawFn) -> tuple[list[bytes], list[Inbound]]:
    """Messages fragmented at random, with pings between fragments, cut into random reads."""
    wire = b""
    expected: list[Inbound] = []
    for message in draw(st.lists(messages, max_size=6)):
        match message:
            case PingReceived(payload) | PongReceived(payload):
                opcode = PING if isinstance(message, PingReceived) else PONG
                wire += frame(opcode, payload, mask=draw(masks))
            case TextReceived() | BinaryReceived():
                data = message.text.encode() if isinstance(message, TextReceived) else message.data
                opcode = TEXT if isinstance(message, TextReceived) else BINARY
                fragments = pieces(draw, data, most=4)
                for number, fragment in enumerate(fragments):
                    is_last = number == len(fragments) - 1
                    code = CONT if number else opcode
                    wire += frame(code, fragment, fin=is_last, mask=draw(masks))
                    if not is_last and draw(st.booleans()):
                        wire += frame(PING, b"between")
                        expected.append(PingReceived(b"between"))
        expected.append(message)
    return pieces(draw, wire, most=12), expected


@given(
    st.text(max_size=20),
    st.sampled_from([0, 130, 70_000]),
    st.sampled_from([1_000, 40_000, 300_000]),
)
def test_payload_of_a_text_in_one_frame_is_at_hand(text: str, padding: int, read: int) -> None:
    text += "€" * padding
    protocol = open_protocol()
    wire = memoryview(frame(TEXT, text.encode()) * 2)
    for begin in range(0, len(wire), read):
        protocol.receive_data(wire[begin : begin + read])
    received = protocol.take_inbound()
    assert [(one.text, one.data) for one in received if isinstance(one, TextReceived)] == [
        (text, text.encode())
    ] * 2


@given(wire_forms())
def test_events_do_not_depend_on_fragments_and_reads(
    form: tuple[list[bytes], list[Inbound]],
) -> None:
    reads, expected = form
    protocol = open_protocol()
    received: list[Inbound] = []
    for data in reads:
        protocol.receive_data(data)
        received += protocol.take_inbound()
    assert received == expected
    assert protocol.violation is None


@given(st.lists(st.one_of(st.text(max_size=2000), st.binary(max_size=2000)), max_size=5), st.data())
def test_compressed_messages_do_not_depend_on_reads(
    sent: list[str | bytes], data: st.DataObject
) -> None:
    pair = Pair(deflate=True)
    for message in sent:
        if isinstance(message, str):
            pair.client.send_text(message.encode())
        else:
            pair.client.send_binary(message)
    wire = b"".join(pair.client.data_to_send())
    received: list[Inbound] = []
    for read in data.draw(cut(wire, 8)):
        pair.server.receive_data(read)
        received += pair.server.take_inbound()
    assert [
        one.text if isinstance(one, TextReceived) else getattr(one, "data", one) for one in received
    ] == sent


def is_beginning_of_utf8(data: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


@given(
    st.one_of(
        st.binary(min_size=1, max_size=40),
        st.tuples(st.text(max_size=20), st.binary(max_size=3), st.text(max_size=5)).map(
            lambda parts: parts[0].encode() + parts[1] + parts[2].encode()
        ),
    ),
    masks,
    st.data(),
)
def test_text_fails_with_the_very_read_that_makes_it_invalid(
    payload: bytes, mask: bytes, data: st.DataObject
) -> None:
    protocol = open_protocol()
    # One byte is always missing, so that only the screening can find out.
    protocol.receive_data(head_only(0x81, len(payload) + 1, mask))
    seen = b""
    for read in data.draw(cut(payload, 6)):
        protocol.receive_data(xor_from(read, mask, len(seen)))
        seen += read
        assert (protocol.violation is None) == is_beginning_of_utf8(seen)
    assert protocol.violation in (None, *protocol.take_inbound())


def xor_from(data: bytes, mask: bytes, position: int) -> bytes:
    turn = position % 4
    return xor(data, mask[turn:] + mask[:turn])


@given(st.binary(max_size=200), st.data())
def test_any_bytes_give_events_and_at_most_one_violation_at_the_end(
    wire: bytes, data: st.DataObject
) -> None:
    whole, in_parts = open_protocol(), open_protocol()
    whole.receive_data(wire)
    expected = whole.take_inbound()
    received: list[Inbound] = []
    for read in data.draw(cut(wire, 6)):
        in_parts.receive_data(read)
        received += in_parts.take_inbound()
    assert without_details(received) == without_details(expected)
    assert not any(isinstance(one, ProtocolViolated) for one in expected[:-1])


def without_details(events: Iterable[Inbound]) -> list[Inbound]:
    """Which of two mistakes in one frame is found first depends on what has come of it."""
    return [ProtocolViolated(0, "") if isinstance(one, ProtocolViolated) else one for one in events]


class ByTheParser(ConnectionProtocol):
    """The protocol core that leaves all messages to the parser of `websockets`."""

    _may_skip_the_parser = property(lambda _: False, lambda _, __: None)


lengths = st.one_of(
    st.integers(0, 300), st.integers(124, 128), st.integers(0xFFFE, 0x1_0001), st.just(MOST + 1)
)
payloads = st.builds(
    lambda text, length, end: (text * length)[:length] + end,
    st.text(min_size=1, max_size=5).map(str.encode),
    lengths,
    st.sampled_from((b"", b"", b"\xff", "€".encode()[:2])),
)
reserved_bits = st.sampled_from((0, 0, 0, 4, 4, 1))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Whole messages, most of them good, and some frames that are none; all in one stream."""
    compressor = zlib.compressobj(wbits=-12)
    wire = b""
    for _ in range(draw(st.integers(1, 6))):
        opcode, reserved = draw(st.sampled_from((TEXT, TEXT, BINARY))), draw(reserved_bits)
        payload = draw(payloads)
        if reserved == 4 and draw(st.integers(0, 5)):
            payload = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
            payload = payload[:-4]
        wire += draw(
            st.sampled_from(
                (
                    *[frame(opcode, payload, reserved=reserved, mask=draw(masks))] * 9,
                    frame(PING, payload[:125]),
                    frame(PONG, payload[:125]),
                    frame(CLOSE, payload[:125]),
                    frame(opcode, payload, mask=None),
                    frame(opcode, payload, fin=False) + frame(CONT, payload),
                    # The length is not in its shortest form.
                    struct.pack("!BBQ", 0x80 | opcode, 0xFF, len(payload)) + bytes(4) + payload,
                    close(1000),
                )
            )
        )
    return wire


@given(streams(), st.booleans(), st.data())
def test_messages_are_the_same_with_and_without_the_parser(
    wire: bytes, deflate: bool, data: st.DataObject
) -> None:
    ours = open_protocol(deflate=deflate, max_message_bytes=MOST)
    parsed = open_protocol(ByTheParser, deflate=deflate, max_message_bytes=MOST)
    for read in data.draw(cut(wire, 8)):
        ours.receive_data(memoryview(read))
        parsed.receive_data(read)
        assert ours.take_inbound() == parsed.take_inbound()
        assert ours.is_mid_message == parsed.is_mid_message
    ours.receive_eof()
    parsed.receive_eof()
    assert (ours.violation, ours.state) == (parsed.violation, parsed.state)
