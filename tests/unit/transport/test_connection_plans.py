"""A connection that follows the plan for its handshake: delays, refusals, aborts."""

from collections.abc import Callable
from typing import Any

import pytest
from websockets.http11 import Request

from tests.helpers.connection_bench import bench, open_bench
from tests.helpers.frames import request, text
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.transport.handshake_responses import read_request

NO_TIME = 3600.0


def planning(delay: float, ending: Any = None) -> Callable[[Request], HandshakePlan]:
    def make(asked: Request) -> HandshakePlan:
        found = read_request(asked, "127.0.0.1")
        return HandshakePlan(found, None, delay, ending or Accept(), ())

    return make


def test_delayed_acceptance_opens_the_connection_when_its_time_has_come() -> None:
    with bench(plan=planning(5.0), ping_interval=0) as one:
        one.receive(request("/a"))
        one.advance(4.9)
        assert one.sent() == b""
        assert one.take_log() == []
        one.advance(0.2)
        assert one.sent().startswith(b"HTTP/1.1 101 ")
        assert one.take_log() == [("opened", "/a")]


def test_delay_may_be_longer_than_a_client_has_for_its_handshake() -> None:
    with bench(plan=planning(60.0), handshake_timeout=10, ping_interval=0) as one:
        one.receive(request())
        one.advance(60)
        assert one.sent().startswith(b"HTTP/1.1 101 ")


def test_connection_works_after_a_delay_as_any_other() -> None:
    with bench(plan=planning(5.0), ping_interval=0) as one:
        one.receive(request("/"))
        one.advance(5)
        one.take_log()
        one.receive(text("a"))
        assert one.take_log() == [("inbound", TextReceived("a", 1))]


def test_delayed_refusal_is_answered_and_ends_the_stream() -> None:
    with bench(plan=planning(5.0, Reject(status=503))) as one:
        one.receive(request())
        assert one.sent() == b""
        one.advance(5)
        assert one.sent().startswith(b"HTTP/1.1 503 ")
        assert one.has_ended_stream()


def test_stall_for_ever_says_nothing_and_keeps_the_connection() -> None:
    with bench(plan=planning(FOR_EVER), handshake_timeout=10) as one:
        one.receive(request())
        one.advance(NO_TIME)
        assert one.sent() == b""
        assert not one.has_closed()
        assert not one.has_ended_stream()


@pytest.mark.parametrize("delay", [5.0, FOR_EVER])
def test_client_that_gives_up_while_it_waits_is_gone_without_having_been_there(
    delay: float,
) -> None:
    with bench(plan=planning(delay)) as one:
        one.receive(request())
        one.client.close()
        one.run()
        assert one.has_closed()
        assert one.take_log() == [("ended",)]
        assert len(one.dispatcher.scheduler) == 0
        one.advance(10)
        assert one.take_log() == []


@pytest.mark.parametrize("delay", [5.0, FOR_EVER])
def test_shutdown_drops_a_client_that_waits_for_its_answer(delay: float) -> None:
    with bench(plan=planning(delay)) as one:
        one.receive(request())
        one.connection.go_away()
        assert one.take_log() == [("ended",)]
        assert len(one.dispatcher.scheduler) == 0


def test_client_must_wait_for_its_answer() -> None:
    with bench(plan=planning(5.0)) as one:
        one.receive(request())
        one.receive(text("early"))
        assert one.has_closed()
        assert one.take_log() == [("ended",)]


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("delay", [0.0, 5.0])
def test_aborted_handshake_gets_no_answer(kind: str, delay: float) -> None:
    with bench(plan=planning(delay, kind)) as one:
        one.receive(request())
        one.advance(delay)
        assert one.has_closed()
        assert one.sent() == b""
        assert one.take_log() == [("ended",)]


@pytest.mark.parametrize("is_reset", [True, False])
def test_abort_sends_what_came_before_and_no_close_frame(is_reset: bool) -> None:
    with open_bench() as one:
        one.outbox.send_text(b"last")
        one.outbox.abort(is_reset=is_reset)
        assert one.has_closed()
        assert one.take_log() == [("lost", 1006, "aborted", False), ("ended",)]
        assert one.client.recv(100) == b"\x81\x04last"


def test_abort_of_a_closed_connection_does_nothing() -> None:
    with open_bench() as one:
        one.connection.drop("why")
        one.take_log()
        one.outbox.abort(is_reset=True)
        assert one.take_log() == []


def test_nothing_is_sent_behind_an_abort() -> None:
    with open_bench() as one:
        one.outbox.abort(is_reset=False)
        one.outbox.send_text(b"late")
        one.outbox.send_fragments(b"late", is_text=True, fragments=2, compress=True)
        one.run()
        assert one.sent() == b""


@pytest.mark.parametrize(
    ("payload", "fragments", "frames"),
    [
        (b"abc", 3, b"\x01\x01a\x00\x01b\x80\x01c"),
        (b"abcde", 2, b"\x01\x03abc\x80\x02de"),
        (b"abc", 1, b"\x81\x03abc"),
        (b"ab", 5, b"\x01\x01a\x80\x01b"),
        (b"", 3, b"\x81\x00"),
    ],
)
def test_message_is_sent_in_fragments(payload: bytes, fragments: int, frames: bytes) -> None:
    with open_bench() as one:
        one.outbox.send_fragments(payload, is_text=True, fragments=fragments, compress=True)
        one.run()
        assert one.sent() == frames


def test_binary_is_sent_in_fragments() -> None:
    with open_bench() as one:
        one.outbox.send_fragments(b"\x00\x01", is_text=False, fragments=2, compress=True)
        one.run()
        assert one.sent() == b"\x02\x01\x00\x80\x01\x01"
