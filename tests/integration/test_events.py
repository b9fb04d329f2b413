"""The journal as server-sent events, over real http."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any

import pytest

from tests.helpers.event_stream import Block, streaming
from tests.helpers.journal import match_of, record_of
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.singletons import settle
from tests.helpers.wait import UNIT, eventually
from tests.helpers.web_server import WebServer, serving_routes
from websocket_mock.actors.messages import RecordsTaken
from websocket_mock.actors.system import JournalLimits
from websocket_mock.actors.values.entries import Source, weight_of
from websocket_mock.mcp_bridge.service.traffic import read_traffic
from websocket_mock.mcp_bridge.web import events as events_module
from websocket_mock.mcp_bridge.web.events import MAX_READERS, event_routes

SOON = 1.0 * UNIT
"""Seconds; most of it is what a busy machine adds."""

MANY = 100_000


@pytest.fixture
def web(server: InProcessServer) -> Iterator[WebServer]:
    with serving_routes(server.gateway, event_routes) as web:
        yield web


def write(server: InProcessServer, *payloads: str, namespace: str | None = None) -> None:
    """Let messages arrive as one batch, and wait until the journal has them."""
    source = Source("0000000a", namespace=namespace)
    records = tuple(record_of(payload, source=source) for payload in payloads)
    ref = server.runtime._system.journal_ref
    ref.tell(RecordsTaken(records, sum(map(weight_of, records))))
    settle(ref)


def waits(server: InProcessServer) -> int:
    return server.gateway.history.size().waits


def threads_of_readers() -> int:
    return sum(one.name.startswith("AnyIO") for one in threading.enumerate())


class TestStream:
    def test_headers_keep_caches_and_proxies_away(self, web: WebServer) -> None:
        with streaming(web.port) as stream:
            assert stream.status == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            assert stream.headers["x-accel-buffering"] == "no"

    def test_first_event_names_the_server(self, server: InProcessServer, web: WebServer) -> None:
        write(server, "a", "b")
        with streaming(web.port) as stream:
            stats = server.stats()
            data = {"started": stats.start_time, "version": "1.2.3", "last": 2}
            assert stream.read() == Block("server", data, 2)

    def test_each_entry_is_an_event_in_the_form_of_the_traffic_tool(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        write(server, "a", "two\r\nlines\n\nid: 7")
        wanted = read_traffic(server.gateway, match_of()).entries
        with streaming(web.port, after="start") as stream:
            stream.read_event("server")
            for entry in wanted:
                assert stream.read() == Block("entry", entry.model_dump(mode="json"), entry.seq)

    def test_entries_are_sent_when_they_happen(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        with streaming(web.port) as stream:
            stream.read_event("server")
            for payload in "abc":
                write(server, payload)
                assert stream.payloads(1) == [payload]

    def test_conditions_detail_and_namespace_select(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        write(server, "a", "b")
        write(server, "a" * 1000, namespace="one")
        match = {"kind": "message", "match": {"text": {"matches": "a+"}}}
        query: dict[str, Any] = {"match": match, "namespace": "*", "detail": "full"}
        with streaming(web.port, after="start", **query) as stream:
            assert stream.payloads(2) == ["a", "a" * 1000]

    def test_deleted_entries_are_a_gap_that_moves_the_cursor(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        write(server, "a", "b")
        server.gateway.history.clear("*")
        write(server, "c")
        with streaming(web.port, after=0) as stream:
            stream.read_event("server")
            assert stream.read() == Block("gap", {"after": 0, "before": 3, "missing": 2}, 2)
            assert stream.payloads(1) == ["c"]

    def test_cursor_moves_past_what_does_not_match(
        self, server: InProcessServer, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events_module, "CURSOR_EVERY", 0.05)
        with streaming(web.port, match={"kind": "close"}) as stream:
            stream.read_event("server")
            write(server, "a", "b", "c")
            assert stream.read() == Block(id=3)

    def test_silent_stream_is_kept_alive(
        self, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events_module, "KEEP_ALIVE", 0.05)
        with streaming(web.port) as stream:
            stream.read_event("server")
            assert [stream.read() for _ in range(3)] == [Block(comment="keep-alive")] * 3

    def test_many_entries_come_complete_and_in_order(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        write(server, *map(str, range(5_000)))
        with streaming(web.port, after="start") as stream:
            assert stream.payloads(5_000) == list(map(str, range(5_000)))

    def test_head_has_the_headers_and_no_stream(self, web: WebServer) -> None:
        with streaming(web.port, method="HEAD") as stream:
            assert stream.status == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["content-length"] == "0"


class TestResume:
    @pytest.mark.parametrize(
        ("headers", "query"),
        [
            ({"Last-Event-ID": "2"}, {"after": "start"}),
            ({}, {"after": "start", "last_event_id": 2}),
            ({"Last-Event-ID": "2"}, {"last_event_id": 1}),
            ({"Last-Event-ID": ""}, {"after": 2}),
        ],
    )
    def test_last_event_id_wins(
        self,
        server: InProcessServer,
        web: WebServer,
        headers: dict[str, str],
        query: dict[str, Any],
    ) -> None:
        write(server, *"abcd")
        with streaming(web.port, headers, **query) as stream:
            assert stream.payloads(2) == ["c", "d"]

    def test_id_of_an_earlier_server_begins_anew(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        write(server, *"abcd")
        with streaming(web.port, {"Last-Event-ID": "1000"}) as stream:
            assert stream.read_event("server").id == 0
            assert stream.payloads(4) == list("abcd")

    def test_reader_that_resumes_again_and_again_misses_nothing(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        seen, last = list[str](), "0"
        for number in range(0, 60, 3):
            write(server, *map(str, range(number, number + 3)))
            with streaming(web.port, {"Last-Event-ID": last}) as stream:
                stream.read_event("server")
                for _ in range(2):
                    block = stream.read_event("entry")
                    seen.append(block.data["payload"])
                    last = str(block.id)
        with streaming(web.port, {"Last-Event-ID": last}) as stream:
            seen += stream.payloads(20)
        assert seen == list(map(str, range(60)))


def is_accepted(web: WebServer) -> bool:
    with streaming(web.port) as stream:
        return stream.status == HTTPStatus.OK


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "problem"),
        [
            ({"mach": "{}"}, "mach: "),
            ({"match": {"knd": "open"}}, "match.knd: "),
            ({"match": "{"}, "match: "),
            ({"match": {"path": {"matches": "("}}}, "The conditions are not valid: "),
            ({"after": "-1"}, "after: "),
            ({"after": "9" * 5_000}, "after: "),
            ({"detail": "ful"}, "detail: "),
            ({"last_event_id": "x"}, "last_event_id: "),
            ({"namespace": "a/b"}, "namespace: "),
        ],
    )
    def test_bad_argument_is_refused_with_its_place(
        self, web: WebServer, query: dict[str, Any], problem: str
    ) -> None:
        with streaming(web.port, **query) as stream:
            assert stream.status == 422
            body = stream.read_body()
        assert problem in body
        assert body.startswith('{"error":')

    def test_server_that_records_nothing_refuses(self) -> None:
        with (
            serving_here(history=JournalLimits(0)) as server,
            serving_routes(server.gateway, event_routes) as web,
            streaming(web.port) as stream,
        ):
            assert stream.status == 409
            assert "Recording is off" in stream.read_body()

    def test_one_reader_too_many_is_refused_until_another_leaves(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        with ExitStack() as stack:
            streams = [stack.enter_context(streaming(web.port)) for _ in range(MAX_READERS)]
            eventually(lambda: waits(server) == MAX_READERS)
            with streaming(web.port) as refused:
                assert refused.status == 503
                assert str(MAX_READERS) in refused.read_body()
            streams[0].close()
            eventually(lambda: is_accepted(web))

    def test_refused_readers_take_no_place(self, web: WebServer) -> None:
        for _ in range(MAX_READERS + 1):
            with streaming(web.port, namespace="a/b") as stream:
                assert stream.status == 422


class TestEnd:
    @pytest.mark.parametrize("leave", ["close", "vanish"])
    def test_wait_of_a_reader_that_left_ends_at_once(
        self, server: InProcessServer, web: WebServer, leave: str
    ) -> None:
        with streaming(web.port) as stream:
            stream.read_event("server")
            eventually(lambda: waits(server) == 1)
            begin = time.monotonic()
            getattr(stream, leave)()
            eventually(lambda: waits(server) == 0)
            assert time.monotonic() - begin < SOON / 2

    def test_readers_that_come_and_go_add_no_threads(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        before = threads_of_readers()
        for _ in range(5 * MAX_READERS):
            with streaming(web.port) as stream:
                stream.read_event("server")
        eventually(lambda: waits(server) == 0)
        assert threads_of_readers() - before <= MAX_READERS

    def test_streams_end_at_once_when_the_server_stops(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        with streaming(web.port) as one, streaming(web.port) as other:
            eventually(lambda: waits(server) == 2)
            begin = time.monotonic()
            web.stop()
            assert time.monotonic() - begin < SOON
            for stream in (one, other):
                assert [block.name for block in stream.read_rest()] == ["server"]

    def test_reader_that_reads_nothing_does_not_delay_the_stop(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        with streaming(web.port, after="start", receive_buffer=4096, detail="full"):
            for _ in range(20):
                write(server, *(["x" * 10_000] * 100))
            eventually(lambda: waits(server) == 0)
            begin = time.monotonic()
            web.stop()
            assert time.monotonic() - begin < 2 * SOON

    def test_stream_ends_when_the_journal_stops(
        self, server: InProcessServer, web: WebServer
    ) -> None:
        with streaming(web.port) as stream:
            eventually(lambda: waits(server) == 1)
            server.stop()
            assert [block.name for block in stream.read_rest()] == ["server"]


class TestSlowReaders:
    def test_reader_that_reads_nothing_is_cut_and_the_server_lives_on(
        self, server: InProcessServer, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events_module, "RESET_AFTER", 0.3)
        with (
            streaming(web.port, after="start", receive_buffer=4096) as slow,
            streaming(web.port, after="start") as quick,
        ):
            quick.read_event("server")
            for number in range(0, MANY, 1_000):
                write(server, *map(str, range(number, number + 1_000)))
                quick.payloads(1_000)
            eventually(lambda: web.connections == 1)
            with pytest.raises((ConnectionError, EOFError)):
                slow.read_rest()
            write(server, "still there")
            assert quick.payloads(1) == ["still there"]

    def test_reader_that_was_slow_is_told_and_may_resume(
        self, server: InProcessServer, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events_module, "SLOW_AFTER", 0.3)
        count = 1_000
        with streaming(web.port, after="start", receive_buffer=4096, detail="full") as slow:
            write(server, *(["x" * 11_000] * count))
            pause = threading.Event()
            eventually(lambda: waits(server) == 0)
            pause.wait(1.0)
            blocks = slow.read_rest()
        assert blocks[-1].name == "cut"
        assert "Last-Event-ID" in blocks[-1].data["error"]
        last = blocks[-2].id
        assert blocks[-1].id == last
        assert last is not None
        assert last < count
        assert [block.id for block in blocks[1:-1]] == list(range(1, last + 1))
        with streaming(web.port, {"Last-Event-ID": str(last)}) as stream:
            assert stream.read_event("entry").id == last + 1
