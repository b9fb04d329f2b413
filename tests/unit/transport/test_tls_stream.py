"""What is encrypted arrives unchanged, however it is cut on its way."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.values.tls import TlsInfo
from websocket_mock.transport.tls.contexts import ServerSide, make_context
from websocket_mock.transport.tls.stream import (
    LEFT_BYTES,
    RECORD_BYTES,
    SealedWriteBuffer,
    TlsStream,
)

_CA = trustme.CA()
_SERVER = make_context()
_CA.issue_cert("localhost").configure_cert(_SERVER)
_CLIENT = ssl.create_default_context()
_CA.configure_trust(_CLIENT)

INFO = TlsInfo("TLSv1.3", "a cipher", "localhost", None, None)


class Line:
    """A client in memory, and the server's stream on a socket between them."""

    def __init__(self, *, has_close_notify: bool = True) -> None:
        ours, self.wire = socket.socketpair()
        self.ours = ours
        for end in (ours, self.wire):
            end.setblocking(False)
        self._to_client, self._from_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = _CLIENT.wrap_bio(
            self._to_client, self._from_client, server_hostname="localhost"
        )
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        side = _SERVER.wrap_bio(incoming, outgoing, server_side=True)
        assert isinstance(side, ServerSide)
        side.on_client_hello = lambda _: None
        for _ in range(3):
            for one, target, source in (
                (self.client, incoming, self._from_client),
                (side, self._to_client, outgoing),
            ):
                with suppress(ssl.SSLWantReadError):
                    one.do_handshake()
                target.write(source.read())
        self.stream = TlsStream(
            ours, side, incoming, outgoing, INFO, has_close_notify=has_close_notify
        )
        self.buffer = memoryview(bytearray(64 * 1024 + LEFT_BYTES))

    def say(self, data: bytes) -> bytes:
        """Return what the client has on its wire for these bytes."""
        self.client.write(data)
        return self._from_client.read()

    def receive(self) -> bytes:
        """All that the stream has for the server now."""
        received = b""
        with suppress(BlockingIOError):
            while True:
                with suppress(BlockingIOError):
                    data = self.stream.receive(1, self.buffer)
                    if not data:
                        return received
                    received += data
                # A part of a record is no data, and the rest of it may wait to be read.
                self.ours.recv(1, socket.MSG_PEEK)
        return received

    def hear(self) -> bytes:
        """All that the client can read."""
        with suppress(BlockingIOError):
            self._to_client.write(self.wire.recv(10_000_000))
        heard = b""
        with suppress(ssl.SSLWantReadError):
            while data := self.client.read():
                heard += data
        return heard

    def close(self) -> None:
        self.ours.close()
        self.wire.close()


@pytest.fixture
def line() -> Iterator[Line]:
    one = Line()
    yield one
    one.close()


@given(
    st.lists(st.integers(1, 3 * RECORD_BYTES), min_size=1, max_size=4),
    st.lists(st.integers(1, 20_000), max_size=6),
)
def test_bytes_of_the_client_arrive_however_they_are_cut(
    lengths: list[int], cuts: list[int]
) -> None:
    one = Line()
    try:
        messages = [bytes((number,)) * length for number, length in enumerate(lengths)]
        rest = b"".join(map(one.say, messages))
        received = b""
        for cut in [*cuts, *([20_000] * (len(rest) // 20_000 + 1))]:
            one.wire.sendall(rest[:cut])
            rest = rest[cut:]
            received += one.receive()
        assert received == b"".join(messages)
    finally:
        one.close()


def test_long_bytes_are_in_the_buffer_and_short_ones_are_not(line: Line) -> None:
    line.wire.sendall(line.say(b"a" * 5_000))
    long = line.stream.receive(10_000, line.buffer)
    line.wire.sendall(line.say(b"b"))
    short = line.stream.receive(10_000, line.buffer)
    assert isinstance(long, memoryview)
    assert (bytes(long[:1]), short) == (b"b", b"b")


def test_part_of_a_record_is_nothing_yet(line: Line) -> None:
    record = line.say(b"hello")
    line.wire.sendall(record[:7])
    with pytest.raises(BlockingIOError):
        line.stream.receive(1, line.buffer)
    line.wire.sendall(record[7:])
    assert line.stream.receive(1, line.buffer) == b"hello"


def test_end_of_the_stream_comes_after_its_last_bytes(line: Line) -> None:
    line.wire.sendall(line.say(b"last words"))
    with pytest.raises(ssl.SSLWantReadError):
        line.client.unwrap()
    line.wire.sendall(line._from_client.read() + b"nonsense")
    assert line.stream.receive(1, line.buffer) == b"last words"
    line.wire.sendall(b"more of it")
    assert line.stream.receive(1, line.buffer) == b""


def test_what_is_no_tls_is_an_error_of_the_connection(line: Line) -> None:
    line.wire.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(OSError, match=r"(?i)wrong.version.number|bad.record"):
        line.stream.receive(1, line.buffer)


@pytest.mark.parametrize("pieces", [[b"one"], [b"one", b"two"], [b"", b"x" * 100_000], [b""]])
def test_pieces_reach_the_client_in_their_order(line: Line, pieces: list[bytes]) -> None:
    SealedWriteBuffer(line.ours, line.stream).write(pieces)
    assert line.hear() == b"".join(pieces)


def test_unsent_bytes_are_kept_encrypted_and_in_order(line: Line) -> None:
    buffer = SealedWriteBuffer(line.ours, line.stream)
    line.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    written = b""
    while not buffer.size:
        written += b"a" * 10_000
        buffer.write([b"a" * 10_000])
    buffer.keep(b"kept")
    buffer.write([b"written"])
    heard = b""
    while buffer.size:
        heard += line.hear()
        buffer.write([])
    assert heard + line.hear() == written + b"keptwritten"


@pytest.mark.parametrize("has_close_notify", [True, False])
def test_end_is_announced_unless_a_fault_leaves_it_out(has_close_notify: bool) -> None:
    line = Line(has_close_notify=has_close_notify)
    try:
        line.stream.shutdown()
        line.ours.close()
        line._to_client.write(line.wire.recv(10_000))
        line._to_client.write_eof()
        if has_close_notify:
            assert line.client.read(1) == b""
        else:
            with pytest.raises(ssl.SSLEOFError):
                line.client.read(1)
    finally:
        line.close()
