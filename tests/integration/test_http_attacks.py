"""Hostile, broken and slow HTTP clients. A good one beside them is answered."""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.helpers.frames import request
from tests.helpers.http_mock import HttpMock, http_mock, plain
from tests.helpers.raw_client import connected
from tests.helpers.wait import eventually

pytestmark = pytest.mark.integration

ANSWER: dict[str, Any] = {"respond": {"text": "answer"}}

CHUNKED = b"POST /mock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
BAD = [
    (CHUNKED + b"zz\r\n", 400),
    (CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", 400),
    (CHUNKED + b"5\r\nhello!\r\n0\r\n\r\n", 400),
    (CHUNKED + b"f" * 30 + b"\r\n", 400),
    (plain("POST", Content_Length="5", Transfer_Encoding="chunked") + b"0\r\n\r\n", 400),
    (plain("POST", Transfer_Encoding="chunked", Content_Length="5") + b"0\r\n\r\n", 400),
    (plain("POST", Content_Length="5")[:-2] + b"Content-Length: 6\r\n\r\nhello", 400),
    (plain("POST", Content_Length="-1"), 400),
    (plain("POST", Content_Length="9" * 5_000), 400),
    (plain("POST", Content_Length="1e3"), 400),
    (plain("POST", Transfer_Encoding="gzip, chunked"), 501),
    (plain("POST", Content_Length="2000"), 413),
    (plain("POST", Content_Length="2000", Expect="100-continue"), 413),
    (CHUNKED + b"7d0\r\n" + b"x" * 2_000, 413),
    (b"POST /mock HTTP/1.1\r\n\r\n", 400),
    (b"POST /mock HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    (b"POST /mock HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
    (b"POST /mock HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 2_000, 431),
    (b"GET /mock HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 2_000, 431),
]

LIMITS = {"max_message_bytes": 1_000, "max_header_bytes": 8_192}
QUICK = {"handshake_timeout": 0.3}


def check_good_client(mock: HttpMock) -> None:
    assert mock.get("/mock").text == "answer"


def test_bad_request_is_told_what_is_wrong_and_the_connection_ends() -> None:
    with http_mock(ANSWER, limits=LIMITS) as mock:
        for data, status in BAD:
            with connected(mock.server.port) as client:
                answer = client.ask(data)
                assert (data[:90], answer.status) == (data[:90], status)
                assert client.read_end() == b""
        check_good_client(mock)


def test_request_that_comes_slowly_has_the_time_of_a_handshake() -> None:
    parts = (b"", b"P", b"POST /mo", plain("POST")[:-2], plain("POST", Content_Length="9") + b"1")
    with http_mock(ANSWER, limits=QUICK) as mock, ExitStack() as stack:
        clients = [stack.enter_context(connected(mock.server.port)) for _ in parts]
        for client, part in zip(clients, parts, strict=True):
            client.send(part)
        for client in clients:
            assert client.read_end() == b""
        check_good_client(mock)


def test_next_request_of_a_connection_has_as_much_time() -> None:
    with http_mock(ANSWER, limits=QUICK) as mock, connected(mock.server.port) as client:
        assert client.ask(plain("GET")).body == "answer"
        client.send(b"POST /mock HTTP/1.1\r\n")
        assert client.read_end() == b""
        check_good_client(mock)


def test_client_that_waits_to_send_its_body_is_told_to() -> None:
    with http_mock({"respond": {"text": "{{ message.size }}"}}) as mock:
        with connected(mock.server.port) as client:
            client.send(plain("POST", Content_Length="5", Expect="100-continue"))
            assert client.read_answer().status == 100
            assert client.ask(b"hello").body == "5"


def test_requests_in_a_pipeline_are_answered_in_their_order() -> None:
    with http_mock({"respond": {"text": "{{ query.n }}"}}) as mock:
        with connected(mock.server.port) as client:
            client.send(*(plain("GET", f"/mock?n={n}") for n in range(100)))
            assert [client.read_answer().body for _ in range(100)] == [str(n) for n in range(100)]
            client.send(plain("POST", "/mock?n=last", b"x"), request("/mock"))
            assert client.read_answer().body == "last"
            assert client.read_answer().status == 101


def test_pipeline_behind_a_hanging_request_waits_unread() -> None:
    rules = ({"match": {"query": {"hang": "1"}}, "wait_for": "{{ endpoint_vars.go }}"},)
    release = {"match": {"query": {"go": "1"}}, "do": [{"set": {"endpoint_vars.go": True}}]}
    with http_mock({**rules[0], "respond": {}}, {**release, "respond": {}}, ANSWER) as mock:
        with connected(mock.server.port) as client:
            client.send(plain("GET", "/mock?hang=1"))
            many = plain("GET", "/mock?n=1") * 600
            client.send(many)
            eventually(lambda: mock.entries(kind="request"))
            mock.get("/mock?go=1")
            assert client.read_answer().status == 200
            assert [client.read_answer().body for _ in range(600)] == ["answer"] * 600


def test_old_client_has_its_answer_and_the_end_of_the_connection() -> None:
    with http_mock(ANSWER) as mock, connected(mock.server.port) as client:
        answer = client.ask(b"GET /mock HTTP/1.0\r\n\r\n")
        assert (answer.status, answer.body) == (200, "answer")
        assert client.read_end() == b""


def test_client_that_wants_the_end_gets_it() -> None:
    with http_mock(ANSWER) as mock, connected(mock.server.port) as client:
        answer = client.ask(plain("POST", Connection="close"))
        assert answer.headers["connection"] == "close"
        assert client.read_end() == b""


def test_client_that_has_ended_its_side_has_its_answer() -> None:
    with http_mock(ANSWER) as mock, connected(mock.server.port) as client:
        client.send(plain("POST", body=b"x"))
        client.finish_sending()
        assert client.read_answer().body == "answer"
        assert client.read_end() == b""


def test_answers_without_a_body_have_none() -> None:
    rule = {"respond": {"status": "{{ query.status }}", "text": "body"}}
    with http_mock(rule) as mock, connected(mock.server.port) as client:
        for status in ("204", "304"):
            answer = client.ask(plain("GET", f"/mock?status={status}"))
            assert (answer.status, answer.body) == (int(status), "")
        answer = client.ask(plain("GET", "/mock?status=200"))
        assert answer.body == "body"


def test_client_that_reads_no_events_holds_few_of_them() -> None:
    events = {"events": [{"after": "1ms", "data": "x" * 100_000}], "afterwards": "repeat"}
    with http_mock({"match": {"query": {"q": "1"}}, "respond": events}, ANSWER) as mock:
        with connected(mock.server.port, receive_buffer=4_096) as client:
            client.send(plain("GET", "/mock?q=1"))
            size = eventually(lambda: full(mock))
            assert size < 4 * 1024 * 1024
            count = len(mock.entries(kind="event"))
            check_good_client(mock)
            assert len(mock.entries(kind="event")) <= count + 1


def full(mock: HttpMock) -> int:
    """The unsent bytes, once they stop the stream."""
    size = mock.server.server.gateway.outbox_totals().unsent
    return size if size > 1024 * 1024 else 0


def test_thousand_hanging_requests_cost_no_thread_and_all_are_answered() -> None:
    rules = (
        {"match": {"method": "GET"}, "wait_for": "{{ endpoint_vars.go }}", "respond": {}},
        {"do": [{"set": {"endpoint_vars.go": True}}], "respond": {"text": "answer"}},
    )
    with http_mock(*rules) as mock, ExitStack() as stack:
        clients = [stack.enter_context(connected(mock.server.port)) for _ in range(1_000)]
        for client in clients:
            client.send(plain("GET"))
        eventually(lambda: mock.entries(kind="request", attempt=1_000))
        for client in clients[:200]:
            client.vanish()
        assert mock.post("/mock").text == "answer"
        assert {client.read_answer().status for client in clients[200:]} == {200}
        left = eventually(lambda: [one for one in mock.entries(kind="response") if is_left(one)])
        assert len(left) <= 200


def is_left(entry: Any) -> bool:
    return bool(entry.details["outcome"] == "left")


def test_too_many_connections_are_told_to_come_again() -> None:
    with (
        http_mock(ANSWER, limits={"max_connections": 1}) as mock,
        connected(mock.server.port) as first,
    ):
        assert first.ask(plain("GET")).status == 200
        with connected(mock.server.port) as second:
            answer = second.ask(plain("POST"))
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert second.read_end() == b""


def test_stopped_server_ends_a_hanging_request() -> None:
    with http_mock({"stall": "forever"}) as mock, connected(mock.server.port) as client:
        client.send(plain("GET"))
        eventually(lambda: mock.entries(kind="request"))
        mock.server.server.stop()
        assert client.read_end() == b""


def test_reset_in_the_middle_of_a_body_leaves_nothing() -> None:
    with http_mock(ANSWER) as mock:
        for _ in range(20):
            with connected(mock.server.port) as client:
                client.send(plain("POST", Content_Length="100") + b"x")
                client.vanish()
        check_good_client(mock)
        assert mock.server.server.gateway.outbox_totals().unsent == 0
