"""The request of a client."""

import pytest

from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.tls import TlsInfo

TLS = TlsInfo("TLSv1.3", "", None, None, None)


@pytest.mark.parametrize(
    ("namespace", "tls", "url"),
    [
        (None, None, "ws://localhost:9004"),
        ("run-7", None, "ws://localhost:9004/ns/run-7"),
        ("run-7", TLS, "wss://localhost:9004/ns/run-7"),
    ],
)
def test_url_of_the_server_is_that_of_the_client(
    namespace: str | None, tls: TlsInfo | None, url: str
) -> None:
    headers = {"host": "localhost:9004"}
    request = HandshakeRequest("/a", headers=headers, namespace=namespace, tls=tls)
    assert request.server_url == url
