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
        give_up: called when time or room is over; calls `end`.
    """

    __slots__ = ("_events", "_give_up", "_timer", "_timers")

    def __init__(self, timers: Timers, give_up: Callable[[], None]) -> None:
        self._timers = timers
        self._give_up = give_up
        self._events: list[Inbound] = []
        self._timer = timers.start(PATIENCE, give_up)

    def keep(self, events: Events) -> None:
        """Keep events."""
        self._events += events
        if len(self._events) > MAX_EVENTS:
            self._give_up()

    def end(self) -> Events:
        """Return what was kept, in its order. The timer rings no more."""
        self._timers.cancel(self._timer)
        return tuple(self._events)
