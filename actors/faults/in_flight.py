"""One message, ping, pong or close on its way through the faults that hit it."""

from collections.abc import Callable
from dataclasses import replace

from websocket_mock.actors.faults.lane import Lane
from websocket_mock.actors.faults.parcels import Item, Parcel
from websocket_mock.actors.values.effects import SendRaw
from websocket_mock.actors.values.frames import Pacing


class InFlight:
    """One item that faults act on, in the order in which they are applied.

    Args:
        item: as it was sent.
        now: monotonic seconds.
    """

    __slots__ = ("_held_back", "_parcels", "due", "item")

    def __init__(self, item: Item, now: float) -> None:
        self.item = item
        self.due = now
        """When it arrives; monotonic seconds."""
        self._parcels = [Parcel(item)]
        self._held_back: tuple[int, float] | None = None

    @property
    def is_lost(self) -> bool:
        """Whether it is lost."""
        return not self._parcels

    @property
    def size(self) -> int:
        """The payload bytes that are left."""
        return sum(one.size for one in self._parcels)

    def lose(self) -> None:
        """Lose it."""
        self._parcels = []

    def repeat(self, copies: int) -> None:
        """Let it arrive `copies` more times."""
        self._parcels = [one for one in self._parcels for _ in range(copies + 1)]

    def pace(self, pacing: Pacing) -> None:
        """Send its bytes in pieces."""
        self._parcels = [replace(one, pacing=pacing) for one in self._parcels]

    def hold_back(self, by: int, within: float) -> None:
        """Let it arrive after the next `by` messages, or after `within` seconds."""
        self._held_back = (by, within)

    def change(self, change: Callable[[Item], Item]) -> None:
        """Replace it, unless its frames already break the protocol."""
        self._parcels = [
            one if isinstance(one.item, SendRaw) else replace(one, item=change(one.item))
            for one in self._parcels
        ]

    def put_into(self, lane: Lane) -> None:
        """Put what is left of it into a lane."""
        for parcel in self._parcels:
            if self._held_back is None:
                lane.push(parcel, self.due)
            else:
                by, within = self._held_back
                lane.hold_back(parcel, by, self.due + within)
