"""The answer to the key of the handshake is wrong."""

from websocket_mock.actors.faults.kind import HandshakeFault


class WrongAccept(HandshakeFault):
    """A wrong Sec-WebSocket-Accept in the handshake (RFC 6455 section 4.2.2)."""

    key = "wrong_accept"
    summary = "a wrong Sec-WebSocket-Accept in the handshake"
