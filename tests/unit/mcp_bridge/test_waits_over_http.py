"""Waits over real http whose asker goes away in the middle."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
import pytest

from tests.helpers.bridge import bridge_over
from tests.helpers.http_bridge import serving_http
from tests.helpers.mcp_session import McpSession, Mode, mcp_session
from tests.helpers.peers import peer
from tests.helpers.server import InProcessServer
from tests.helpers.tcp_proxy import TcpProxy, proxying
from tests.helpers.wait import PATIENCE, UNIT, eventually
from websocket_mock.mcp_bridge.calls import POLL

WAIT = "wait_for_websocket_event"

SOON = 1.5 * UNIT
"""Seconds; half of it is what a busy machine adds."""

MANY = 50
QUICK = 0.5 * UNIT


@contextmanager
def session_that_is_lost(proxy: TcpProxy, mode: Mode) -> Iterator[McpSession]:
    """A session of a client that may complain in the end that its connection was lost."""
    is_lost = False
    try:
        with mcp_session(f"http://127.0.0.1:{proxy.port}/mcp", mode) as session:
            yield session
            is_lost = True
    except (ExceptionGroup, httpx2.TransportError):
        if not is_lost:
            raise


@pytest.fixture
def port(server: InProcessServer) -> Iterator[int]:
    with serving_http(bridge_over(server.gateway)) as port:
        yield port


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("wait_for_websocket_event", {"match": {"kind": "open"}, "timeout": 300}),
        ("wait_for_websocket_event", {"match": {}, "quiet": "200s", "timeout": 300}),
        ("verify_websocket_traffic", {"expect": {"kind": "open"}, "within": 300}),
    ],
    ids=["wait", "quiet", "verify"],
)
def test_wait_ends_soon_after_its_asker_is_cut_off(
    server: InProcessServer,
    port: int,
    mode: Mode,
    monkeypatch: pytest.MonkeyPatch,
    tool: str,
    arguments: dict[str, Any],
) -> None:
    # Between two looks a verification does not wait for a moment, which would look like its end.
    with proxying(port) as proxy, session_that_is_lost(proxy, mode) as session:
        session.start_call(tool, **arguments)
        eventually(lambda: server.waits == 1)
        begin = time.monotonic()
        proxy.drop()
        eventually(lambda: server.waits == 0)
        assert time.monotonic() - begin < SOON


def test_wait_whose_asker_stays_goes_on(server: InProcessServer, port: int, mode: Mode) -> None:
    with mcp_session(f"http://127.0.0.1:{port}/mcp", mode) as session:
        call = session.start_call(WAIT, after="start", match={"kind": "open"}, timeout=300)
        eventually(lambda: server.waits == 1)
        with pytest.raises(TimeoutError):
            call.result(2 * POLL)
        with peer(server.url()):
            assert (call.result(PATIENCE).structured_content or {})["status"] == "happened"


def test_many_wait_at_once_and_the_other_tools_stay_quick(
    server: InProcessServer, port: int, mode: Mode
) -> None:
    mcp_url = f"http://127.0.0.1:{port}/mcp"
    with ExitStack() as stack:
        # A client has no more than a hundred connections, so two wait and a third one asks.
        one, two, other = (
            stack.enter_context(mcp_session(mcp_url, mode, patience=6 * PATIENCE)) for _ in range(3)
        )
        calls = [
            waiting.start_call(WAIT, after="start", match={"kind": "open"}, timeout=6 * PATIENCE)
            for waiting in (one, two)
            for _ in range(MANY // 2)
        ]
        eventually(lambda: server.waits == MANY, 3 * PATIENCE)
        begin = time.monotonic()
        for _ in range(5):
            assert other.call("list_websocket_mocks")["total"] == 0
            assert other.call("get_websocket_traffic")["entries"] == []
        assert time.monotonic() - begin < 10 * QUICK

        with peer(server.url()):
            answers = [call.result(3 * PATIENCE).structured_content or {} for call in calls]
        assert {answer["status"] for answer in answers} == {"happened"}
