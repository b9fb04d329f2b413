"""The client `httpx-ws`."""

import pytest

from tests.pytest_plugin.clients.conftest import Service

httpx_ws = pytest.importorskip("httpx_ws", reason="httpx-ws is not installed")


def test_httpx_ws(service: Service) -> None:
    with httpx_ws.connect_ws(service.url, subprotocols=[service.protocol]) as client:
        assert client.subprotocol == service.protocol
        client.send_json(service.question)
        answer = client.receive_json()
        client.send_bytes(service.data)
        data = client.receive_bytes()
        client.send_text("bye")
        with pytest.raises(httpx_ws.WebSocketDisconnect) as caught:
            client.receive_text()
        service.check_answers(answer, data, caught.value.code)
    with (
        pytest.raises(httpx_ws.WebSocketUpgradeError) as refused,
        httpx_ws.connect_ws(service.refused_url),
    ):
        pytest.fail("it was not refused")
    assert refused.value.response.status_code == 401
