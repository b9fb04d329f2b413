"""Sessions: connections whose messages travel in HTTP requests and their answers.

To the upper side a session is a connection like any other: it has an actor, which the rules of its
endpoint serve. What the actor sends waits until a request takes it.
"""

import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

from loguru import logger
from websockets.frames import CloseCode

from websocket_mock.actors.conversation.http_rules import Framing
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.library.http_sessions import BadMessages, Wake
from websocket_mock.actors.values.frames import Pacing, RawFrame
from websocket_mock.actors.values.http_request import HttpRequest
from websocket_mock.actors.values.inbound import BinaryReceived, Inbound, TextReceived
from websocket_mock.actors.values.tls import TlsInfo
from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.roles import Peer

IDLE_SECONDS = 60.0
"""Seconds after which a session ends that no request uses or waits for."""

LINGER_SECONDS = 10.0
"""Seconds for which the last messages of a session that the server has closed can be taken."""

MAX_MESSAGES = 10_000
"""The most messages in the body of one request."""

SLOW_CONSUMER = "slow consumer"

EndKind = Literal["closed", "reset", "cut"]


class SessionEvents(Protocol):
    """Is told what happens to a session, on its dispatcher's thread."""

    def inbound_received(self, connection: Peer, events: tuple[Inbound, ...], /) -> None:
        """Handle what the client has sent."""

    def connection_lost(
        self, connection: Peer, code: int, reason: str, /, *, was_clean: bool
    ) -> None:
        """Handle the end of the session."""


class Session:
    """One session. It is the `Peer` of the upper side and the `Outbox` of its actor.

    What belongs to the outbox runs on the thread of its dispatcher. Any thread may use the rest.
    What only a WebSocket has does nothing: pings, frames, pauses of the line.

    Args:
        opener: the connection of the request that opens it.
        framing: how its messages travel.
        events: is told what happens to it.
        budget: counts the bytes that wait.
        max_bytes: the most bytes that may wait; with more the session is closed.
        forget: called once, when it has ended and nothing can be taken any more.
    """

    def __init__(
        self,
        opener: Peer,
        framing: Framing,
        events: SessionEvents,
        budget: OutboxBudget,
        max_bytes: int,
        forget: Callable[["Session"], object],
    ) -> None:
        self.address = opener.address
        self.dispatcher: Dispatcher = opener.dispatcher
        self.tls: TlsInfo | None = opener.tls
        self.subprotocol: str | None = None
        self.backlog: Callable[[], int] = int
        self.client: dict[str, Any] | None = None
        self.framing = framing
        self.has_started_close = False
        self.end_kind: EndKind | None = None
        """How it has ended; None: it is open."""
        self._events = events
        self._budget = budget
        self._max_bytes = max_bytes
        self._forget = forget
        self._waiting: list[tuple[bytes, bool]] = []
        """The messages that nobody has taken, each with whether it is text."""
        self._size = 0
        self._listener: Wake | None = None
        self._mutex = threading.Lock()
        """Guards what waits, and who listens."""
        self._used_at = self.dispatcher.clock.monotonic()
        self._timer = self.dispatcher.scheduler.call_later(IDLE_SECONDS, self._look)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and nothing can be taken any more."""
        return self.end_kind is not None and not self._waiting

    @property
    def outbox(self) -> "Session":
        """Sends for the actor."""
        return self

    # --- requests -------------------------------------------------------------------------------

    def listen(self, wake: Wake) -> None:
        """Be woken when there is something to take. Who listened before is woken and left out."""
        with self._mutex:
            before, self._listener = self._listener, wake
        if before is not None:
            before()

    def hears(self, wake: Wake) -> bool:
        """Return whether this listener is the one that is woken."""
        return self._listener is wake

    def leave(self, wake: Wake) -> None:
        """Stop to be woken; nothing happens if another one listens."""
        with self._mutex:
            if self._listener is wake:
                self._listener = None
        self._used_at = self.dispatcher.clock.monotonic()

    def take(self) -> Sequence[bytes]:
        """Return the messages that wait, oldest first. They do not wait any more."""
        prefix = self.framing.binary_prefix or b""
        return [
            payload if is_text else prefix + b64encode(payload)
            for payload, is_text in self.hand_over()
        ]

    def hand_over(self) -> Sequence[tuple[bytes, bool]]:
        """Return the messages that wait, each with whether it is text. They wait no longer."""
        with self._mutex:
            messages, self._waiting, self._size = self._waiting, [], 0
        if messages:
            self.dispatcher.call_soon(self._note)
        return messages

    def receive(self, body: bytes) -> None:
        """Take the messages of a request.

        Raises:
            BadMessages: there are none in it.
        """
        events = tuple(_read(body, self.framing))
        self._used_at = self.dispatcher.clock.monotonic()
        self.dispatcher.call_soon(partial(self._guard, partial(self._hand_over, events)))

    def hang_up(self) -> None:
        """End it, because the client wants that."""
        end = partial(self._end, CloseCode.NORMAL_CLOSURE, "", "closed", was_clean=True)
        self.dispatcher.call_soon(partial(self._guard, end))

    def go_away(self) -> None:
        """End it, because the server stops."""
        stop = partial(self.close, CloseCode.GOING_AWAY, "server shutting down")
        self.dispatcher.call_soon(partial(self._guard, stop))

    def _hand_over(self, events: tuple[Inbound, ...]) -> None:
        if self.end_kind is None:
            self._events.inbound_received(self, events)

    # --- messages: the outbox -------------------------------------------------------------------

    def send_text(self, payload: bytes) -> bool:
        """Let one text message wait."""
        return self._add(payload, is_text=True)

    def send_binary(self, payload: bytes) -> bool:
        """Let one binary message wait, if the session can carry it."""
        return self.framing.binary_prefix is not None and self._add(payload, is_text=False)

    def send_fragments(
        self,
        payload: bytes,
        *,
        is_text: bool,
        fragments: int,  # noqa: ARG002 - there are no frames
        compress: bool,  # noqa: ARG002
    ) -> bool:
        """Let a message wait."""
        return self.send_text(payload) if is_text else self.send_binary(payload)

    def ping(self, payload: bytes) -> bool:  # noqa: ARG002 - only a WebSocket has pings
        """Do nothing."""
        return False

    def pong(self, payload: bytes) -> bool:  # noqa: ARG002
        """Do nothing."""
        return False

    def send_raw(self, pieces: Sequence[RawFrame | bytes]) -> bool:  # noqa: ARG002
        """Do nothing."""
        return False

    def pace(self, pacing: Pacing | None) -> None:
        """Do nothing."""

    def hold_reading(self, *, is_held: bool) -> None:
        """Do nothing."""

    def freeze(self, *, is_frozen: bool) -> None:
        """Do nothing."""

    def _add(self, payload: bytes, *, is_text: bool) -> bool:
        if self.has_started_close or self.end_kind is not None:
            return False
        with self._mutex:
            self._waiting.append((payload, is_text))
            self._size += len(payload)
            is_too_much = self._size > self._max_bytes
        if is_too_much:
            self._give_up()
            return False
        self._note()
        self._wake()
        return True

    def _wake(self) -> None:
        listener = self._listener
        if listener is not None:
            listener()

    # --- the end --------------------------------------------------------------------------------

    def close(self, code: int, reason: str = "") -> None:
        """Close it. What waits can still be taken for a while."""
        if self.framing.closing is not None:
            self._add(self.framing.closing, is_text=True)
        self.has_started_close = True
        self._end(code, reason, "closed", was_clean=True)

    def answer_close(self) -> None:
        """Do nothing: a session has no close frames."""

    def fail(self) -> None:
        """Do nothing: a session has no frames that could be wrong."""

    def abort(self, *, is_reset: bool) -> None:
        """End it, and with it the connection of the request that waits."""
        self.has_started_close = True
        kind: EndKind = "reset" if is_reset else "cut"
        self._end(CloseCode.ABNORMAL_CLOSURE, "aborted", kind, was_clean=False)

    def relieve(self) -> None:
        """Close it, because all clients together have too many unsent bytes."""
        self._budget.count_closed()
        self._guard(self._give_up)

    def _give_up(self) -> None:
        self.take()
        self.has_started_close = True
        self._end(CloseCode.TRY_AGAIN_LATER, SLOW_CONSUMER, "closed", was_clean=False)
        self._note()

    def _end(self, code: int, reason: str, kind: EndKind, *, was_clean: bool) -> None:
        if self.end_kind is not None:
            return
        self.end_kind = kind
        self._timer.cancel()
        self._timer = self.dispatcher.scheduler.call_later(LINGER_SECONDS, self._let_go)
        self._wake()
        self._events.connection_lost(self, code, reason, was_clean=was_clean)

    def _look(self) -> None:
        """End it if no request has used it for long."""
        idle = self.dispatcher.clock.monotonic() - self._used_at
        if self._listener is None and idle >= IDLE_SECONDS:
            reason = f"no request came for {IDLE_SECONDS:.0f} s"
            end = partial(self._end, CloseCode.ABNORMAL_CLOSURE, reason, "cut", was_clean=False)
            self._guard(end)
        else:
            self._timer = self.dispatcher.scheduler.call_later(IDLE_SECONDS, self._look)

    def _let_go(self) -> None:
        self.take()
        self._note()
        self._forget(self)

    def _note(self) -> None:
        """Count what waits towards the budget of all clients."""
        self._budget.note(self, self._size)

    def _guard(self, action: Callable[[], object]) -> None:
        """Do something that must not take the reader's thread with it."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a bug costs this session only
            logger.opt(exception=error).error("session of {} broke", self.address)


def _read(body: bytes, framing: Framing) -> list[Inbound]:
    parts = body.split(framing.separator) if framing.separator else [body]
    if len(parts) > MAX_MESSAGES:
        raise BadMessages(f"more than {MAX_MESSAGES:,} messages in one request")
    return [_read_message(part, framing) for part in parts if part]


def _read_message(part: bytes, framing: Framing) -> Inbound:
    prefix = framing.binary_prefix
    try:
        if prefix is not None and part.startswith(prefix):
            return BinaryReceived(b64decode(part[len(prefix) :], validate=True))
        return TextReceived(part.decode(), len(part), part)
    except ValueError:
        raise BadMessages("a message is neither UTF-8 nor Base64") from None


class Host(Protocol):
    """The listener whose requests open sessions."""

    @property
    def budget(self) -> OutboxBudget:
        """Counts the unsent bytes of all connections."""

    @property
    def max_unsent_bytes(self) -> int:
        """The most unsent bytes of one client."""

    def take_place(self) -> bool:
        """Count one more connection; return whether there is a place for it."""

    def connection_ended(self) -> None:
        """Free the place of a connection."""

    def connection_opened(self, connection: Peer, plan: HandshakePlan, /) -> None:
        """Tell the upper side that a client has connected."""

    def inbound_received(self, connection: Peer, events: tuple[Inbound, ...], /) -> None:
        """Pass on what a client has sent."""

    def connection_lost(
        self, connection: Peer, code: int, reason: str, /, *, was_clean: bool
    ) -> None:
        """Tell the upper side that a client has left."""


Place = tuple[str | None, str, str]
"""Where a session is found: the namespace, the endpoint, and the id."""


class Sessions:
    """The sessions of all listeners. Any thread."""

    def __init__(self) -> None:
        self._by_place: dict[Place, Session] = {}
        self._mutex = threading.Lock()
        self._is_stopping = False

    def open(
        self,
        opener: Peer,
        host: Host,
        plan: HandshakePlan,
        framing: Framing,
        session_id: str | None,
    ) -> Session | None:
        """Open a session, on the thread of the request; None: there are too many connections.

        Args:
            opener: the connection of the request.
            host: the listener that it came to.
            plan: what the upper side has planned for it.
            framing: how its messages travel.
            session_id: the id by which requests name it; None: that of its client.
        """
        if self._is_stopping or not host.take_place():
            return None
        assert plan.found is not None, "a session has an endpoint"
        place = (plan.request.namespace, plan.found.endpoint.name)

        def forget(ended: Session) -> None:
            host.connection_ended()
            with self._mutex:
                for key in [key for key, one in self._by_place.items() if one is ended]:
                    del self._by_place[key]

        limit = host.max_unsent_bytes
        session = Session(opener, framing, host, host.budget, limit, forget)
        host.connection_opened(session, plan)
        assert session.client is not None, "the listener knows it now"
        with self._mutex:
            key = session_id or str(session.client["client_id"])
            self._by_place[(*place, key)] = session
        return session

    def find(self, session_id: str, namespace: str | None, endpoint: str) -> Session | None:
        """Return the session of an id at an endpoint; None: there is none."""
        with self._mutex:
            found = self._by_place.get((namespace, endpoint, session_id))
        return None if found is None or found.is_over else found

    def end_all(self) -> None:
        """End all sessions, because the server stops. Returns at once."""
        self._is_stopping = True
        with self._mutex:
            sessions = list(self._by_place.values())
        for session in sessions:
            session.go_away()


@dataclass(frozen=True, slots=True)
class SessionsOfRequest:
    """The sessions as the rules for one request see them.

    Args:
        sessions: all of them.
        opener: the connection of the request.
        host: the listener that it came to.
        make_plan: what the upper side plans for a session; None: its endpoint has gone.
    """

    sessions: Sessions
    opener: Peer
    host: Host
    make_plan: Callable[[HttpRequest], HandshakePlan | None]

    def open(
        self, request: HttpRequest, framing: Framing, session_id: str | None
    ) -> Session | None:
        """Open a session; None: there are too many connections."""
        plan = self.make_plan(request)
        if plan is None:
            return None
        return self.sessions.open(self.opener, self.host, plan, framing, session_id)

    def find(self, session_id: str, namespace: str | None, endpoint: str) -> Session | None:
        """Return the session of an id at an endpoint; None: there is none."""
        return self.sessions.find(session_id, namespace, endpoint)
