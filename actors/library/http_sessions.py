"""What HTTP requests do with sessions: connections whose messages travel in their bodies.

The transport has the sessions. Here they are polled, step by step.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Literal, Protocol

from websocket_mock.actors.conversation.http_rules import Framing, event_of
from websocket_mock.actors.library.http_steps import EndStream, Leave, SendEvent, Step, Wait
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.http_request import HttpRequest
from websocket_mock.actors.values.ports import Clock

Wake = Callable[[], object]


class BadMessages(ValueError):
    """Raised when the body of a request has no messages for a session; the text says why."""


class HttpSession(Protocol):
    """A session. Any thread may use it."""

    framing: Framing

    @property
    def end_kind(self) -> Literal["closed", "reset", "cut"] | None:
        """How it has ended: closed, or without a word by RST or FIN; None: it is open."""

    def listen(self, wake: Wake) -> None:
        """Be woken when there is something to take. Who listened before is woken and left out."""

    def hears(self, wake: Wake) -> bool:
        """Return whether this listener is the one that is woken."""

    def leave(self, wake: Wake) -> None:
        """Stop to be woken; nothing happens if another one listens."""

    def take(self) -> Sequence[bytes]:
        """Return the messages that wait, oldest first. They do not wait any more."""

    def receive(self, body: bytes) -> None:
        """Take the messages of a request.

        Raises:
            BadMessages: there are none in it.
        """

    def hang_up(self) -> None:
        """End it, because the client wants that."""


class HttpSessions(Protocol):
    """The sessions as one request sees them."""

    def open(
        self, request: HttpRequest, framing: Framing, session_id: str | None
    ) -> HttpSession | None:
        """Open a session; None: there are too many connections.

        Args:
            request: the request that opens it.
            framing: how its messages travel.
            session_id: the id by which requests name it; None: that of its client.
        """

    def find(self, session_id: str, namespace: str | None, endpoint: str) -> HttpSession | None:
        """Return the session of an id at an endpoint; None: there is none."""


def poll(
    session: HttpSession, wake: Wake, seconds: float, clock: Clock
) -> Generator[Step, None, Sequence[bytes]]:
    """Wait for messages, and return them; none if the time is over or another request polls."""
    until = clock.monotonic() + seconds
    session.listen(wake)
    try:
        while session.hears(wake):
            messages = session.take()
            left = until - clock.monotonic()
            if messages or session.end_kind is not None or left <= 0:
                return messages
            yield Wait(left)
    finally:
        session.leave(wake)
    return ()


def stream(session: HttpSession, wake: Wake, rule: str) -> Iterator[Step]:
    """Send each message as a server-sent event, until the session ends."""
    session.listen(wake)
    try:
        while session.hears(wake):
            for message in session.take():
                yield SendEvent(event_of(message), message)
            if session.end_kind in ("reset", "cut"):
                yield Leave(session.end_kind == "reset", rule)
                return
            if session.end_kind is not None:
                break
            yield Wait(FOR_EVER)
    finally:
        session.leave(wake)
    yield EndStream()
