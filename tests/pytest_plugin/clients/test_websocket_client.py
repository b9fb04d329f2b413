"""The client `websocket-client`."""

import json

import pytest

from tests.pytest_plugin.clients.conftest import Service

websocket = pytest.importorskip("websocket", reason="websocket-client is not installed")


def test_websocket_client(service: Service) -> None:
    client = websocket.create_connection(service.url, subprotocols=[service.protocol])
    assert client.getsubprotocol() == service.protocol
    client.send(json.dumps(service.question))
    answer = json.loads(client.recv())
    client.send_binary(service.data)
    data = client.recv()
    client.send("bye")
    opcode, frame = client.recv_data()
    assert opcode == websocket.ABNF.OPCODE_CLOSE
    service.check_answers(answer, data, int.from_bytes(frame[:2], "big"))
    client.shutdown()
    with pytest.raises(websocket.WebSocketBadStatusException, match="401"):
        websocket.create_connection(service.refused_url)
