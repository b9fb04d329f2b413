"""One HTTP request and its response as bytes."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.http_mock import plain
from tests.helpers.spoiling import cut
from websocket_mock.transport.http.wire import BadRequest, HttpMessage, HttpWire, refusal

MOST_HEAD, MOST_BODY = 4_096, 1_000


def wire() -> HttpWire:
    return HttpWire(MOST_HEAD, MOST_BODY)


def read(data: bytes) -> tuple[HttpWire, HttpMessage | None]:
    one = wire()
    one.feed(data)
    return one, one.poll()


BODIES = st.binary(max_size=200)


def chunked(body: bytes, sizes: list[int]) -> bytes:
    """A body in chunks, some of which have extensions."""
    pieces, rest = [], body
    for size in sizes:
        piece, rest = rest[:size], rest[size:]
        if piece:
            pieces.append(b"%x;a=b\r\n%s\r\n" % (len(piece), piece))
    if rest:
        pieces.append(b"%X\r\n%s\r\n" % (len(rest), rest))
    return b"".join(pieces) + b"0\r\nTrailer: x\r\n\r\n"


@given(BODIES, st.lists(st.integers(1, 50), max_size=5), st.booleans(), st.data())
def test_body_is_the_same_in_one_piece_and_in_chunks_cut_anywhere(
    body: bytes, sizes: list[int], is_chunked: bool, data: st.DataObject
) -> None:
    if is_chunked:
        sent = plain("POST", "/a?b=c", Transfer_Encoding="chunked") + chunked(body, sizes)
    else:
        sent = plain("POST", "/a?b=c", body)
    one, message = wire(), None
    for part in filter(None, data.draw(cut(sent, 5))):
        assert message is None
        one.feed(part)
        message = one.poll()
    assert message is not None
    assert (message.method, message.target, message.body) == ("POST", "/a?b=c", body)
    assert ("Host", "localhost") in message.headers
    assert one.rest == b""


@given(BODIES, st.sampled_from([200, 204, 304, 404, 599]), st.sampled_from(["GET", "HEAD", "POST"]))
def test_response_is_what_a_client_reads(body: bytes, status: int, method: str) -> None:
    one, message = read(plain(method))
    assert message is not None
    data = one.whole(status, (("X-A", "b"), ("Content-Type", "text/plain")), body)
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "localhost")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    response = client.next_event()
    assert isinstance(response, h11.Response)
    headers = dict(response.headers)
    assert (response.status_code, headers[b"x-a"]) == (status, b"b")
    assert b"date" in headers
    received = b""
    while isinstance(event := client.next_event(), h11.Data):
        received += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    has_body = method != "HEAD" and status not in (204, 304)
    assert received == (body if has_body else b"")
    assert (b"content-length" in headers) == (status not in (204, 304))
    assert one.may_follow


def test_what_comes_after_a_request_is_left_for_the_next_one() -> None:
    one, message = read(plain("POST", body=b"x") + plain("GET", "/next"))
    assert message is not None
    one.whole(200, (), b"")
    assert one.rest == plain("GET", "/next")


def test_stream_is_in_chunks_and_ends() -> None:
    one, _ = read(plain("GET"))
    data = one.begin(200, (("Content-Type", "text/event-stream"),)) + one.piece(b"a\n\n")
    assert b"Transfer-Encoding: chunked" in data or b"transfer-encoding: chunked" in data
    assert data.endswith(b"\r\n\r\n3\r\na\n\n\r\n")
    assert one.end() == b"0\r\n\r\n"


def test_old_client_is_not_followed_by_another_request() -> None:
    one, message = read(b"GET / HTTP/1.0\r\n\r\n")
    assert message is not None
    assert b"onnection: close" in one.whole(200, (), b"x")
    assert not one.may_follow


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (
            plain("POST", Content_Length="1", Transfer_Encoding="chunked"),
            400,
            "exclude each other",
        ),
        (plain("POST", Content_Length="1001"), 413, "more than 1000 bytes"),
        (plain("POST", Content_Length="9" * 5_000), 400, ""),
        (b"POST / HTTP/1.1\r\nX: " + b"y" * 5_000, 431, ""),
        (b"POST / HTTP/1.1\r\n\r\n", 400, "Host"),
        (b"\x16\x03\x01\r\n\r\n", 400, ""),
    ],
)
def test_bad_request_says_what_is_wrong(data: bytes, status: int, reason: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(data)
    assert refused.value.status == status
    assert reason in str(refused.value)
    answer = refusal(refused.value)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer


def test_client_that_waits_for_it_is_told_to_go_ahead_once() -> None:
    one, message = read(plain("POST", Content_Length="1", Expect="100-continue"))
    assert message is None
    assert one.go_ahead().startswith(b"HTTP/1.1 100 ")
    assert one.go_ahead() == b""
    one.feed(b"x")
    assert one.poll() is not None
