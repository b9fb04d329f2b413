"""A frame that is masked."""

from dataclasses import replace
from random import Random

from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item, whole_frame
from websocket_mock.actors.values.effects import SendRaw


class Masked(FrameFault):
    """The frame is masked. A server must not mask its frames (RFC 6455 section 5.1)."""

    key = "masked"
    summary = "its frame is masked, which a server must not do"

    def frames(self, item: Item, random: Random) -> SendRaw:
        """Return the frame with a mask."""
        return SendRaw((replace(whole_frame(item), mask=random.randbytes(4)),))
