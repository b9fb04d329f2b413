"""Serves the plain HTTP requests of one connection, one at a time.

It reads a request, and then does the steps of its exchange: it sends, waits, or ends the
connection. What the client does not read bounds what is sent: an event stream goes on, and the next
request is read, when all bytes have left.
"""

from collections.abc import Callable
from typing import Any, Protocol, assert_never

from loguru import logger
from websockets.datastructures import Headers
from websockets.http11 import Request

from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.actors.library.http_steps import (
    Begin,
    Body,
    Caused,
    EndStream,
    Leave,
    SendEvent,
    Step,
    Wait,
)
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.http.wire import BadRequest, HttpMessage, HttpWire, refusal
from websocket_mock.transport.roles import HttpAnswer, Timers

DRAIN_SECONDS = 60.0
"""How long a client may take to read what was sent, before anything more is sent."""

SLOW_CONSUMER = "slow consumer"


class Line(Protocol):
    """The connection that requests come from."""

    def hold_reading(self, *, is_held: bool) -> None:
        """Stop reading from the client, or start again."""

    def send(self, data: bytes) -> bool:
        """Write bytes, as many as the socket takes; return whether the rest is short."""

    def when_sent(self, callback: Callable[[], object]) -> None:
        """Call back once all bytes have left."""

    def finish(self) -> None:
        """End our side of the stream after the bytes that were sent."""

    def abort(self, *, is_reset: bool) -> None:
        """End the connection without an answer, by FIN or by RST."""

    def drop(self, reason: str) -> None:
        """Close the socket now."""

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Run a callback on the reader's thread. Any thread may call it."""

    def begin_http(
        self, request: Request, method: str, body: bytes, wake: Callable[[], None]
    ) -> HttpAnswer:
        """Return what answers a request."""


class HttpSide:
    """The HTTP side of one connection. The reader's thread only.

    Args:
        line: the connection.
        timers: its timers.
        config: the limits.
        excess: what there is too much of, so that requests are refused with 503.
        when_done: called with what came after a request, when the next one may follow.
    """

    def __init__(
        self,
        line: Line,
        timers: Timers,
        config: TransportConfig,
        excess: str | None,
        when_done: Callable[[bytes], object],
    ) -> None:
        self._line = line
        self._timers = timers
        self._config = config
        self._excess = excess
        self._when_done = when_done
        self._wire: HttpWire | None = None
        self._answer: HttpAnswer | None = None
        self._begun: Begin | None = None
        self._timer: Timer | None = None
        self._early = 0
        """Bytes that have come before the answer was complete."""
        self._is_held = self._has_ended = self._is_draining = False
        self._is_woken = False

    @property
    def is_busy(self) -> bool:
        """Whether a request is being read or answered, so that bytes are for this side."""
        return self._wire is not None or self._has_ended

    # --- in -------------------------------------------------------------------------------------

    def begin(self, head: bytes, timer: Timer) -> None:
        """Read a request.

        Args:
            head: its first bytes.
            timer: limits the time until it is complete.
        """
        self._timer = timer
        if self._excess is not None:
            error = BadRequest(503, f"Too many {self._excess}; try again later.")
            self._refuse(error, (("Retry-After", "1"),))
            return
        self._wire = HttpWire(self._config.max_header_bytes, self._config.max_message_bytes)
        self.receive(head)

    def receive(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        wire = self._wire
        if wire is None:
            # The last response was sent. What still comes is not read by anybody.
            return
        wire.feed(data)
        if self._answer is not None:
            self._early += len(data)
            if self._early > self._config.max_header_bytes and not self._is_held:
                self._is_held = True
                self._line.hold_reading(is_held=True)
            return
        try:
            message = wire.poll()
            ahead = wire.go_ahead() if message is None else b""
        except BadRequest as error:
            self._refuse(error)
            return
        if ahead:
            self._line.send(ahead)
        if message is not None:
            self._cancel_timer()
            self._start(message)

    def _start(self, message: HttpMessage) -> None:
        request = Request(message.target, Headers(message.headers))
        self._answer = self._line.begin_http(request, message.method, message.body, self._wake)
        self._go_on()

    # --- the steps of the exchange --------------------------------------------------------------

    def _wake(self) -> None:
        if not self._is_woken:
            self._is_woken = True
            self._line.call_soon(self._on_woken)

    def _on_woken(self) -> None:
        self._is_woken = False
        if self._answer is not None and not self._is_draining:
            # As a timer, so that a bug in what follows costs this connection only.
            self._cancel_timer()
            self._timer = self._timers.call_later(0.0, self._go_on)

    def _go_on(self) -> None:
        while (answer := self._answer) is not None:
            step = answer.next()
            if step is None:
                self._conclude()
                return
            if not self._do(step):
                return

    def _do(self, step: Step) -> bool:
        """Do a step; return whether the next one follows at once."""
        match step:
            case Wait(seconds=seconds):
                self._cancel_timer()
                if seconds != FOR_EVER:
                    self._timer = self._timers.call_later(seconds, self._go_on)
                return False
            case Begin(is_stream=False):
                self._begun = step
                return True
            case Leave(is_reset=is_reset):
                self._line.abort(is_reset=is_reset)
                return False
            case Caused():
                raise AssertionError("the upper side carries out effects")
            case Begin() | Body() | SendEvent() | EndStream():
                return self._send(self._wire_of(step))
            case _:
                assert_never(step)

    def _wire_of(self, step: Begin | Body | SendEvent | EndStream) -> bytes:
        wire = self._wire
        assert wire is not None
        match step:
            case Begin(status=status, headers=headers):
                return wire.begin(status, headers)
            case Body(data=data):
                begun, self._begun = self._begun, None
                assert begun is not None
                return wire.whole(begun.status, begun.headers, data)
            case SendEvent(wire=data):
                return wire.piece(data)
            case EndStream():
                return wire.end()

    def _send(self, data: bytes) -> bool:
        """Send bytes; return False if the client must read them before the next step."""
        if self._line.send(data):
            return True
        self._drain(self._go_on)
        return False

    def _drain(self, go_on: Callable[[], object]) -> None:
        """Go on when the client has read what was sent."""

        def on_sent() -> None:
            self._is_draining = False
            self._cancel_timer()
            # As a timer: a pipeline of requests must not call itself for each of them.
            self._timer = self._timers.call_later(0.0, go_on)

        self._is_draining = True
        self._cancel_timer()
        self._timer = self._timers.call_later(DRAIN_SECONDS, self._on_slow)
        self._line.when_sent(on_sent)

    def _on_slow(self) -> None:
        self._line.drop(SLOW_CONSUMER)

    def _conclude(self) -> None:
        self._close_answer()
        wire = self._wire
        assert wire is not None
        if wire.may_follow:
            self._drain(self._next)
        else:
            self._end()

    def _next(self) -> None:
        wire, self._wire = self._wire, None
        assert wire is not None
        self._early = 0
        if self._is_held:
            self._is_held = False
            self._line.hold_reading(is_held=False)
        self._when_done(wire.rest)

    # --- the end --------------------------------------------------------------------------------

    def _refuse(self, error: BadRequest, headers: tuple[tuple[str, str], ...] = ()) -> None:
        logger.debug("an HTTP request was refused: {}", error)
        self._line.send(refusal(error, headers))
        self._end()

    def _end(self) -> None:
        self._cancel_timer()
        self._wire = None
        self._has_ended = True
        self._line.finish()

    def close(self) -> None:
        """Stop everything, because the socket is closed."""
        self._cancel_timer()
        self._close_answer()
        self._wire = None
        self._has_ended = True
        self._when_done = _ignore

    def _close_answer(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _ignore(_: Any) -> None:  # noqa: ANN401 - nobody looks at it
    pass
