"""The opening handshake of one connection, step by step."""

import pytest

from tests.helpers.connection_bench import bench, open_bench
from tests.helpers.frames import request, text
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.transport.connection import READ_BYTES


def test_handshake_may_come_byte_by_byte() -> None:
    with bench() as one:
        for byte in request("/chat?a=b"):
            one.receive(bytes((byte,)))
        assert one.take_log() == [("opened", "/chat")]
        assert one.sent().startswith(b"HTTP/1.1 101 ")


def test_frames_behind_the_request_are_handed_over() -> None:
    with bench() as one:
        one.receive(request("/"), text("early"))
        assert one.take_log() == [("opened", "/"), ("inbound", TextReceived("early", 5))]


def test_client_without_a_handshake_is_dropped_in_time() -> None:
    with bench(handshake_timeout=10) as one:
        one.receive(request()[:-2])
        one.advance(9.9)
        assert not one.has_closed()
        one.advance(0.1)
        assert one.has_closed()
        assert one.take_log() == [("ended",)]


def test_open_connection_outlives_the_handshake_timeout() -> None:
    with open_bench(handshake_timeout=10, ping_interval=0) as one:
        one.advance(3600)
        assert not one.has_closed()


def test_client_that_leaves_during_the_handshake_was_never_there() -> None:
    with bench() as one:
        one.receive(request()[:-2])
        one.client.close()
        one.run()
        assert one.take_log() == [("ended",)]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("/unknown", Upgrade=None), 404),
        (request("/echo", "POST"), 405),
        (request(Sec_WebSocket_Key=None), 400),
        (request(Upgrade=None), 426),
        (b"nonsense\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 405),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200, 431),
    ],
)
def test_refused_client_is_told_why_and_dropped_when_it_stays(data: bytes, status: int) -> None:
    with bench(close_timeout=5) as one:
        one.receive(data)
        for _ in range(0, len(data), READ_BYTES):
            one.run()
        assert one.sent().startswith(b"HTTP/1.1 %d " % status)
        assert one.has_ended_stream()
        one.receive(b"and more", request())
        one.advance(5)
        assert one.has_closed()
        assert one.take_log() == [("ended",)]


def test_refused_client_that_hangs_up_is_gone_at_once() -> None:
    with bench() as one:
        one.receive(b"nonsense\r\n")
        one.client.close()
        one.run()
        assert one.has_closed()


def test_client_that_speaks_tls_to_a_server_without_it_is_refused_and_the_log_says_so(
    log_lines: list[str],
) -> None:
    hello = b"\x16\x03\x01\x02\x00\x01" + bytes(100)
    with bench() as one:
        one.receive(hello)
        assert one.sent().startswith(b"HTTP/1.1 400 ")
    (line,) = [line for line in log_lines if line.startswith("WARNING")]
    assert line.startswith(
        "WARNING client at ('127.0.0.1', 40001) speaks TLS, but this server does not: connect "
        "with ws://, or start the server with --tls-self-signed"
    )


def test_headers_that_do_not_end_are_too_large() -> None:
    with bench(max_header_bytes=1000) as one:
        one.receive(b"GET / HTTP/1.1\r\nX: " + b"a" * 600)
        assert one.sent() == b""
        one.receive(b"a" * 600)
        assert one.sent().startswith(b"HTTP/1.1 431 ")


def test_headers_are_too_large_in_one_read_as_well() -> None:
    with bench(max_header_bytes=1000) as one:
        one.receive(request(X="a" * 1200))
        assert one.sent().startswith(b"HTTP/1.1 431 ")
        assert one.take_log() == []


def test_frames_behind_the_request_are_no_headers() -> None:
    with bench(max_header_bytes=1000) as one:
        one.receive(request(), text("a" * 2000))
        assert one.sent().startswith(b"HTTP/1.1 101 ")


def test_target_that_is_no_address_is_refused_and_no_bug() -> None:
    with bench() as one:
        one.receive(request("http://["))
        assert one.sent().startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))


def test_connection_above_the_limit_is_refused_once_it_asks() -> None:
    with bench(is_over_limit=True) as one:
        assert one.sent() == b""
        one.receive(request())
        assert one.sent().startswith(b"HTTP/1.1 503 ")
