"""A connection before it is open: its request, what is planned for it, and when that happens."""

from typing import Protocol

from loguru import logger

from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.transport.opening import HandshakeProgress, Opening
from websocket_mock.transport.roles import Host


class Entered(Protocol):
    """The connection behind an entrance."""

    def open(self, plan: HandshakePlan) -> None:
        """Go on as an open connection: the request was accepted."""

    def expect_end(self) -> None:
        """Wait for the peer to hang up: the refusal is on its way."""

    def abort(self, *, is_reset: bool) -> None:
        """End without an answer, by FIN or by RST."""

    def drop(self, reason: str) -> None:
        """Close the socket now."""


class Entrance:
    """Lets a client in, or does not, at the time the plan says. The reader's thread only.

    Args:
        opening: reads the request and prepares the response.
        host: runs its timer.
        timeout: seconds the client has for its request.
        connection: what is behind it.
    """

    def __init__(self, opening: Opening, host: Host, timeout: float, connection: Entered) -> None:
        self._opening = opening
        self._host = host
        self._connection = connection
        self._timer = host.call_later(timeout, self._on_timeout)

    def receive(self, data: bytes) -> None:
        """Take bytes that came before the connection was open."""
        if self._opening.plan is not None:
            # The answer is delayed, and the client must wait for it (RFC 6455 section 4.1).
            self._connection.drop("data before the handshake was answered")
            return
        progress = self._opening.receive(data)
        if progress is HandshakeProgress.REFUSED:
            self._on_refusal()
        elif progress is HandshakeProgress.VALID:
            self._follow_plan()

    def close(self) -> None:
        """Let nobody in any more."""
        self._timer.cancel()

    def _follow_plan(self) -> None:
        plan = self._opening.plan
        assert plan is not None
        if plan.delay == 0:
            self._conclude(plan)
            return
        self._timer.cancel()
        if plan.delay is not None:
            self._timer = self._host.call_later(plan.delay, lambda: self._conclude(plan))

    def _conclude(self, plan: HandshakePlan) -> None:
        match plan.ending:
            case Accept():
                self._timer.cancel()
                self._opening.accept()
                self._connection.open(plan)
            case Reject() as rejection:
                self._opening.reject(rejection)
                self._on_refusal()
            case kind:
                self._connection.abort(is_reset=kind == "reset")

    def _on_refusal(self) -> None:
        logger.debug("a handshake was refused")
        self._timer.cancel()
        self._connection.expect_end()

    def _on_timeout(self) -> None:
        logger.debug("a handshake did not come in time")
        self._connection.drop("handshake timeout")
