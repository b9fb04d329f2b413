"""What an upper side without mocks decides about a handshake: the connection opens."""

from collections.abc import Sequence

from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from websocket_mock.actors.documents.mocks import Accept
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.transport.handshake_responses import read_request


def accept_all(request: Request) -> HandshakePlan:
    """Open the connection at once, with the client's first subprotocol."""
    return HandshakePlan(read_request(request, "127.0.0.1"), None, 0.0, Accept(), ())


def first_offer(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Choose the client's first subprotocol."""
    return offered[0] if offered else None
