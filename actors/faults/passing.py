"""One message, ping, pong or close on its way through the faults that hit it."""

from collections.abc import Callable
from dataclasses import replace

from websocket_mock.actors.faults.active import ActiveFault
from websocket_mock.actors.faults.lane import Lane
from websocket_mock.actors.faults.outcomes import Acted, acted
from websocket_mock.actors.faults.parcels import Item, Parcel, corrupted, truncated
from websocket_mock.actors.faults.schema import STATE_KINDS
from websocket_mock.actors.faults.violations import violate
from websocket_mock.actors.values.effects import SendRaw
from websocket_mock.actors.values.frames import Pacing


class Passing:
    """What becomes of one item. Faults act in the order they are applied.

    Args:
        item: as it was sent.
        now: monotonic seconds.
    """

    def __init__(self, item: Item, now: float) -> None:
        self._item = item
        self._now = now
        self._parcels = [Parcel(item)]
        self._due = now
        self._held_back: tuple[int, float] | None = None

    def apply(self, active: ActiveFault) -> list[Acted]:
        """Let a fault act; return what the journal has to say of it."""
        is_lost = not self._parcels
        is_lasting = self._act(active)
        if is_lost and active.fault.kind not in STATE_KINDS:
            return []
        if is_lasting and active.has_acted:
            return []
        active.has_acted = active.has_acted or is_lasting
        return [acted(active.fault, active.way, None if is_lasting else self._item)]

    def put_into(self, lane: Lane) -> None:
        """Let what is left of it go on its way."""
        for parcel in self._parcels:
            if self._held_back is None:
                lane.push(parcel, self._due)
            else:
                by, within = self._held_back
                lane.hold_back(parcel, by, self._due + within)

    def _act(self, active: ActiveFault) -> bool:
        """Change the message; tell whether the fault is one to be noted only once."""
        wanted = active.fault.parameters
        match active.fault.kind:
            case "latency":
                self._due += max(0.0, wanted.mean + _spread(active, wanted.jitter))
                return True
            case "bandwidth":
                active.free_at = max(self._due, active.free_at)
                active.free_at += sum(one.size for one in self._parcels) / wanted.rate
                self._due = active.free_at
                return True
            case "drip":
                self._pace(Pacing(wanted.interval, size=wanted.size))
                return True
            case "split":
                self._pace(Pacing(wanted.pause, first=wanted.at))
            case "duplicate":
                self._parcels = [one for one in self._parcels for _ in range(wanted.copies + 1)]
            case "reorder":
                self._held_back = (wanted.by, wanted.within)
            case "corrupt":
                self._change(lambda item: corrupted(item, wanted.count, active.random))
            case "truncate":
                self._change(lambda item: truncated(item, wanted.to))
            case "drop" | "no_pong" | "no_close_reply":
                self._parcels = []
            case "stop_reading":
                active.catch(self._now)
            case "half_open" | "reset" | "hang_up":
                active.catch(self._now)
                self._parcels = []
            case _:
                self._change(lambda item: violate(active.fault, item, active.random))
        return False

    def _pace(self, pacing: Pacing) -> None:
        self._parcels = [replace(one, pacing=pacing) for one in self._parcels]

    def _change(self, change: Callable[[Item], Item]) -> None:
        # Frames that break the protocol already stay as they are.
        self._parcels = [
            one if isinstance(one.item, SendRaw) else replace(one, item=change(one.item))
            for one in self._parcels
        ]


def _spread(active: ActiveFault, jitter: float) -> float:
    return active.random.uniform(-jitter, jitter) if jitter else 0.0
