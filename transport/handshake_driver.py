"""When a handshake is answered: the delay in its plan, and the time limit for the client.

The driver owns the timer of a connection that is not open yet. The answer itself comes from
`transport.handshake`.
"""

from collections.abc import Callable
from typing import Protocol

from loguru import logger

from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.transport.handshake import HandshakeProgress, ServerHandshake
from websocket_mock.transport.http.side import HttpSide
from websocket_mock.transport.roles import Timers
from websocket_mock.transport.tls.opening import HANDSHAKE_RECORD

NO_TLS = (
    "client at {} speaks TLS, but this server does not: connect with ws://, or start the server "
    "with --tls-self-signed or --tls-cert"
)

IDLE_SECONDS = 60.0
"""Seconds after which a connection ends that has had an HTTP response and sends nothing more."""

MakeHttp = Callable[[Callable[[bytes], object]], HttpSide]
"""Makes the HTTP side of a connection, with what it calls when the next request may follow."""


class Opened(Protocol):
    """The connection that the handshake is for."""

    def open(self, plan: HandshakePlan) -> None:
        """Begin the conversation: the request was accepted."""

    def warn(self, text: str) -> None:
        """Log what is wrong with the client; `{}` in the text is its address."""

    def expect_end(self) -> None:
        """Send the refusal, and drop the connection if the peer does not hang up in time."""

    def abort(self, *, is_reset: bool) -> None:
        """End without an answer, by FIN or by RST."""

    def drop(self, reason: str) -> None:
        """Close the socket now."""


class HandshakeDriver:
    """Answers the handshake of one connection when its plan says so. The reader's thread only.

    Args:
        handshake: reads the request and prepares the response.
        timers: the timers of the connection.
        timeout: the seconds that the client has for its request.
        connection: is opened, refused or dropped.
        make_http: makes what serves plain HTTP requests.
    """

    def __init__(
        self,
        handshake: ServerHandshake,
        timers: Timers,
        timeout: float,
        connection: Opened,
        make_http: MakeHttp,
    ) -> None:
        self._handshake = handshake
        self._timers = timers
        self._connection = connection
        self._timeout = timeout
        self._make_http = make_http
        self._http: HttpSide | None = None
        self._is_idle = False
        """Whether the last HTTP request was answered, and nothing of the next one has come."""
        self._timer = timers.call_later(timeout, self._on_timeout)

    def receive(self, data: bytes) -> None:
        """Take bytes that arrived before the connection was open."""
        if self._http is not None and self._http.is_busy:
            self._http.receive(data)
            return
        if self._is_idle:
            self._is_idle = False
            self._limit_time(self._timeout)
        if self._handshake.plan is not None:
            # The answer is delayed, and the client must wait for it (RFC 6455 section 4.1).
            self._connection.drop("data before the handshake was answered")
            return
        progress = self._handshake.receive(data)
        if progress is HandshakeProgress.REFUSED:
            if data.startswith(HANDSHAKE_RECORD):
                self._connection.warn(NO_TLS)
            self._on_refusal()
        elif progress is HandshakeProgress.VALID:
            self._follow_plan()
        elif progress is HandshakeProgress.PLAIN:
            self._serve()

    def _serve(self) -> None:
        if self._http is None:
            self._http = self._make_http(self._on_answered)
        self._http.begin(self._handshake.take_head(), self._timer)

    def _on_answered(self, rest: bytes) -> None:
        """Wait for the next request of the same connection, be it HTTP or a handshake."""
        self._http = None
        self._is_idle = True
        self._limit_time(IDLE_SECONDS)
        if rest:
            self.receive(rest)

    def _limit_time(self, seconds: float) -> None:
        self._timer.cancel()
        self._timer = self._timers.call_later(seconds, self._on_timeout)

    def close(self) -> None:
        """Cancel the timer, so that nothing is answered any more."""
        self._timer.cancel()
        if self._http is not None:
            self._http.close()

    def _follow_plan(self) -> None:
        plan = self._handshake.plan
        assert plan is not None
        if plan.delay == 0:
            self._conclude(plan)
            return
        self._timer.cancel()
        if plan.delay != FOR_EVER:
            self._timer = self._timers.call_later(plan.delay, lambda: self._conclude(plan))

    def _conclude(self, plan: HandshakePlan) -> None:
        match plan.ending:
            case Accept():
                self._timer.cancel()
                self._handshake.accept()
                self._connection.open(plan)
            case Reject() as rejection:
                self._handshake.reject(rejection)
                self._on_refusal()
            case kind:
                self._connection.abort(is_reset=kind == "reset")

    def _on_refusal(self) -> None:
        logger.debug("a handshake was refused")
        self._timer.cancel()
        self._connection.expect_end()

    def _on_timeout(self) -> None:
        logger.debug("a handshake request did not arrive in time")
        self._connection.drop("handshake timeout")
