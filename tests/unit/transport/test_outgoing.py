"""The outgoing half of a connection, with a socket pair and a log in the place of the rest."""

import socket
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from websockets.frames import Opcode
from websockets.protocol import State

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.kernel.scheduler import Scheduler, Timer
from websocket_mock.actors.values.frames import Pacing
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.outgoing import Outgoing
from websocket_mock.transport.protocol import ConnectionProtocol
from websocket_mock.transport.write_buffer import WriteBuffer

BY_TWO = Pacing(1.0, size=2)


class OutgoingBench:
    """Its connection, and the log of what it is told; the client is a socket."""

    def __init__(self) -> None:
        self.is_paused = False
        self.log: list[str] = []
        self.noted: list[int] = []
        self.clock = ManualClock()
        self.scheduler = Scheduler(self.clock)
        self.socket, self.client = socket.socketpair()
        for end in (self.socket, self.client):
            end.setblocking(False)
        config = TransportConfig(compression=False, max_outbox_bytes=2048, outbox_pause_bytes=1024)
        self.protocol = ConnectionProtocol(config, lambda _, __: None)
        self.protocol.state = State.OPEN
        request_flush = partial(self.log.append, "flush requested")
        unsent = WriteBuffer(self.socket)
        self.outgoing = Outgoing(
            unsent, self.socket, self.protocol, self, config, request_flush, self
        )

    # --- Timers -------------------------------------------------------------------------------

    def now(self) -> float:
        return self.clock.monotonic()

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        return self.scheduler.call_later(delay, callback)

    # --- Sending ------------------------------------------------------------------------------

    def heard(self) -> None:
        self.log.append("heard")

    def pause(self) -> None:
        self.log.append("paused")

    def update_watch(self) -> None:
        self.log.append("watch")

    def note_unsent(self, size: int) -> None:
        self.noted.append(size)

    def on_overflow(self) -> None:
        self.log.append("overflow")

    def on_end_of_stream(self) -> None:
        self.log.append("end of stream")

    def drop(self, reason: str) -> None:
        self.log.append(f"dropped: {reason}")
        self.socket.close()

    # --- what a test does ---------------------------------------------------------------------

    def note(self, what: str) -> Callable[[], None]:
        return lambda: self.log.append(what)

    def send(self, payload: bytes) -> None:
        assert self.outgoing.reserve(len(payload))
        self.protocol.send_message(Opcode.TEXT, payload)

    def flush(self) -> list[str]:
        """Flush; return what that led to."""
        self.log.clear()
        self.outgoing.flush()
        return self.log

    def fill(self) -> None:
        """Send until the socket takes no more, in messages that are no overflow."""
        while not self.outgoing.unsent.size:
            self.send(b"x" * 1000)
            self.outgoing.flush()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.scheduler.run_due()


@pytest.fixture
def one() -> Iterator[OutgoingBench]:
    bench = OutgoingBench()
    with bench.socket, bench.client:
        yield bench


def test_flush_is_requested_once_until_it_comes(one: OutgoingBench) -> None:
    one.send(b"a")
    one.send(b"b")
    assert one.log == ["flush requested"]
    one.outgoing.flush()
    one.send(b"c")
    assert one.log.count("flush requested") == 2


def test_what_was_sent_leaves_in_one_write(one: OutgoingBench) -> None:
    one.send(b"a")
    one.send(b"b")
    assert not one.outgoing.is_empty
    assert one.flush() == []
    assert one.client.recv(100) == b"\x81\x01a\x81\x01b"
    assert one.outgoing.is_empty


def test_more_than_the_limit_is_sent_if_a_flush_makes_room(one: OutgoingBench) -> None:
    one.send(b"a" * 2000)
    one.send(b"b" * 2000)
    assert "overflow" not in one.log


def test_more_than_the_limit_is_an_overflow_if_the_socket_is_full(one: OutgoingBench) -> None:
    one.fill()
    while one.outgoing.reserve(1000):
        one.protocol.send_message(Opcode.BINARY, b"x" * 1000)
    assert one.log[-1] == "overflow"
    assert one.outgoing.unsent.size < 4096


def test_watch_is_updated_as_long_as_something_waits_and_once_more(one: OutgoingBench) -> None:
    one.fill()
    assert one.flush() == ["watch"]
    while one.outgoing.unsent.size:
        one.client.recv(1_000_000)
        assert one.flush() == ["watch"]
    assert one.flush() == []


def test_watch_is_updated_when_a_paced_piece_has_left(one: OutgoingBench) -> None:
    one.outgoing.pace(BY_TWO)
    one.send(b"ab")
    one.outgoing.pace(None)
    one.advance(1)
    assert one.flush() == ["watch"]
    assert one.flush() == []


def test_connection_is_paused_while_much_waits(one: OutgoingBench) -> None:
    one.fill()
    one.send(b"x" * 1000)
    assert one.flush() == ["paused", "watch"]
    assert not one.outgoing.is_low


@pytest.mark.parametrize(("is_paused", "log"), [(True, ["heard"]), (False, [])])
def test_client_that_takes_bytes_while_it_is_paused_is_heard(
    one: OutgoingBench, is_paused: bool, log: list[str]
) -> None:
    one.is_paused = is_paused
    one.send(b"a")
    assert one.flush() == log


def test_nothing_is_taken_and_nothing_is_written_while_the_line_is_dead(one: OutgoingBench) -> None:
    one.send(b"a")
    one.outgoing.is_frozen = True
    assert not one.outgoing.reserve(1)
    assert one.flush() == []
    one.outgoing.is_frozen = False
    assert one.flush() == []
    assert one.client.recv(100) == b"\x81\x01a"


def test_nothing_is_taken_behind_a_close_frame(one: OutgoingBench) -> None:
    one.protocol.send_close(1000)
    assert not one.outgoing.reserve(1)


def test_lost_connection_is_dropped(one: OutgoingBench) -> None:
    one.client.close()
    one.send(b"a")
    assert one.flush() == ["dropped: Broken pipe"]
    assert one.flush() == []


def test_end_comes_once_all_has_left(one: OutgoingBench) -> None:
    one.outgoing.pace(BY_TWO)
    one.send(b"ab")
    one.outgoing.pace(None)
    one.outgoing.end(one.note("ended"))
    assert one.flush() == ["watch"]
    one.advance(1)
    assert one.flush() == ["ended"]
    assert one.client.recv(100) == b"\x81\x02ab"
    assert one.flush() == ["watch"]


def test_end_of_an_empty_connection_comes_with_the_next_flush(one: OutgoingBench) -> None:
    one.outgoing.end(one.note("ended"))
    assert one.flush() == ["ended"]


def test_end_of_the_stream_is_told_before_the_last_bytes_leave(one: OutgoingBench) -> None:
    one.protocol.send_message(Opcode.TEXT, b"a")
    one.protocol.send_eof()
    assert one.flush() == ["end of stream"]
    assert one.client.recv(100) == b"\x81\x01a"


def test_abort_takes_nothing_more_and_comes_once_all_has_left(one: OutgoingBench) -> None:
    one.send(b"a")
    one.outgoing.abort(one.note("aborted"))
    assert not one.outgoing.reserve(1)
    assert one.flush() == ["aborted"]
    assert one.client.recv(100) == b"\x81\x01a"


@pytest.mark.parametrize("is_end_first", [True, False])
def test_abort_goes_before_an_end_of_the_stream(one: OutgoingBench, is_end_first: bool) -> None:
    if is_end_first:
        one.outgoing.end(one.note("ended"))
    one.outgoing.abort(one.note("aborted"))
    if not is_end_first:
        one.outgoing.end(one.note("ended"))
    assert one.flush() == ["aborted"]


def test_bytes_that_the_socket_does_not_take_are_noted_whenever_they_change(
    one: OutgoingBench,
) -> None:
    one.send(b"a")
    one.flush()
    assert one.noted == []
    one.fill()
    assert one.noted == [one.outgoing.unsent.size]
    one.flush()
    one.send(b"more")
    one.flush()
    assert one.noted == [one.outgoing.unsent.size - 6, one.outgoing.unsent.size]
    one.client.recv(1_000_000)
    while one.outgoing.unsent.size:
        one.flush()
        one.client.recv(1_000_000)
    assert one.noted[-1] == 0


def test_paced_and_frozen_bytes_are_noted(one: OutgoingBench) -> None:
    one.outgoing.pace(BY_TWO)
    one.send(b"abcd")
    one.outgoing.pace(None)
    one.flush()
    assert one.noted == [4]
    one.outgoing.is_frozen = True
    one.advance(1)
    one.flush()
    one.outgoing.is_frozen = False
    one.flush()
    assert one.noted[-1] == 2
    one.advance(1)
    one.flush()
    assert one.noted[-1] == 0


def test_bytes_of_a_connection_that_ends_are_no_longer_noted(one: OutgoingBench) -> None:
    one.fill()
    one.outgoing.stop()
    assert one.noted[-1] == 0
    assert one.outgoing.unsent.size == 0


def test_what_has_not_begun_to_leave_can_be_discarded(one: OutgoingBench) -> None:
    one.fill()
    rest = one.outgoing.unsent.size
    one.send(b"x" * 500)
    one.flush()
    one.send(b"y")
    assert one.outgoing.discard()
    assert one.outgoing.unsent.size == one.noted[-1] == rest
    assert one.protocol.data_to_send() == []


def test_nothing_can_follow_on_a_dead_or_a_paced_line(one: OutgoingBench) -> None:
    one.outgoing.pace(BY_TWO)
    one.send(b"abcd")
    one.outgoing.pace(None)
    assert not one.outgoing.discard()
    for _ in range(2):
        one.advance(1)
    assert one.outgoing.discard()
    one.outgoing.is_frozen = True
    assert not one.outgoing.discard()


def test_stop_drops_what_waits_for_its_time(one: OutgoingBench) -> None:
    one.outgoing.pace(BY_TWO)
    one.send(b"ab")
    one.outgoing.pace(None)
    one.outgoing.stop()
    one.advance(1)
    assert one.client.recv(100) == b"\x81\x02"
    assert len(one.scheduler) == 0
