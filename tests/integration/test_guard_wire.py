"""The guard behind a real server and real sockets, around MCP, and beside the mocks."""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Event

import anyio.to_thread
import httpx2
import pytest
from fastmcp.client.transports import StreamableHttpTransport
from starlette.responses import StreamingResponse

from tests.helpers.asgi import Inner
from tests.helpers.bridge import FakeGateway, bridge_over
from tests.helpers.frames import request, text
from tests.helpers.http_bridge import serving_app
from tests.helpers.http_client import INITIALIZE, initialize
from tests.helpers.mcp_session import MODES, Mode, mcp_session
from tests.helpers.mock_server import mocking, on
from tests.helpers.raw_client import HttpAnswer, RawClient, connected
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.web.bodies import BodyLimits
from websocket_mock.mcp_bridge.web.guard import Access, guarded

pytestmark = pytest.mark.integration

TOKEN = "swordfish"
API = "/api/get_websocket_clients"
LIMITS = BodyLimits(body=100_000, seconds=0.3, drained=1_000_000, drain_seconds=0.3)


@pytest.fixture(scope="module")
def inner() -> Inner:
    return Inner()


@pytest.fixture(scope="module")
def port(inner: Inner) -> Iterator[int]:
    with serving_app(guarded(inner, Access("localhost", limits=LIMITS))) as number:
        yield number


@pytest.fixture
def client(port: int, inner: Inner) -> Iterator[RawClient]:
    inner.reached.clear()
    with connected(port) as one:
        yield one


class Log(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def server_log() -> Iterator[Log]:
    """What uvicorn logs; it does not pass this on to the root logger."""
    log = Log()
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(log)
    yield log
    logger.removeHandler(log)


def head(method: str, path: str, *lines: str, port: int = 8004) -> bytes:
    first = f"{method} {path} HTTP/1.1"
    hosts = [] if any(line.startswith("Host:") for line in lines) else [f"Host: localhost:{port}"]
    return "\r\n".join([first, *hosts, *lines, "", ""]).encode()


def posted(*lines: str) -> bytes:
    return head("POST", API, "Content-Type: application/json", *lines)


def as_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class TestRequests:
    def test_requests_share_a_connection_even_if_some_are_refused(
        self, client: RawClient, inner: Inner
    ) -> None:
        good = posted("Content-Length: 2") + b"{}"
        bad = posted("Content-Length: 2", "Origin: null") + b"{}"
        statuses = [client.ask(one).status for one in (good, bad, good, bad, good)]

        assert statuses == [200, 403, 200, 403, 200]
        assert inner.reached == [(API, b"{}")] * 3

    @pytest.mark.parametrize(
        ("lines", "status"),
        [
            (["Host: localhost", "Host: localhost"], 400),
            (["Host: localhost", "Host: evil.example"], 400),
            (["Host: evil.example"], 421),
            (["Host: localhost", "Origin: http://localhost:3000"], 403),
            (["Host: localhost", "origin: null"], 403),
            (["Host: localhost", "Sec-Fetch-Site: cross-site"], 403),
        ],
    )
    def test_foreign_ones_are_refused(
        self, client: RawClient, inner: Inner, lines: list[str], status: int
    ) -> None:
        assert client.ask(head("GET", API, *lines)).status == status
        assert inner.reached == []

    def test_request_without_host_is_refused(self, client: RawClient, inner: Inner) -> None:
        assert client.ask(f"GET {API} HTTP/1.0\r\n\r\n".encode()).status == 400
        assert inner.reached == []

    def test_target_with_a_host_is_refused(self, client: RawClient, inner: Inner) -> None:
        assert client.ask(head("GET", f"http://evil.example{API}")).status == 400
        assert inner.reached == []


class TestBodies:
    def test_slow_one_is_cut_off(self, client: RawClient, inner: Inner) -> None:
        answer = client.ask(posted("Content-Length: 10") + b"{")

        assert answer.status == 408
        assert answer.headers["connection"] == "close"
        assert client.read_end() == b""
        assert inner.reached == []

    def test_client_that_sends_no_body_at_all_is_cut_off(self, client: RawClient) -> None:
        assert client.ask(posted("Transfer-Encoding: chunked")).status == 408
        assert client.read_end() == b""

    def test_large_one_in_chunks_is_refused(self, client: RawClient, inner: Inner) -> None:
        chunks = as_chunk(b"x" * 60_000) * 2 + as_chunk(b"")
        answer = client.ask(posted("Transfer-Encoding: chunked") + chunks)

        assert answer.status == 413
        assert "100,000 bytes" in json.loads(answer.body)["error"]
        assert inner.reached == []

    def test_large_one_is_read_so_that_the_answer_arrives(self, client: RawClient) -> None:
        answer = client.ask(posted("Content-Length: 900000") + b"x" * 900_000)

        assert answer.status == 413
        assert client.ask(posted("Content-Length: 2") + b"{}").status == 200

    def test_client_that_asks_first_is_told_at_once(self, client: RawClient) -> None:
        answer = client.ask(posted("Content-Length: 900000", "Expect: 100-continue"))

        assert answer.status == 413
        assert client.read_end() == b""

    def test_refused_request_whose_body_does_not_come_ends(self, client: RawClient) -> None:
        answer = client.ask(posted("Content-Length: 10", "Origin: null"))

        assert answer.status == 403
        assert client.read_end() == b""


class TestHandshakes:
    @pytest.mark.parametrize(
        "foreign", [{"Origin": "http://localhost:3000"}, {"Host": "evil.example"}], ids=str
    )
    def test_foreign_ones_are_refused_without_noise(
        self,
        client: RawClient,
        inner: Inner,
        foreign: dict[str, str],
        port: int,
        server_log: Log,
    ) -> None:
        assert client.ask(request("/anything", **foreign)).status == 403
        assert client.read_end() == b""
        assert inner.reached == []
        with connected(port) as other:
            # Once this is answered, the server has finished with the handshake.
            assert other.ask(head("GET", API)).status == 200
        assert server_log.records == []

    def test_others_reach_the_app(self, client: RawClient, inner: Inner) -> None:
        assert client.ask(request("/anything")).status == 403
        assert inner.reached == [("/anything", b"")]


def test_answers_are_not_buffered() -> None:
    has_read = Event()

    async def events() -> AsyncIterator[bytes]:
        yield b"first\n"
        assert await anyio.to_thread.run_sync(has_read.wait, PATIENCE)
        yield b"second\n"

    app = guarded(StreamingResponse(events(), media_type="text/event-stream"), Access("localhost"))
    with serving_app(app) as port:
        url = f"http://localhost:{port}/events"
        with httpx2.stream("GET", url, timeout=PATIENCE) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "first"
            has_read.set()
            assert next(lines) == "second"


def test_browser_logs_in_and_out() -> None:
    app = guarded(Inner(), Access("localhost", TOKEN))
    with serving_app(app) as port:
        url = f"http://localhost:{port}"
        own = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
        with httpx2.Client(base_url=url, headers=own, timeout=PATIENCE) as http:
            visit = {"Accept": "text/html"}
            assert http.get("/", headers=visit).headers["location"] == "/login"
            assert http.post("/login", json={"token": "wrong"}).status_code == 401
            assert http.get(API).status_code == 401
            assert http.post("/login", json={"token": TOKEN}).status_code == 204
            assert http.get("/", headers=visit).status_code == 200
            assert http.post(API, json={}).status_code == 200
            assert http.post("/logout", json={}).status_code == 204
            assert http.post(API, json={}).status_code == 401


@contextmanager
def guarding_mcp(token: str | None = None) -> Iterator[str]:
    app = bridge_over(FakeGateway()).http_app()
    with serving_app(guarded(app, Access("localhost", token))) as port:
        yield f"http://localhost:{port}/mcp"


class TestMcp:
    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("token", [None, TOKEN])
    def test_real_clients_are_let_in(self, mode: Mode, token: str | None) -> None:
        with guarding_mcp(token) as url:
            transport = StreamableHttpTransport(url, auth=token)
            with mcp_session(transport, mode) as session:
                assert session.call("get_websocket_clients")["total_clients"] == 0

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 200),
            ({"Origin": "http://localhost:3000"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Host": "evil.example"}, 421),
        ],
        ids=str,
    )
    def test_web_pages_are_kept_out(self, headers: dict[str, str], status: int) -> None:
        with guarding_mcp() as url:
            assert initialize(url, headers).status == status

    @pytest.mark.parametrize("version", [None, "2026-01-01"])
    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"]
    )
    def test_mcp_itself_refuses_what_a_page_can_post_unasked(
        self, version: str | None, kind: str
    ) -> None:
        headers = {"Content-Type": kind, "Accept": "application/json, text/event-stream"}
        if version is not None:
            headers["MCP-Protocol-Version"] = version
        with guarding_mcp() as url:
            body = json.dumps(INITIALIZE)
            answer = httpx2.post(url, content=body, headers=headers, timeout=PATIENCE)

        assert (answer.status_code, answer.text) == (400, "Invalid Content-Type header")

    def test_token_is_asked_for(self) -> None:
        with guarding_mcp(TOKEN) as url:
            assert initialize(url).status == 401
            assert initialize(url, {"Authorization": "Bearer wrong"}).status == 401
            assert initialize(url, {"Authorization": f"Bearer {TOKEN}"}).status == 200


CONTROL = ["/api/get_websocket_server_status", "/events", "/login", "/mcp", "/health", "/"]

ASKED = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
MOCKED = on(ASKED, {"send": {"text": "mocked"}})


class TestMocksBeside:
    """What listens for WebSocket clients answers nothing of the control plane."""

    @pytest.mark.parametrize("path", CONTROL)
    def test_requests_are_no_handshakes(self, path: str) -> None:
        with mocking({"path": path, "rules": [MOCKED]}) as mocks:
            for method in ("GET", "POST"):
                with connected(mocks.port) as client:
                    lines = ["Content-Type: application/json", "Content-Length: 2"]
                    answer = client.ask(head(method, path, *lines) + b"{}")
                    assert_not_ours(answer)

    @pytest.mark.parametrize("path", CONTROL)
    def test_handshakes_reach_the_mock(self, path: str) -> None:
        with (
            mocking({"path": path, "rules": [MOCKED]}) as mocks,
            mocks.open_raw(path) as client,
        ):
            client.send(text(ASKED))
            assert client.read_frame().payload == b"mocked"


def assert_not_ours(answer: HttpAnswer) -> None:
    assert 400 <= answer.status < 500, answer
    assert "set-cookie" not in answer.headers
    assert "www-authenticate" not in answer.headers
    assert not answer.body.startswith(("{", "<"))
