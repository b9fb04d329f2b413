"""A connection as its HTTP side sees it."""

from collections.abc import Callable
from typing import Protocol

from websockets.http11 import Request

from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.http.side import HttpSide
from websocket_mock.transport.outgoing import Outgoing
from websocket_mock.transport.protocol import ConnectionProtocol
from websocket_mock.transport.roles import Events, HttpAnswer, Peer, Timers


class Served(Peer, Timers, Protocol):
    """A connection whose requests are served."""

    protocol: ConnectionProtocol

    def hold_reading(self, *, is_held: bool) -> None:
        """Stop reading from the client, or start again."""

    def expect_end(self) -> None:
        """Drop the connection if the peer does not hang up in time."""

    def abort(self, *, is_reset: bool) -> None:
        """End without an answer, by FIN or by RST."""

    def drop(self, reason: str) -> None:
        """Close the socket now."""


class HttpLine:
    """Writes the responses of one connection. The reader's thread only.

    Args:
        connection: the connection.
        outgoing: its unsent bytes.
        events: is asked for the answers.
        pause_bytes: from so many unsent bytes on the client must read before more is sent.
    """

    def __init__(
        self, connection: Served, outgoing: Outgoing, events: Events, pause_bytes: int
    ) -> None:
        self._connection = connection
        self._outgoing = outgoing
        self._events = events
        self._pause_bytes = pause_bytes
        self.hold_reading = connection.hold_reading
        self.abort = connection.abort
        self.drop = connection.drop
        self.call_soon = connection.dispatcher.call_soon

    def send(self, data: bytes) -> bool:
        """Write bytes, as many as the socket takes; return whether the rest is short."""
        self._connection.protocol.writes.append(data)
        self._outgoing.flush()
        return self._outgoing.unsent.size <= self._pause_bytes

    def when_sent(self, callback: Callable[[], object]) -> None:
        """Call back once all bytes have left, and not before this method has returned."""
        self._outgoing.end(callback)
        self._outgoing.flush_later()

    def finish(self) -> None:
        """End our side of the stream after the bytes that were sent."""
        protocol = self._connection.protocol
        if not protocol.eof_sent:
            protocol.send_eof()
        self._connection.expect_end()

    def begin_http(
        self, request: Request, method: str, body: bytes, wake: Callable[[], None]
    ) -> HttpAnswer:
        """Return what answers a request."""
        return self._events.begin_http(self._connection, request, method, body, wake)


def make_side(
    connection: Served,
    outgoing: Outgoing,
    events: Events,
    config: TransportConfig,
    excess: str | None,
    when_done: Callable[[bytes], object],
) -> HttpSide:
    """Return the HTTP side of a connection.

    Args:
        connection: the connection.
        outgoing: its unsent bytes.
        events: is asked for the answers.
        config: the limits.
        excess: what there is too much of, so that requests are refused with 503.
        when_done: called with what came after a request, when the next one may follow.
    """
    line = HttpLine(connection, outgoing, events, config.outbox_pause_bytes)
    return HttpSide(line, connection, config, excess, when_done)
