"""Bytes on their way to a socket that takes as much as the test says."""

import socket
import tracemalloc
from collections.abc import Iterator

import pytest

from websocket_mock.transport.write_buffer import LONG_BYTES, MAX_PIECES, WriteBuffer


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.settimeout(5)
        yield ours, theirs


def fill(buffer: WriteBuffer) -> int:
    """Write until the socket takes no more; return how much was written in all."""
    written = 0
    while not buffer.size:
        buffer.write([b"x" * 10_000])
        written += 10_000
    return written


def read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += sock.recv(size - len(data))
    return data


def test_pieces_are_sent_at_once_in_their_order(ends: tuple[socket.socket, socket.socket]) -> None:
    buffer = WriteBuffer(ends[0])
    assert buffer.write([b"one", b"two", b"three"])
    assert buffer.size == 0
    assert read(ends[1], 11) == b"onetwothree"


def test_nothing_to_write_is_nothing_taken(ends: tuple[socket.socket, socket.socket]) -> None:
    assert not WriteBuffer(ends[0]).write([])


def test_what_the_socket_does_not_take_is_kept(ends: tuple[socket.socket, socket.socket]) -> None:
    buffer = WriteBuffer(ends[0])
    written = fill(buffer)
    assert 0 < buffer.size <= 10_000
    assert len(read(ends[1], written - buffer.size)) == written - buffer.size


def test_full_socket_takes_nothing(ends: tuple[socket.socket, socket.socket]) -> None:
    buffer = WriteBuffer(ends[0])
    fill(buffer)
    unsent = buffer.size
    assert not buffer.write([b"later"])
    assert buffer.size == unsent + 5


def test_what_was_kept_is_sent_before_what_comes(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    buffer = WriteBuffer(ends[0])
    written = fill(buffer)
    unsent = buffer.size
    read(ends[1], written - unsent)
    assert buffer.write([b"first", b"second"])
    assert buffer.size == 0
    assert read(ends[1], unsent + 11) == b"x" * unsent + b"firstsecond"


def test_write_of_nothing_sends_what_was_kept(ends: tuple[socket.socket, socket.socket]) -> None:
    buffer = WriteBuffer(ends[0])
    written = fill(buffer)
    read(ends[1], written - buffer.size)
    assert buffer.write([])
    assert buffer.size == 0


def test_long_and_short_pieces_keep_their_order_however_little_the_socket_takes(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    buffer = WriteBuffer(ends[0])
    pieces = [
        bytes((number % 251,)) * (LONG_BYTES * 3 if number % 5 == 0 else number)
        for number in range(3 * MAX_PIECES)
    ]
    expected = b"".join(pieces)
    buffer.write(pieces[:7])
    for piece in pieces[7:100]:
        buffer.keep(piece)
    buffer.write(pieces[100:])
    received = b""
    while len(received) < len(expected):
        received += ends[1].recv(10_000)
        buffer.write([])
    assert received == expected
    assert buffer.size == 0


def test_long_piece_is_kept_without_a_copy(ends: tuple[socket.socket, socket.socket]) -> None:
    buffer = WriteBuffer(ends[0])
    fill(buffer)
    payload = bytes(1_000_000)
    tracemalloc.start()
    buffer.write([b"head", payload])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < len(payload) / 10


def test_lost_connection_is_an_error(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].close()
    with pytest.raises(OSError, match="Broken pipe"):
        WriteBuffer(ends[0]).write([b"x"])
