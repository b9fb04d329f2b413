"""The live page over a server in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.helpers.browser import LivePage, browsing, live_page
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.web_server import WebServer, serving_routes
from websocket_mock.mcp_bridge.web.app import control_routes
from websocket_mock.mcp_bridge.web.guard import Access

MOCKS = """
endpoints:
  - name: chat
    path: /chat
    unmatched: strict
    rules:
      - name: greet
        trigger: connect
        do: [{send: {json: {type: welcome}}}]
      - name: subscribe
        match: {json: {$.type: subscribe, $.channel: news}}
        do: [{send: {json: {type: subscribed, id: 12345678901234567890}}}]
      - name: leave
        match: {text: bye}
        state: initial
        do: [{close: {code: 4001, reason: As you wish}}]
"""

ACCESS = Access("127.0.0.1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for longer: while it runs, nothing else can run an event loop on this thread.
    with browsing() as running:
        yield running


@pytest.fixture
def mocks(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A mocks file: what the module has as `MOCKS`, or those of all others."""
    path = tmp_path / "mocks.yaml"
    path.write_text(getattr(request.module, "MOCKS", MOCKS))
    return path


@pytest.fixture
def server(mocks: Path) -> Iterator[InProcessServer]:
    with serving_here(mocks) as running:
        yield running


@pytest.fixture
def web(server: InProcessServer) -> Iterator[WebServer]:
    with serving_routes(server.gateway, control_routes, access=ACCESS) as running:
        yield running


@pytest.fixture
def live(browser: Browser, web: WebServer) -> Iterator[LivePage]:
    with live_page(browser, web.url) as page:
        yield page
