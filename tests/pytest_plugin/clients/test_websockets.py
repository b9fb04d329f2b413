"""The client `websockets`: with threads, and with asyncio."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect as connect_asyncio
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.pytest_plugin.clients.conftest import Service


def test_sync(service: Service) -> None:
    with connect(service.url, subprotocols=[Subprotocol(service.protocol)]) as client:
        assert client.subprotocol == service.protocol
        client.send(json.dumps(service.question))
        answer = json.loads(client.recv())
        client.send(service.data)
        data = client.recv(decode=False)
        client.send("bye")
        with pytest.raises(ConnectionClosedError, match="enough"):
            client.recv()
        service.check_answers(answer, data, client.close_code)
    with pytest.raises(InvalidStatus, match="HTTP 401"):
        connect(service.refused_url)


def test_asyncio(service: Service) -> None:
    async def use() -> None:
        protocols = [Subprotocol(service.protocol)]
        async with connect_asyncio(service.url, subprotocols=protocols) as client:
            assert client.subprotocol == service.protocol
            await client.send(json.dumps(service.question))
            answer = json.loads(await client.recv())
            await client.send(service.data)
            data = await client.recv(decode=False)
            await client.send("bye")
            with pytest.raises(ConnectionClosedError, match="enough"):
                await client.recv()
            service.check_answers(answer, data, client.close_code)
        with pytest.raises(InvalidStatus, match="HTTP 401"):
            await connect_asyncio(service.refused_url)

    asyncio.run(use())
