"""Our protocol core and the client core of `websockets`, joined without a wire."""

from collections.abc import Sequence
from typing import Any

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import enable_client_permessage_deflate
from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from tests.helpers.frames import request
from tests.helpers.plans import first_offer
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.protocol import ConnectionProtocol


def open_protocol(
    kind: type[ConnectionProtocol] = ConnectionProtocol, *, deflate: bool = False, **limits: Any
) -> ConnectionProtocol:
    """Our core after a handshake, with nothing left to send."""
    config = TransportConfig(**{"compression": deflate, **limits})
    protocol = kind(config, first_offer)
    offer = "permessage-deflate; client_max_window_bits" if deflate else None
    protocol.receive_data(request(Sec_WebSocket_Extensions=offer))
    accept(protocol)
    protocol.data_to_send()
    return protocol


def accept(protocol: ConnectionProtocol) -> Response:
    """Answer the request that our core has read."""
    (event,) = protocol.events_received()
    assert isinstance(event, Request)
    response = protocol.accept(event)
    protocol.send_response(response)
    return response


class Pair:
    """A server and a client whose connection is open."""

    def __init__(
        self, *, deflate: bool = False, subprotocols: Sequence[str] = (), **limits: Any
    ) -> None:
        config = TransportConfig(**{"compression": deflate, **limits})
        self.server = ConnectionProtocol(config, first_offer)
        self.client = ClientProtocol(
            parse_uri("ws://localhost/echo"),
            extensions=enable_client_permessage_deflate(None) if deflate else None,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            max_size=None,
        )
        self.client.send_request(self.client.connect())
        self.to_server()
        self.response = accept(self.server)
        self.to_client()
        assert self.client.handshake_exc is None

    def to_server(self) -> tuple[Inbound, ...]:
        """Hand over what the client wants to send; return what our core made of it."""
        for data in self.client.data_to_send():
            if data:
                self.server.receive_data(data)
            else:
                self.server.receive_eof()
        return self.server.take_inbound()

    def to_client(self) -> list[Frame]:
        """Hand over what our core wants to send; return the frames the client made of it."""
        for data in self.server.data_to_send():
            if data:
                self.client.receive_data(data)
            else:
                self.client.receive_eof()
        return [event for event in self.client.events_received() if isinstance(event, Frame)]
