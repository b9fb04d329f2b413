"""The client `picows`."""

import asyncio
import json
from typing import Any

import pytest

from tests.pytest_plugin.clients.conftest import Service

picows = pytest.importorskip("picows", reason="picows is not installed")


def test_picows(service: Service) -> None:
    asyncio.run(use(service))


async def use(service: Service) -> None:
    received: list[tuple[Any, bytes]] = []
    more = asyncio.Event()

    class Listener(picows.WSListener):  # type: ignore[misc, name-defined]
        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            code = frame.get_close_code() if frame.msg_type is picows.WSMsgType.CLOSE else None
            received.append((code, frame.get_payload_as_bytes()))
            more.set()
            if code is not None:
                transport.send_close(code)
                transport.disconnect()

    async def ask(kind: Any, payload: bytes) -> tuple[Any, bytes]:
        more.clear()
        transport.send(kind, payload)
        await asyncio.wait_for(more.wait(), 30)
        return received.pop()

    transport, _ = await picows.ws_connect(
        Listener, service.url, extra_headers={"Sec-WebSocket-Protocol": service.protocol}
    )
    text = picows.WSMsgType.TEXT
    _, answer = await ask(text, json.dumps(service.question).encode())
    _, data = await ask(picows.WSMsgType.BINARY, service.data)
    code, _ = await ask(text, b"bye")
    await transport.wait_disconnected()
    service.check_answers(json.loads(answer), data, code)
    with pytest.raises(picows.WSHandshakeError, match="401"):
        await picows.ws_connect(Listener, service.refused_url)
