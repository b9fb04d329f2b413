"""Whatever bytes a client sends: it is answered or closed as it should be, and nothing raises."""

import re
import struct
import sys
import zlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.connection_bench import ConnectionBench, bench, open_bench
from tests.helpers.frames import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    TEXT,
    close,
    frame,
    head_only,
    request,
    text,
)
from tests.helpers.http_mock import plain
from tests.helpers.spoiling import cut, spoilt
from websocket_mock.actors.library.http_steps import Begin, Body, Step
from websocket_mock.actors.values.inbound import ProtocolViolated
from websocket_mock.transport.handshake_driver import IDLE_SECONDS
from websocket_mock.transport.tls.certificates import load_tls
from websocket_mock.transport.tls.config import TlsConfig
from websocket_mock.transport.tls.opening import MAX_HELLO_BYTES
from websocket_mock.transport.tls.serving import ServedTls

HANDSHAKE_SECONDS, CLOSE_SECONDS = 10.0, 5.0
MOST = 1_000
"""The longest message, in bytes."""
MOST_FRAMES = 5


def feed(one: ConnectionBench, reads: list[bytes]) -> bytes:
    """Send all this as long as the connection takes it; return what came back."""
    answer = b""
    for read in reads:
        if one.has_closed():
            break
        one.receive(read)
        answer += one.sent()
    return answer


# --- the handshake --------------------------------------------------------------------------------

HEADER_VALUES = st.text(st.characters(max_codepoint=0xFF), max_size=12)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("Origin", "Cookie", "Sec_WebSocket_Protocol", "X"), HEADER_VALUES),
        "Sec_WebSocket_Extensions": st.just("permessage-deflate; client_max_window_bits")
        | HEADER_VALUES,
        "Sec_WebSocket_Version": st.sampled_from(["13", "8", "0", "", None]),
        "Sec_WebSocket_Key": st.sampled_from(["", "x", "=" * 24, None]),
        "Host": st.sampled_from(["", "a b", None]),
        "Connection": st.sampled_from(["close", "", None]),
        "Upgrade": st.sampled_from(["h2c", "", None]),
        "Content_Length": st.sampled_from(["0", "1", "-1", "9" * 5_000]),
        "Transfer_Encoding": st.sampled_from(["chunked", "x"]),
    },
)
REQUESTS = st.builds(
    lambda path, method, headers: request(path, method, **headers),
    st.sampled_from(["/", "/echo", "/unknown", "*", "http://x/", "/%ff?a=%00", "//x", "/" * 2_000]),
    st.sampled_from(["GET", "GET", "GET", "POST", "get", ""]),
    HEADERS,
)
BROKEN_LINES = st.binary(max_size=4) | st.sampled_from(
    [b"\r\n", b"\n", b"\r\n\r\n", b"\0", b" ", b":", b"\r\n a", b"\xff\xfe", b"X: y\r\n" * 300]
)


@given(spoilt(REQUESTS, BROKEN_LINES) | st.binary(max_size=60), st.data())
def test_handshake_is_answered_once_or_runs_out_of_time(wire: bytes, data: st.DataObject) -> None:
    limits = {"handshake_timeout": HANDSHAKE_SECONDS, "close_timeout": CLOSE_SECONDS}
    with bench(**limits, max_header_bytes=4_096, ping_interval=0) as one:
        answer = feed(one, data.draw(cut(wire, 5)))
        one.advance(HANDSHAKE_SECONDS)
        if ("opened",) in [entry[:1] for entry in one.log]:
            assert answer.startswith(b"HTTP/1.1 101 ")
            return
        one.advance(CLOSE_SECONDS)
        assert one.has_closed()
        assert one.take_log() == [("ended",)]
        if answer:
            head, _, _ = answer.partition(b"\r\n\r\n")
            assert head.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
            assert head.count(b"HTTP/1.1 ") == 1


# --- plain HTTP ----------------------------------------------------------------------------------


class Echo:
    """Answers each request with its body."""

    def __init__(self, log: list[tuple[Any, ...]]) -> None:
        body = log[-1][3]
        self._steps = iter((Begin(200, (("Content-Type", "text/plain"),)), Body(body)))

    def next(self) -> Step | None:
        return next(self._steps, None)

    def close(self) -> None:
        pass


CHUNKS = st.sampled_from(
    [b"0\r\n\r\n", b"3\r\nabc\r\n0\r\n\r\n", b"zz\r\n", b"-1\r\n", b"3;x=y\r\nabc\r\n", b"f" * 40]
)
HTTP_REQUESTS = st.one_of(
    st.builds(plain, st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"]), st.just("/http")),
    st.builds(lambda body: plain("POST", "/http", body), st.binary(max_size=50)),
    st.builds(lambda chunks: plain("POST", "/http", Transfer_Encoding="chunked") + chunks, CHUNKS),
    st.builds(
        lambda length, chunks: (
            plain("POST", "/http", Content_Length=length, Transfer_Encoding="chunked") + chunks
        ),
        st.sampled_from(["0", "1", "x", "-1", "9" * 5_000]),
        CHUNKS,
    ),
    st.builds(lambda: plain("POST", "/http", Content_Length="3", Expect="100-continue")),
)
PIPELINES = st.lists(HTTP_REQUESTS, min_size=1, max_size=4).map(b"".join)


@given(spoilt(PIPELINES, BROKEN_LINES), st.data())
def test_http_is_answered_in_whole_responses_or_runs_out_of_time(
    wire: bytes, data: st.DataObject
) -> None:
    limits = {"handshake_timeout": HANDSHAKE_SECONDS, "close_timeout": CLOSE_SECONDS}
    small = {"max_header_bytes": 4_096, "max_message_bytes": 200}
    with bench(answer=Echo, **limits, **small, ping_interval=0) as one:
        answer = feed(one, data.draw(cut(wire, 5)))
        for _ in range(20):
            one.run()
        answer += one.sent()
        requests = sum(entry[0] == "request" for entry in one.log)
        one.advance(IDLE_SECONDS)
        one.advance(CLOSE_SECONDS)
        answer += one.sent()
        assert one.has_closed()
        if ("opened",) not in [entry[:1] for entry in one.log]:
            statuses = statuses_of(answer)
            good = [status for status in statuses if status == 200]
            assert len(good) == requests
            assert all(status == 100 or 400 <= status < 600 for status in statuses if status != 200)


def statuses_of(answer: bytes) -> list[int]:
    """The statuses of responses, of which the last may have no body."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


# --- the first bytes of TLS -----------------------------------------------------------------------

SERVER_NAMES = st.binary(max_size=12) | st.sampled_from(
    [b"localhost", b"*.test", b"127.0.0.1", b"a\r\nb", b"\xff\xfe", b"a\0b", b"x" * 300, b"x" * 64]
)


def client_hello(server_name: bytes, protocols: bytes, *, is_new: bool) -> bytes:
    """The first record of a TLS client (RFC 8446 section 4.1.2), with what it asks for."""
    name = b"\0" + with_length(server_name, 2)
    versions = b"\x03\x04\x03\x03" if is_new else b"\x03\x03"
    extensions = b"".join(
        struct.pack("!H", kind) + with_length(content, 2)
        for kind, content in (
            (0, with_length(name, 2)),
            (10, with_length(b"\0\x1d\0\x17", 2)),
            (13, with_length(b"\x04\x03\x08\x04\x04\x01", 2)),
            (16, with_length(with_length(protocols, 1), 2)),
            (43, with_length(versions, 1)),
            (51, with_length(b"\0\x1d" + with_length(b"\x09" + bytes(31), 2), 2)),
        )
    )
    ciphers = b"\x13\x01\xc0\x2b\xc0\x2f"
    body = b"\x03\x03" + bytes(32) + b"\0" + with_length(ciphers, 2) + b"\x01\0"
    body += with_length(extensions, 2)
    return b"\x16\x03\x01" + with_length(b"\x01" + with_length(body, 3), 2)


def with_length(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size) + data


@cache
def certificates() -> ServedTls:
    with TemporaryDirectory() as folder:
        tls = load_tls(TlsConfig(self_signed=True, ca_file=Path(folder) / "ca.pem"))
        assert tls is not None
        return tls


HELLOS = st.builds(
    client_hello,
    SERVER_NAMES,
    st.sampled_from([b"http/1.1", b"h2", b"x"]),
    is_new=st.booleans(),
)


@given(
    (spoilt(HELLOS.map(lambda one: one[1:]), st.binary(max_size=4)) | st.binary(max_size=60)).map(
        b"\x16".__add__
    )
    | st.integers(1, 5).map(lambda many: b"\x16\x03\x01\x40\0\x01\0\xff\xff" * many),
    st.booleans(),
    st.data(),
)
def test_any_first_bytes_of_tls_end_in_an_alert_or_in_time(
    wire: bytes, is_hung_up: bool, data: st.DataObject
) -> None:
    ignored: list[Any] = []
    with (
        patch.object(sys, "unraisablehook", ignored.append),
        bench(tls=certificates(), handshake_timeout=HANDSHAKE_SECONDS) as one,
    ):
        answer = feed(one, data.draw(cut(wire, 5)))
        if is_hung_up:
            one.client.close()
            one.run()
        one.advance(HANDSHAKE_SECONDS)
        assert one.has_closed()
        *failures, last = one.take_log()
        assert last == ("ended",)
        for _, reason in failures:
            assert reason.isprintable()
        # Only alerts (21) and the server's part of the handshake (22, 20, 23) ever come back.
        assert answer[:1] in (b"", b"\x15", b"\x16")
    # Python cannot say in another way that a server name is not ASCII.
    assert all(isinstance(one.exc_value, UnicodeDecodeError) for one in ignored)


def test_endless_handshake_ends_at_its_limit() -> None:
    with bench(tls=certificates()) as one:
        record = b"\x16\x03\x01\x40\0" + bytes(0x4000)
        feed(one, [b"\x16\x03\x01\x40\0\x01\0\xff\xff" + bytes(0x3FFC)] + [record] * 8)
        assert one.has_closed()
        assert 8 * len(record) > MAX_HELLO_BYTES


# --- frames ---------------------------------------------------------------------------------------

GOOD_TEXTS = st.text(max_size=40)
GOOD = st.one_of(
    GOOD_TEXTS.map(lambda one: (text(one), 1)),
    st.binary(max_size=MOST).map(lambda one: (frame(BINARY, one), 1)),
    st.binary(max_size=125).map(lambda one: (frame(PING, one), 1)),
    GOOD_TEXTS.map(lambda one: (text("", fin=False) + frame(CONT, one.encode()), 1)),
)
"""The bytes of a message, and how many events come of it."""
BAD_UTF8 = st.sampled_from(
    [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"]
)
CODES = st.one_of(
    st.integers(0, 999),
    st.sampled_from([1004, 1005, 1006]),
    st.integers(1015, 2999),
    st.integers(5000, 0xFFFF),
)


def deflated(payload: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-12)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


PROTOCOL_ERRORS = st.one_of(
    st.builds(
        frame,
        st.sampled_from([*range(3, 8), *range(11, 16)]),
        st.binary(max_size=125),
    ),
    st.builds(
        lambda opcode, bits, payload: frame(opcode, payload, reserved=bits),
        st.sampled_from([TEXT, BINARY, PING, CLOSE]),
        st.sampled_from([1, 2, 3, 5, 6, 7]),
        st.binary(max_size=50),
    ),
    st.binary(max_size=50).map(lambda one: frame(BINARY, one, mask=None)),
    st.binary(max_size=50).map(lambda one: frame(CONT, one)),
    st.binary(max_size=50).map(lambda one: frame(PING, one, fin=False)),
    st.binary(min_size=126, max_size=200).map(lambda one: frame(PING, one)),
    st.binary(max_size=50).map(lambda one: frame(BINARY, one, fin=False) + frame(BINARY, one)),
    CODES.map(close),
    st.binary(min_size=1, max_size=1).map(lambda one: frame(CLOSE, one)),
)
INVALID_DATA = st.one_of(
    st.builds(lambda start, end: frame(TEXT, start.encode() + end), GOOD_TEXTS, BAD_UTF8),
    st.builds(lambda start, end: text(start, fin=False) + frame(CONT, end), GOOD_TEXTS, BAD_UTF8),
    st.builds(lambda reason: close(1000, b"ok" + reason), BAD_UTF8),
    BAD_UTF8.map(lambda bad: frame(TEXT, deflated(b"x" + bad), reserved=4)),
)
TOO_BIG = st.one_of(
    st.integers(MOST + 126, (1 << 64) - 1).map(lambda length: head_only(0x82, length)),
    st.integers(MOST + 1, MOST + 50).map(lambda length: frame(BINARY, bytes(length))),
    st.integers(1, MOST).map(
        lambda length: frame(BINARY, bytes(length), fin=False) + frame(CONT, bytes(MOST))
    ),
    st.integers(MOST_FRAMES, 20).map(
        lambda many: frame(BINARY, b"", fin=False) + frame(CONT, b"", fin=False) * many
    ),
    st.integers(MOST + 1, 500_000).map(
        lambda length: frame(BINARY, deflated(bytes(length)), reserved=4)
    ),
)
VIOLATIONS = st.one_of(
    PROTOCOL_ERRORS.map(lambda one: (one, 1002)),
    INVALID_DATA.map(lambda one: (one, 1007)),
    TOO_BIG.map(lambda one: (one, 1009)),
)


@given(st.lists(GOOD, max_size=3), VIOLATIONS, st.binary(max_size=20), st.data())
def test_violation_is_closed_with_its_code_after_the_messages_before_it(
    good: list[tuple[bytes, int]], bad: tuple[bytes, int], rest: bytes, data: st.DataObject
) -> None:
    wire = b"".join(one for one, _ in good) + bad[0] + rest
    limits = {"max_message_bytes": MOST, "max_message_frames": MOST_FRAMES}
    with bench(compression=True, close_timeout=CLOSE_SECONDS, **limits) as one:
        one.receive(request(Sec_WebSocket_Extensions="permessage-deflate"))
        assert one.sent().startswith(b"HTTP/1.1 101 ")
        one.take_log()
        feed(one, data.draw(cut(wire, 5)))
        events = [event for entry in one.take_log() for event in entry[1:]]
        assert len(events) == 1 + sum(many for _, many in good)
        assert isinstance(events[-1], ProtocolViolated)
        assert events[-1].code == bad[1]
        one.outbox.fail()
        one.run()
        answer = one.sent()
        assert answer[:1] == b"\x88"
        assert struct.unpack("!H", answer[2:4]) == (bad[1],)
        assert len(answer) == 2 + answer[1] <= 127
        one.advance(CLOSE_SECONDS)
        assert one.has_closed()


@given(
    spoilt(
        st.lists(GOOD, max_size=4).map(lambda all_of: b"".join(one for one, _ in all_of)),
        st.binary(max_size=6),
    ),
    st.data(),
)
def test_any_frames_give_messages_or_one_violation_with_a_code_that_may_be_sent(
    wire: bytes, data: st.DataObject
) -> None:
    with open_bench(max_message_bytes=MOST, ping_interval=0) as one:
        feed(one, data.draw(cut(wire, 5)))
        found = [event for entry in one.take_log() if entry[0] == "inbound" for event in entry[1:]]
        for event in found:
            if isinstance(event, ProtocolViolated):
                assert event.code in (1002, 1007, 1009)
                assert event is found[-1]
