"""What a client receives while it takes the place of another one.

The messages of the other client are on their way from its actor. An answer to what is received
meanwhile would come before them, so it is kept until they are here.
"""

from collections.abc import Callable

from websocket_mock.actors.clients.timers import Timers
from websocket_mock.actors.values.inbound import Inbound

PATIENCE = 1.0
"""Seconds to wait for the other client, which may break meanwhile."""

MAX_EVENTS = 1000
"""With so many events kept, they are handled although the other client has not handed over."""

Events = tuple[Inbound, ...]


class TakingOver:
    """Keeps what is received while another client hands over. The dispatcher's thread only.

    Args:
        timers: those of the client's actor.
        handle: handles what was kept.
    """

    __slots__ = ("_events", "_handle", "_timer", "_timers", "is_under_way")

    def __init__(self, timers: Timers, handle: Callable[[Events], None]) -> None:
        self.is_under_way = False
        self._timers = timers
        self._handle = handle
        self._events: list[Inbound] = []
        self._timer = 0

    def begin(self) -> None:
        """Keep what is received, until `end`, or until time or room is over."""
        if not self.is_under_way:
            self.is_under_way = True
            self._timer = self._timers.start(PATIENCE, self.end)

    def keep(self, events: Events) -> None:
        """Keep events."""
        self._events += events
        if len(self._events) > MAX_EVENTS:
            self.end()

    def end(self) -> None:
        """Handle what was kept, in its order. Does nothing if nothing is under way."""
        if not self.is_under_way:
            return
        self.is_under_way = False
        self._timers.cancel(self._timer)
        events, self._events = tuple(self._events), []
        self._handle(events)
