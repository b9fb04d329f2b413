"""Plain requests are read as the library reads them, and what is not plain is left to it."""

import re
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import NegotiationError
from websockets.extensions.permessage_deflate import enable_server_permessage_deflate
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from tests.helpers.frames import request
from tests.helpers.wait import PATIENCE
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.plain_request import (
    MAX_BYTES,
    MAX_HEADERS,
    PlainHeaders,
    Switch,
    read_plain_request,
)
from websocket_mock.transport.protocol import ConnectionProtocol

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

OFFERS = (
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "Sec-WebSocket-Extensions: ;",
    "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Protocol: chat, mqtt",
    "Sec-WebSocket-Protocol: ,",
    "Origin: http://y",
)

needed = st.just([LINES[0], LINES[2], LINES[6], LINES[9], LINES[12]])


def with_some_of(further: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.tuples(needed, st.lists(st.sampled_from(further), max_size=3)).flatmap(
        lambda both: st.permutations(both[0] + both[1])
    )


lines = with_some_of(LINES)
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


def proof_of(plain: Request) -> str | None:
    assert isinstance(plain.headers, PlainHeaders)
    return plain.headers.proof()


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
        assert plain.headers == asked.headers
        assert list(plain.headers.raw_items()) == list(asked.headers.raw_items())
        # The library may still refuse it, for example for two headers `Origin`.
        assert not accept or proof_of(plain) in (None, accept.decode())


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
    assert proof_of(plain) == by_library(data)[1].decode()


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


def choose_first(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    if "mqtt" in offered and offered[0] != "mqtt":
        raise NegotiationError("no subprotocol in common")
    return next(iter(offered), None)


@given(with_some_of((*OFFERS, "Origin: http://x", "Upgrade: websocket")))
def test_what_was_agreed_on_is_answered_as_by_the_library(header_lines: list[str]) -> None:
    data = "\r\n".join(("GET / HTTP/1.1", *header_lines, "", "")).encode("iso-8859-1")
    extensions = enable_server_permessage_deflate(None)
    library = ServerProtocol(extensions=extensions, select_subprotocol=choose_first)
    library.receive_data(data)
    (asked, *_) = (*library.events_received(), None)
    if not isinstance(asked, Request):
        return
    expected = library.accept(asked)
    own = ConnectionProtocol(TransportConfig(), choose_first)
    answer = own.negotiate(read_plain_request(data) or asked)
    if isinstance(answer, Response):
        assert answer.status_code == expected.status_code != Switch.status_code
        assert answer.body == expected.body
    else:
        own.switch(answer.serialize({}))
        sent, wanted = own.data_to_send()[0], expected.serialize()
        assert without_date(sent) == without_date(wanted)
        assert len(sent) == len(wanted)
        assert own.is_open
    assert own.subprotocol == library.subprotocol
    assert str(own.extensions) == str(library.extensions)


def without_date(response: bytes) -> list[bytes]:
    return [line for line in response.split(b"\r\n") if not line.startswith(b"Date: ")]


def test_date_is_that_of_the_library() -> None:
    sent = Switch("x", None, None).serialize({}).decode()
    found = re.search("\r\nDate: (.*)\r\n", sent)
    assert found is not None
    age = time.time() - parsedate_to_datetime(found[1]).timestamp()
    assert 0 <= age < PATIENCE
    assert found[1].endswith(" GMT")


def test_further_headers_come_last_and_a_wrong_proof_after_them() -> None:
    agreed = Switch("right", "permessage-deflate", "chat")
    lines = without_date(agreed.serialize({"X-A": "1"}, "wrong"))
    assert lines == [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Extensions: permessage-deflate",
        b"Sec-WebSocket-Protocol: chat",
        b"X-A: 1",
        b"Sec-WebSocket-Accept: wrong",
        b"",
        b"",
    ]
