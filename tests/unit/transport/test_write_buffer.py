"""Bytes on their way to a socket that takes as much as the test says."""

import socket
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.transport.write_buffer import (
    JOINED_BYTES,
    KEPT_BYTES,
    LONG_BYTES,
    MAX_PIECES,
    SharedFrame,
    WriteBuffer,
)


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


def most_memory_of(pieces: Sequence[bytes], buffer: WriteBuffer) -> int:
    """How many bytes it takes to keep pieces that are there anyway."""
    tracemalloc.start()
    for piece in pieces:
        buffer.keep(piece)
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return now


@pytest.mark.parametrize("frame", [SharedFrame(bytes(200)), bytes(KEPT_BYTES), bytes(LONG_BYTES)])
def test_frame_that_others_have_too_is_kept_without_a_copy(
    ends: tuple[socket.socket, socket.socket], frame: bytes
) -> None:
    buffer = WriteBuffer(ends[0])
    assert most_memory_of([frame] * 1000, buffer) < 1000 * len(frame) / 10
    assert buffer.size == 1000 * len(frame)


def test_short_pieces_cost_little_more_than_their_bytes(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    pieces = [bytes((number % 251,)) * 20 for number in range(10_000)]
    assert most_memory_of(pieces, WriteBuffer(ends[0])) < 1.3 * 20 * 10_000


def test_what_has_left_does_not_wait_in_memory_for_what_has_not(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    tracemalloc.start()
    buffer = WriteBuffer(ends[0])
    written = fill(buffer)
    for _ in range(10_000):
        buffer.keep(bytes(100))
    whole = written + 10_000 * 100
    received = 0
    while whole - received > 50_000:
        received += len(ends[1].recv(20_000))
        buffer.write([])
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now < 4 * JOINED_BYTES


PIECES = st.lists(
    st.tuples(st.sampled_from(["short", "shared", "own", "long"]), st.integers(1, 300)), max_size=40
)


def piece_of(kind: str, size: int) -> tuple[bytes, ...]:
    """What a frame of a kind is given as, with numbers that tell where it begins."""
    body = b"[" + b"." * (size - 1) + b"]"
    match kind:
        case "short":
            return (body,)
        case "shared":
            return (SharedFrame(body),)
        case "own":
            return (body + b"]" * KEPT_BYTES,)
        case _:
            return (b"[", b"." * LONG_BYTES + body.replace(b"[", b"."))


@given(PIECES, st.integers(0, 100_000))
def test_what_is_left_when_frames_are_discarded_ends_with_the_end_of_a_frame(
    frames: list[tuple[str, int]], read_first: int
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        buffer = WriteBuffer(ours)
        buffer.write([b"[" + b"." * 1_000_000 + b"]"])
        expected = b"[" + b"." * 1_000_000 + b"]"
        for kind, size in frames:
            pieces = piece_of(kind, size)
            expected += b"".join(pieces)
            buffer.write(pieces)
        received = b""
        while len(received) < read_first:
            received += theirs.recv(50_000)
            buffer.write([])
        before = buffer.size
        buffer.discard_frames()
        assert buffer.size <= before
        buffer.write([b"<closed>"])
        with suppress(BlockingIOError):
            while True:
                received += theirs.recv(1_000_000)
                buffer.write([])
        assert buffer.size == 0
        kept, end = received[:-8], received[-8:]
        assert end == b"<closed>"
        assert expected.startswith(kept)
        assert len(kept) == len(expected) or expected[len(kept) : len(kept) + 1] == b"["


def test_frames_behind_the_first_ones_are_discarded(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    buffer = WriteBuffer(ends[0])
    fill(buffer)
    rest = buffer.size
    for _ in range(100):
        buffer.write([SharedFrame(bytes(5000))])
    buffer.discard_frames()
    assert buffer.size == rest


def test_all_is_discarded_when_the_connection_ends(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    buffer = WriteBuffer(ends[0])
    fill(buffer)
    buffer.clear()
    assert buffer.size == 0
    assert not buffer.write([])


def test_lost_connection_is_an_error(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].close()
    with pytest.raises(OSError, match="Broken pipe"):
        WriteBuffer(ends[0]).write([b"x"])
