"""Whatever the command line reads: run files, and answers of what may be no server of ours."""

import io
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, Self
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.command import run_here
from tests.helpers.json_values import JSON_VALUES
from tests.helpers.spoiling import DEEP, ODD_TEXTS, spoilt, spoilt_tree
from websocket_mock.scripts import launch
from websocket_mock.scripts.control import run_files
from websocket_mock.scripts.control.events import read_events
from websocket_mock.scripts.control.problems import NoServer, Refused, WrongUsage
from websocket_mock.scripts.control.rest import Server, find_server

DEEP_JSON = st.sampled_from(["[" * DEEP, '{"a":' * DEEP, "[" * DEEP + "]" * DEEP]).map(str.encode)
RUN_FILES = spoilt_tree(
    st.just(
        {
            "control_url": "http://localhost:8004",
            "websocket_url": "ws://localhost:9004",
            "mcp_url": None,
            "pid": 1,
            "name": "mock",
            "version": "1.2.3",
            "started": 1000.0,
        }
    )
)
ODD_BYTES = ODD_TEXTS.map(lambda text: text.encode(errors="surrogatepass"))


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


@given(spoilt(RUN_FILES.map(as_json), ODD_BYTES | st.binary(max_size=3)) | DEEP_JSON)
@example(b"[" * DEEP)
def test_any_run_file_is_a_server_or_none(content: bytes) -> None:
    file = os.memfd_create("a run file")
    try:
        os.write(file, content)
        os.lseek(file, 0, os.SEEK_SET)
        found = run_files._read(file)
    finally:
        os.close(file)
    if found is not None:
        with patch.object(run_files, "running_servers", lambda: [found]):
            try:
                find_server(found.control_url, None)
            except (WrongUsage, NoServer) as error:
                assert str(error)  # noqa: PT017


class Answering(HTTPConnection):
    """A connection to something that says the same to whatever it is asked."""

    answer = b""
    _peer: socket.socket | None = None

    def connect(self) -> None:
        self.sock, self._peer = socket.socketpair()
        self._peer.sendall(self.answer)
        self._peer.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Not in `close`: the answer of a server that hangs up is read after that.
        if self._peer is not None:
            self._peer.close()


@contextmanager
def answering(answer: bytes) -> Iterator[Server]:
    """A server that says this."""
    with (
        Answering("localhost") as connection,
        patch.object(Answering, "answer", answer),
        patch.object(Server, "_connection", lambda _: connection),
    ):
        yield Server("http://localhost:1")


def ok(result: Any) -> bytes:
    """The answer that has a result."""
    return b"HTTP/1.1 200 OK\r\n\r\n" + as_json(result)


BODIES = JSON_VALUES.map(as_json) | DEEP_JSON | st.binary(max_size=20)
ANSWERS = st.builds(
    lambda status, header, body: b"HTTP/1.1 %b\r\n%b\r\n\r\n%b" % (status, header, body),
    st.sampled_from(
        [b"200 OK", b"422 No", b"500", b"99 x", b"600 x", b"200 \xff", b"100 Continue"]
    ),
    st.sampled_from(
        [
            b"X: y",
            b"Content-Length: 3",
            b"Content-Length: x",
            b"Transfer-Encoding: chunked",
            b"\0: \xff",
        ]
    ),
    BODIES,
)


@given(ANSWERS | spoilt(ANSWERS, ODD_BYTES | st.binary(max_size=3)))
@example(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * DEEP)
@example(b"HTTP/1.1 500 No\r\n\r\n" + b"[" * DEEP)
def test_any_answer_is_a_result_or_an_error_for_the_terminal(answer: bytes) -> None:
    try:
        with answering(answer) as server:
            result = server.call("get_websocket_server_status", {})
    except (NoServer, Refused) as error:
        assert str(error)  # noqa: PT017
    else:
        assert isinstance(result, dict)


EVENTS = st.lists(
    st.builds(
        lambda field, value: field + b": " + value + b"\n",
        st.sampled_from([b"id", b"event", b"data", b"", b"x", b"\xff"]),
        BODIES,
    )
    | st.sampled_from([b"\n", b"\r\n", b"data\n", b":\n"]),
    max_size=8,
).map(b"".join)


@given(EVENTS | spoilt(EVENTS, ODD_BYTES | st.binary(max_size=3)))
@example(b"data: " + b"[" * DEEP + b"\n\n")
def test_any_stream_is_read_as_events(stream: bytes) -> None:
    for _, event in read_events(io.BytesIO(stream)):
        assert isinstance(event.data, dict)


VERBS = st.sampled_from(
    [
        "status",
        "clients",
        "traffic",
        "wait --kind close",
        "verify --kind close",
        "checks",
        "push hello",
        "close",
        "fault list",
        "mocks list",
        "namespaces",
        "explain --endpoint a --text hello",
        "call",
        "call get_websocket_clients limit=1",
    ]
)
RESULTS = st.dictionaries(
    st.sampled_from(
        ["status", "clients", "entries", "errors", "paths", "namespaces", "faults", "passed"]
    ),
    JSON_VALUES,
)


@given(VERBS, RESULTS)
@example("status", {})
def test_any_result_is_shown_or_refused_in_one_line(words: str, result: dict[str, Any]) -> None:
    with answering(ok(result)) as server:
        shown = run_here(launch.main, *words.split(), f"--url={server.url}")
    assert shown.code in (0, 1, 2)
    if shown.code == 2:
        assert shown.err.count("\n") == 1


def test_result_of_a_good_answer_is_read() -> None:
    with answering(ok({"a": 1})) as server:
        assert server.call("get_websocket_server_status", {}) == {"a": 1}
