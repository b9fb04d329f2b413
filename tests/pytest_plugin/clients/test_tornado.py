"""The client of `tornado`."""

import asyncio
import json

import pytest

from tests.pytest_plugin.clients.conftest import Service

httpclient = pytest.importorskip("tornado.httpclient", reason="tornado is not installed")
websocket = pytest.importorskip("tornado.websocket", reason="tornado is not installed")


def test_tornado(service: Service) -> None:
    async def use() -> None:
        client = await websocket.websocket_connect(service.url, subprotocols=[service.protocol])
        assert client.selected_subprotocol == service.protocol
        await client.write_message(json.dumps(service.question))
        answer = json.loads(await client.read_message())
        await client.write_message(service.data, binary=True)
        data = await client.read_message()
        await client.write_message("bye")
        assert await client.read_message() is None
        service.check_answers(answer, data, client.close_code)
        client.close()  # else it warns that it was not closed
        with pytest.raises(httpclient.HTTPClientError, match="401"):
            await websocket.websocket_connect(service.refused_url)

    asyncio.run(use())
