"""A frame with a reserved bit."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Literal

from pydantic import Field

from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item, whole_frame
from websocket_mock.actors.values.effects import SendRaw

_RESERVED: Mapping[int, int] = {1: 4, 2: 2, 3: 1}


class ReservedBit(FrameFault):
    """A bit of the frame's header is 1 that must be 0 (RFC 6455 section 5.2)."""

    key = "reserved_bit"
    summary = "a reserved bit of its frame is 1"

    bit: Literal[1, 2, 3] = Field(default=2, description="RSV1, RSV2 or RSV3")

    def frames(self, item: Item, random: Random) -> SendRaw:  # noqa: ARG002 - the base's signature
        """Return the frame with the bit."""
        return SendRaw((replace(whole_frame(item), reserved=_RESERVED[self.bit]),))
