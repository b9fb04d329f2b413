"""Which bytes begin a request for HTTP rules, and which an opening handshake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.frames import request
from tests.helpers.http_mock import plain
from websocket_mock.transport.http.door import Kind, tell_kind

LIMIT = 2_000


def kind_of(data: bytes) -> Kind:
    return tell_kind(data, LIMIT, lambda target: target.startswith("/http"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (plain("GET", "/http"), Kind.PLAIN),
        (plain("POST", "/http"), Kind.PLAIN),
        (b"POST /http HTTP/1.1\r\n", Kind.PLAIN),
        (b"DELETE /http HTTP/1.0\n", Kind.PLAIN),
        (plain("GET", "/http", Upgrade="h2c"), Kind.PLAIN),
        (request("/http"), Kind.HANDSHAKE),
        (request("/http", Upgrade="h2c, WebSocket"), Kind.HANDSHAKE),
        (request("/http", "POST"), Kind.PLAIN),
        (plain("GET", "/other"), Kind.HANDSHAKE),
        (plain("POST", "/other"), Kind.HANDSHAKE),
        (b"GET /http HTTP/2.0\r\n", Kind.HANDSHAKE),
        (b"GET /http\r\n", Kind.HANDSHAKE),
        (b"\x16\x03\x01\n", Kind.HANDSHAKE),
        (b"\n", Kind.HANDSHAKE),
        (b"", Kind.UNKNOWN),
        (b"GET /ht", Kind.UNKNOWN),
        (b"GET /http HTTP/1.1\r\nX: y\r\n", Kind.UNKNOWN),
        (b"x" * (LIMIT + 1), Kind.HANDSHAKE),
        (b"GET /http HTTP/1.1\r\nX: " + b"y" * LIMIT, Kind.HANDSHAKE),
    ],
)
def test_kind_is_told_as_soon_as_it_is_known(data: bytes, kind: Kind) -> None:
    assert kind_of(data) is kind


WHOLE = st.sampled_from(
    [plain("GET", "/http"), plain("POST", "/http", b"body"), request("/http"), plain("GET", "/x")]
)


@given(WHOLE, st.integers(0, 200))
def test_part_of_a_request_is_told_as_the_whole_or_not_at_all(whole: bytes, size: int) -> None:
    assert kind_of(whole[:size]) in (kind_of(whole), Kind.UNKNOWN)


def test_header_in_the_body_is_no_header() -> None:
    body = plain("GET", "/http") + b"Upgrade: websocket\r\n\r\n"
    assert kind_of(body) is Kind.PLAIN
