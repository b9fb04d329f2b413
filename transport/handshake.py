"""The opening handshake of one connection: bytes in, a response out (RFC 6455 section 4.2).

There is no I/O and no time in here. The plan says what the mocks have decided. If it has a delay,
`transport.handshake_driver` waits.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from enum import Enum, auto
from hashlib import sha1

from websockets.datastructures import Headers
from websockets.exceptions import NegotiationError
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.transport import handshake_responses as responses
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.http.door import Kind, tell_kind
from websocket_mock.transport.plain_request import Switch, read_plain_request
from websocket_mock.transport.protocol import ConnectionProtocol
from websocket_mock.transport.tls.opening import HANDSHAKE_RECORD

MakePlan = Callable[[Request], HandshakePlan]
"""Decides what happens to a valid request; called once for each."""


def asks_for_websocket(headers: Headers) -> bool:
    """Return whether a request wants to become a WebSocket connection. `h2c` is something else."""
    return any("websocket" in value.lower() for value in headers.get_all("Upgrade"))


WRONG_ACCEPT = b64encode(sha1(b"wrong", usedforsecurity=False).digest()).decode()
"""A `Sec-WebSocket-Accept` that is wrong for every key (RFC 6455 section 4.2.2)."""


class HandshakeProgress(Enum):
    """How far the handshake has come."""

    INCOMPLETE = auto()
    """More bytes are needed."""
    REFUSED = auto()
    """The refusal is ready to be sent."""
    VALID = auto()
    """The request is valid, and there is a plan."""
    PLAIN = auto()
    """It is no handshake, but an HTTP request that HTTP rules answer."""


class ServerHandshake:
    """Reads the request and prepares the response. The reader's thread only.

    Args:
        config: the limits.
        answers_path: tells whether anything answers a path.
        make_plan: decides what happens to a valid request.
        excess: what there is too much of, so that the request is refused with 503.
        answers_http: tells whether HTTP rules answer a path.
    """

    def __init__(
        self,
        config: TransportConfig,
        answers_path: responses.PathCheck,
        make_plan: MakePlan,
        excess: str | None = None,
        answers_http: responses.PathCheck = lambda _: False,
    ) -> None:
        self.protocol = ConnectionProtocol(config, self._select)
        self.plan: HandshakePlan | None = None
        self._answers_path = answers_path
        self._make_plan = make_plan
        self._excess = excess
        self._limit = config.max_header_bytes
        self._head = b""
        self._is_told = False
        """Whether the kind of the request is known: what arrives is for the protocol core."""
        self._answers_http = answers_http
        self._request: Request | None = None
        self._switch: Switch | None = None

    def receive(self, data: bytes) -> HandshakeProgress:
        """Take bytes of the request, and return how far the handshake has come."""
        protocol = self.protocol
        if protocol.has_refused():
            return HandshakeProgress.REFUSED
        if not self._head and data.startswith(HANDSHAKE_RECORD):
            # A client that waits for an answer in TLS would wait until its request has a line.
            return self._refuse(responses.malformed(protocol, data))
        if not self._head and len(data) <= self._limit:
            plain = read_plain_request(data)
            if plain is not None:
                if asks_for_websocket(plain.headers) or not self._is_for_http(plain.path):
                    return self._on_request(plain)
                self._head = data
                return HandshakeProgress.PLAIN
        self._head += data
        if not self._is_told:
            kind = tell_kind(self._head, self._limit, self._is_for_http)
            if kind is Kind.UNKNOWN:
                return HandshakeProgress.INCOMPLETE
            if kind is Kind.PLAIN:
                return HandshakeProgress.PLAIN
            self._is_told, data = True, self._head
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

    def take_head(self) -> bytes:
        """Return the bytes of an HTTP request, and begin anew."""
        head, self._head = self._head, b""
        return head

    def _is_for_http(self, target: str) -> bool:
        try:
            return self._answers_http(responses.split_target(target)[0])
        except ValueError:
            return False

    def accept(self) -> None:
        """Send the response that opens the connection.

        The request must be valid, and its plan must accept it.
        """
        plan, switch = self.plan, self._switch
        assert switch is not None
        assert plan is not None
        assert isinstance(plan.ending, Accept)
        wrong_accept = None if plan.wrong_accept is None else WRONG_ACCEPT
        self.protocol.switch(switch.serialize(plan.ending.headers, wrong_accept))

    def reject(self, rejection: Reject) -> None:
        """Send the refusal that the mock asks for."""
        self._refuse(responses.rejection(rejection))

    def _on_request(self, request: Request) -> HandshakeProgress:
        self._request = request
        response = responses.respond(
            self.protocol, request, self._answers_path, excess=self._excess
        )
        if isinstance(response, Response):
            return self._refuse(response)
        self._switch = response
        return HandshakeProgress.VALID

    def _refuse(self, response: Response) -> HandshakeProgress:
        self.protocol.send_response(response)
        return HandshakeProgress.REFUSED

    def _select(self, _: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        # The core asks for the subprotocol last, when it has checked the rest of the request.
        assert self._request is not None
        self.plan = self._make_plan(self._request)
        chosen = self.plan.choose_subprotocol(offered)
        if chosen is None and self.plan.requires_subprotocol:
            spoken = ", ".join(self.plan.subprotocols)
            raise NegotiationError(f"no subprotocol in common; spoken here: {spoken}")
        return None if chosen is None else Subprotocol(chosen)
