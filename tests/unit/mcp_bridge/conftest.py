"""The MCP server over a real runtime, and its clients in both modes."""

from collections.abc import Iterator

import pytest

from tests.helpers.bridge import UNBINDABLE_HOST, FakeGateway, bridge_over
from tests.helpers.mcp_session import MODES, McpSession, Mode, mcp_session
from tests.helpers.server import InProcessServer, serving_here


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Mode:
    chosen: Mode = request.param
    return chosen


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    with serving_here(host="localhost") as running:
        yield running


@pytest.fixture
def url(server: InProcessServer) -> str:
    """Where WebSocket clients connect."""
    return server.gateway.status().url


@pytest.fixture
def session(server: InProcessServer, mode: Mode) -> Iterator[McpSession]:
    """An MCP client of a server that runs."""
    with mcp_session(bridge_over(server.gateway), mode) as connected:
        yield connected


@pytest.fixture
def idle_session() -> Iterator[McpSession]:
    """An MCP client of a server whose WebSocket side cannot listen."""
    with (
        serving_here(host=UNBINDABLE_HOST) as server,
        mcp_session(bridge_over(server.gateway)) as connected,
    ):
        yield connected


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def fake_session(gateway: FakeGateway) -> Iterator[McpSession]:
    """An MCP client of a server over the fake gateway."""
    with mcp_session(bridge_over(gateway)) as connected:
        yield connected
