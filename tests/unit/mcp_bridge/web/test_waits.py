"""Waits over REST: they block, end when the caller hangs up, and keep nobody else waiting."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.helpers.bridge import bridge_over
from tests.helpers.http_bridge import serving_http
from tests.helpers.peers import peer
from tests.helpers.rest_api import RestApi, rest_api
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, UNIT, eventually

WAIT = "wait_for_websocket_event"
VERIFY = "verify_websocket_traffic"

SOON = 1.5 * UNIT
QUICK = 0.5 * UNIT

MANY = 200
"""As many as may wait at a time."""

LONG: list[tuple[str, dict[str, Any]]] = [
    (WAIT, {"match": {"kind": "open"}, "timeout": 300}),
    (WAIT, {"match": {}, "quiet": "200s", "timeout": 300}),
    (VERIFY, {"expect": {"kind": "open"}, "within": 300}),
]


@pytest.fixture
def port(server: InProcessServer) -> Iterator[int]:
    with serving_http(bridge_over(server.gateway)) as port:
        yield port


@pytest.fixture
def api(port: int) -> Iterator[RestApi]:
    with rest_api(f"http://127.0.0.1:{port}") as connected:
        yield connected


def ask_only(port: int, method: str, tool: str, arguments: dict[str, Any]) -> socket.socket:
    """Send a request, and return the socket without reading the answer."""
    target, body = f"/api/{tool}", json.dumps(arguments)
    if method == "GET":
        texts = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in arguments.items()
        }
        target, body = f"{target}?{urlencode(texts)}", ""
    caller = socket.create_connection(("127.0.0.1", port), PATIENCE)
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json"
    caller.sendall(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    return caller


def read_answer(caller: socket.socket) -> Any:
    response = http.client.HTTPResponse(caller)
    response.begin()
    return json.loads(response.read())


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("tool", "arguments"), LONG, ids=["wait", "quiet", "verify"])
def test_wait_ends_soon_after_its_caller_hangs_up(
    server: InProcessServer, port: int, method: str, tool: str, arguments: dict[str, Any]
) -> None:
    with ask_only(port, method, tool, arguments):
        eventually(lambda: server.waits == 1)
        begin = time.monotonic()
    eventually(lambda: server.waits == 0)
    assert time.monotonic() - begin < SOON


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_wait_blocks_until_the_event(server: InProcessServer, port: int, method: str) -> None:
    with ask_only(port, method, WAIT, {"match": {"kind": "open"}, "timeout": 300}) as caller:
        eventually(lambda: server.waits == 1)
        caller.settimeout(0.3)  # longer than the time between two checks whether it is there
        with pytest.raises(TimeoutError):
            caller.recv(1)
        caller.settimeout(PATIENCE)
        with peer(server.url()):
            assert caller.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_wait_that_times_out_says_so(api: RestApi) -> None:
    begin = time.monotonic()
    waited = api.call(WAIT, match={"kind": "open"}, timeout=0.3)
    assert time.monotonic() - begin >= 0.3
    assert waited["status"] == "timed_out"


def test_many_wait_at_once_and_the_other_tools_stay_quick(
    server: InProcessServer, port: int, api: RestApi
) -> None:
    arguments = {"match": {"kind": "open"}, "after": "start", "timeout": 300}
    with ExitStack() as stack:
        callers = [
            stack.enter_context(ask_only(port, "POST", WAIT, arguments)) for _ in range(MANY)
        ]
        eventually(lambda: server.waits == MANY)
        begin = time.monotonic()
        for _ in range(5):
            assert api.call("list_websocket_mocks")["total"] == 0
            assert api.get("get_websocket_traffic").json()["entries"] == []
        assert time.monotonic() - begin < 10 * QUICK

        with peer(server.url()):
            answers = [read_answer(caller) for caller in callers]
        assert {answer["status"] for answer in answers} == {"happened"}
    eventually(lambda: server.waits == 0)
