import pytest
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from websocket_mock.scripts.dev.benchmark.wire import (
    ACCEPT,
    CLOSE,
    PING,
    WireError,
    handshake_request,
    masked_frame,
    opening_length,
    split_texts,
    text_frame,
)

SHORT, LONG = text_frame(b"x" * 125), text_frame(b"y" * 300)
SERVER_PING = b"\x89\x02hi"
ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n\r\n"


def open_server() -> tuple[ServerProtocol, bytes]:
    server = ServerProtocol()
    server.receive_data(handshake_request("localhost", 9004))
    (request,) = server.events_received()
    server.send_response(server.accept(request))  # type: ignore[arg-type]  # the one event there is
    return server, b"".join(server.data_to_send())


def test_websockets_accepts_the_handshake_and_its_answer_is_recognised() -> None:
    server, answer = open_server()
    assert server.state is State.OPEN
    assert opening_length(answer, has_welcome=False) == len(answer)


def test_handshake_asks_for_a_path() -> None:
    assert handshake_request("localhost", 9004).startswith(b"GET / HTTP/1.1\r\n")
    assert handshake_request("localhost", 9004, "/a/b").startswith(b"GET /a/b HTTP/1.1\r\n")


def test_handshake_offers_no_extension() -> None:
    assert b"extensions" not in handshake_request("localhost", 9004).lower()


def test_websockets_reads_ping_and_close() -> None:
    server, _ = open_server()
    server.receive_data(PING + CLOSE)
    text, close = server.events_received()
    assert (text.opcode, text.data) == (Opcode.TEXT, b'{"type":"ping"}')  # type: ignore[union-attr]
    assert close.opcode is Opcode.CLOSE  # type: ignore[union-attr]


def test_masked_frame_refuses_what_needs_a_longer_length() -> None:
    with pytest.raises(ValueError, match="short frames"):
        masked_frame(0x81, b"x" * 126)


def test_texts_are_split_up_to_the_last_complete_frame_wherever_the_read_ends() -> None:
    data = SHORT + SERVER_PING + LONG + SHORT
    short, long = b"x" * 125, b"y" * 300
    by_end = {
        0: [],
        len(SHORT): [short],
        len(SHORT + SERVER_PING): [short],
        len(SHORT + SERVER_PING + LONG): [short, long],
        len(data): [short, long, short],
    }
    for cut in range(len(data) + 1):
        complete = max(end for end in by_end if end <= cut)
        assert split_texts(data[:cut]) == (by_end[complete], complete)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x88\x02\x03\xe8", "closed a connection"),
        (b"\x82\x01x", "0x82"),
        (b"\x01\x01x", "0x01"),
        (b"\x81\x7f\0\0\0\0\0\1\0\0", "64 KiB"),
        (b"\x81\x81\0\0\0\0x", "masked"),
    ],
)
def test_what_no_server_should_send_is_an_error(data: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        split_texts(SHORT + data)


def test_opening_is_incomplete_until_its_last_byte() -> None:
    data = ANSWER + LONG
    for cut in range(len(data)):
        without = len(ANSWER) if cut >= len(ANSWER) else None
        assert opening_length(data[:cut], has_welcome=False) == without
        assert opening_length(data[:cut], has_welcome=True) is None
    assert opening_length(data, has_welcome=True) == len(data)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
        ANSWER.replace(ACCEPT, b"another"),
    ],
)
def test_a_refused_handshake_is_an_error_that_tells_the_status(answer: bytes) -> None:
    with pytest.raises(WireError, match="refused the handshake: HTTP"):
        opening_length(answer, has_welcome=False)


def test_headers_without_end_are_an_error() -> None:
    with pytest.raises(WireError, match="endless headers"):
        opening_length(b"HTTP/1.1 101 \r\n" + b"x" * 20_000, has_welcome=False)
