"""Plain requests are read as the library reads them, and what is not plain is left to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.helpers.frames import request
from websocket_mock.transport.plain_request import (
    MAX_BYTES,
    MAX_HEADERS,
    plain_accept_key,
    read_plain_request,
)

LINES = (
    "Host: x",
    "host:x",
    "Connection: Upgrade",
    "Connection: keep-alive, Upgrade",
    "Connection: close",
    "connection: upgrade, x",
    "Upgrade: websocket",
    "Upgrade: WebSocket",
    "UPGRADE:\twebsocket\t ",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ",
    "Sec-WebSocket-Key: short",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Version: 8",
    "Origin: http://x",
    "Cookie: a=\xe9; b=\x7f",
    "Content-Length: 0",
    "Content-Length: 1",
    "Transfer-Encoding: chunked",
    "no colon",
    "bad name: x",
    "X: \x00",
    "X:",
    ":x",
)

needed = st.just([LINES[0], LINES[2], LINES[6], LINES[9], LINES[12]])
lines = st.tuples(needed, st.lists(st.sampled_from(LINES), max_size=3)).flatmap(
    lambda both: st.permutations(both[0] + both[1])
)
first_lines = st.one_of(
    st.just("GET / HTTP/1.1"),
    st.sampled_from(
        ("GET /a?b=c#d HTTP/1.1", "GET x HTTP/1.1", "GET / HTTP/1.0", "POST / HTTP/1.1", "GET /")
    ),
    st.text(st.characters(max_codepoint=0xFF), max_size=8).map("GET /{} HTTP/1.1".format),
)


def by_library(data: bytes) -> tuple[Request | None, bytes]:
    """What the library reads, and what it answers."""
    protocol = ServerProtocol()
    protocol.receive_data(data)
    (asked, *_) = (*protocol.events_received(), None)
    if not isinstance(asked, Request):
        return None, b""
    response = protocol.accept(asked)
    return asked, response.headers.get("Sec-WebSocket-Accept", "").encode()


@given(first_lines, lines)
def test_plain_request_is_read_and_accepted_as_by_the_library(
    first_line: str, header_lines: list[str]
) -> None:
    data = "\r\n".join((first_line, *header_lines, "", "")).encode("iso-8859-1")
    asked, accept = by_library(data)
    plain = read_plain_request(data)
    if plain is not None:
        assert asked is not None
        assert (plain.method, plain.path, plain.protocol) == ("GET", asked.path, "HTTP/1.1")
        assert list(plain.headers.raw_items()) == list(asked.headers.raw_items())
    if asked is not None:
        assert plain_accept_key(asked) in (None, accept.decode())


@pytest.mark.parametrize(
    "data",
    [
        request("/a/b?c=d"),
        request(Connection="keep-alive, Upgrade", Origin="http://x", Cookie="a=b"),
        request(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"),
    ],
)
def test_requests_of_usual_clients_are_plain(data: bytes) -> None:
    plain = read_plain_request(data)
    assert plain is not None
    assert plain_accept_key(plain) == by_library(data)[1].decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        request()[:-1],
        request() + b"x",
        request(X="y" * MAX_BYTES),
        request().replace(b"\r\n\r\n", b"\r\nX: y" * MAX_HEADERS + b"\r\n\r\n"),
        request().replace(b"\r\n", b"\n"),
        request(Content_Length="0"),
        request(Transfer_Encoding="chunked"),
    ],
)
def test_what_is_not_plain_is_left_to_the_library(data: bytes) -> None:
    assert read_plain_request(data) is None
