"""The client of `autobahn`, with asyncio."""

import asyncio
import json
from typing import Any

import pytest

from tests.pytest_plugin.clients.conftest import Service

autobahn = pytest.importorskip("autobahn.asyncio.websocket", reason="autobahn is not installed")


def test_autobahn(service: Service) -> None:
    asyncio.run(use(service))


async def use(service: Service) -> None:
    answers: list[Any] = []
    ended: asyncio.Future[tuple[int | None, str]] = asyncio.get_running_loop().create_future()

    class Client(autobahn.WebSocketClientProtocol):  # type: ignore[misc, name-defined]
        def onConnect(self, response: Any) -> None:  # noqa: N802 - autobahn's name
            assert response.protocol == service.protocol

        def onOpen(self) -> None:  # noqa: N802 - autobahn's name
            self.sendMessage(json.dumps(service.question).encode())

        def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - as above
            answers.append(payload if isBinary else json.loads(payload))
            if isBinary:
                self.sendMessage(b"bye")
            else:
                self.sendMessage(service.data, isBinary=True)

        def onClose(self, wasClean: bool, code: int | None, reason: str) -> None:  # noqa: N802, N803
            ended.set_result((code, reason))

    await connect(Client, service.url, [service.protocol])
    code, _ = await asyncio.wait_for(ended, 30)
    answer, data = answers
    service.check_answers(answer, data, code)

    ended = asyncio.get_running_loop().create_future()
    await connect(Client, service.refused_url, [])
    _, reason = await asyncio.wait_for(ended, 30)
    assert "401" in reason


async def connect(protocol: Any, url: str, protocols: list[str]) -> None:
    factory = autobahn.WebSocketClientFactory(url, protocols=protocols)
    factory.protocol = protocol
    await asyncio.get_running_loop().create_connection(factory, factory.host, factory.port)
