"""A mock of one's own for each test: it starts in milliseconds."""

from collections.abc import Iterator

import pytest

from websocket_mock import Endpoint, WebSocketMock


@pytest.fixture
def mock() -> Iterator[WebSocketMock]:
    """A mock in this process. Its final check is left to the test."""
    server = WebSocketMock(close_timeout=1).start()
    yield server
    server.stop()


@pytest.fixture
def chat(mock: WebSocketMock) -> Endpoint:
    return mock.endpoint("/chat")
