"""The mock that each client library talks to, by way of the fixture `websocket_mock`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from websocket_mock import Endpoint, WebSocketMock

PROTOCOL = "v2.chat"
QUESTION = {"type": "ask", "id": 7, "text": "wie geht's? ✓"}
ANSWER = {"type": "answer", "id": 7}
BYTES = bytes(range(256))
CLOSE_CODE = 4001


@pytest.fixture
def websocket_mock_server() -> Iterator[WebSocketMock]:
    """A server for each test, because none of our tests may leave a server behind."""
    with WebSocketMock() as server:
        yield server


@dataclass(frozen=True, slots=True)
class Service:
    """What a client must do: connect, ask, send bytes, say bye, and be refused.

    The rules are expected, so a test fails at its end if its client did not do all of it.
    """

    endpoint: Endpoint
    protocol: str = PROTOCOL
    question = QUESTION
    data: bytes = BYTES

    @property
    def url(self) -> str:
        return self.endpoint.url(room="lobby")

    @property
    def refused_url(self) -> str:
        return self.endpoint.url(room="lobby", query={"ticket": "expired"})

    def check_answers(self, answer: Any, data: bytes, code: int | None) -> None:
        """Check what the client has seen."""
        assert answer == ANSWER
        assert data == BYTES
        assert code == CLOSE_CODE


@pytest.fixture
def service(websocket_mock: WebSocketMock) -> Iterator[Service]:
    endpoint = websocket_mock.endpoint("/chat/{room}", subprotocols=["v1.chat", PROTOCOL])
    endpoint.handshake(query={"ticket": "expired"}).reject(401, body="expired")
    asked = {f"$.{name}": value for name, value in QUESTION.items()}
    endpoint.on(json=asked).send(json={**ANSWER, "id": "{{ message.json.id }}"}).expect(1)
    endpoint.on(binary=BYTES).send(binary="hex:{{ message.hex }}").expect(1)
    endpoint.on(text="bye").close(CLOSE_CODE, "enough").expect(1)
    yield Service(endpoint)
    websocket_mock.verify(kind="handshake", status=101, count=1)
    websocket_mock.verify(kind="handshake", status=401, count=1)
