"""The client of `aiohttp`."""

import asyncio

import pytest

from tests.pytest_plugin.clients.conftest import Service

aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed")


def test_aiohttp(service: Service) -> None:
    async def use() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(service.url, protocols=[service.protocol]) as client:
                assert client.protocol == service.protocol
                await client.send_json(service.question)
                answer = await client.receive_json()
                await client.send_bytes(service.data)
                data = await client.receive_bytes()
                await client.send_str("bye")
                message = await client.receive()
                assert message.type is aiohttp.WSMsgType.CLOSE
                service.check_answers(answer, data, client.close_code)
            with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
                await session.ws_connect(service.refused_url)

    asyncio.run(use())
