"""The opening handshake of one connection: bytes in, a response out (RFC 6455 section 4.2).

Without I/O and without time. What only the mocks can decide is in the plan; a delay in it is the
connection's business.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from enum import Enum, auto
from hashlib import sha1

from websockets.exceptions import NegotiationError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.transport import handshake_responses as responses
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.protocol import ConnectionProtocol

MakePlan = Callable[[Request], HandshakePlan]
"""Decides what becomes of a request that is valid in itself; called once for it."""


WRONG_ACCEPT = b64encode(sha1(b"wrong", usedforsecurity=False).digest()).decode()
"""What no key is answered with (RFC 6455 section 4.2.2)."""


class HandshakeProgress(Enum):
    """How far the handshake is."""

    INCOMPLETE = auto()
    """More bytes are needed."""
    REFUSED = auto()
    """The refusal is on its way out."""
    VALID = auto()
    """The request is valid, and there is a plan."""


class ServerHandshake:
    """Reads the request and prepares the response. Confined to its connection.

    Args:
        config: limits.
        answers_path: tells whether anything answers a path.
        make_plan: decides on a valid request.
        is_full: refuse it with 503.
    """

    def __init__(
        self,
        config: TransportConfig,
        answers_path: responses.PathCheck,
        make_plan: MakePlan,
        *,
        is_full: bool,
    ) -> None:
        # A plain function, because the core binds what it is given to itself.
        self.protocol = ConnectionProtocol(config, lambda _, offered: self._select(offered))
        self.plan: HandshakePlan | None = None
        self._answers_path = answers_path
        self._make_plan = make_plan
        self._is_full = is_full
        self._limit = config.max_header_bytes
        self._head = b""
        self._request: Request | None = None
        self._response: Response | None = None

    def receive(self, data: bytes) -> HandshakeProgress:
        """Take bytes of the request."""
        protocol = self.protocol
        if protocol.has_refused():
            return HandshakeProgress.REFUSED
        self._head += data
        protocol.receive_data(data)
        requests = protocol.events_received()
        if protocol.has_refused():
            # The request could not be parsed. The core answers only some of such requests.
            if not protocol.has_answered():
                protocol.answer_refusal(responses.malformed(protocol, self._head))
            return HandshakeProgress.REFUSED
        if len(self._head) > self._limit and responses.HEAD_END not in self._head[: self._limit]:
            return self._refuse(responses.too_large(protocol, self._limit))
        if requests and isinstance(requests[0], Request):
            return self._on_request(requests[0])
        return HandshakeProgress.INCOMPLETE

    def accept(self) -> Request:
        """Send the response that opens the connection; return the request.

        The plan must be to accept.
        """
        assert self._response is not None
        assert self._request is not None
        if self.plan is not None and isinstance(self.plan.ending, Accept):
            for name, value in self.plan.ending.headers.items():
                self._response.headers[name] = value
        if self.plan is not None and self.plan.wrong_accept is not None:
            del self._response.headers["Sec-WebSocket-Accept"]
            self._response.headers["Sec-WebSocket-Accept"] = WRONG_ACCEPT
        self.protocol.send_response(self._response)
        return self._request

    def reject(self, rejection: Reject) -> None:
        """Send the refusal that the mocks want."""
        self._refuse(responses.rejection(rejection))

    def _on_request(self, request: Request) -> HandshakeProgress:
        self._request = request
        response = responses.respond(
            self.protocol, request, self._answers_path, is_full=self._is_full
        )
        if response.status_code != responses.SWITCHING_PROTOCOLS:
            return self._refuse(response)
        self._response = response
        return HandshakeProgress.VALID

    def _refuse(self, response: Response) -> HandshakeProgress:
        self.protocol.send_response(response)
        return HandshakeProgress.REFUSED

    def _select(self, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        # The core asks for the subprotocol last, when all else about the request is valid.
        assert self._request is not None
        self.plan = self._make_plan(self._request)
        chosen = self.plan.choose_subprotocol(offered)
        if chosen is None and self.plan.requires_subprotocol:
            spoken = ", ".join(self.plan.subprotocols)
            raise NegotiationError(f"no subprotocol in common; spoken here: {spoken}")
        return None if chosen is None else Subprotocol(chosen)
