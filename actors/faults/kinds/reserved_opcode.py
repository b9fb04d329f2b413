"""A frame with a reserved opcode."""

from dataclasses import replace
from random import Random
from typing import Literal

from pydantic import Field

from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item, whole_frame
from websocket_mock.actors.values.effects import SendRaw


class ReservedOpcode(FrameFault):
    """An opcode without a meaning, instead of the message's own (RFC 6455 section 5.2)."""

    key = "reserved_opcode"
    summary = "its frame has a reserved opcode"

    opcode: Literal[3, 4, 5, 6, 7, 11, 12, 13, 14, 15] = Field(
        default=3, description="3 to 7 are data frames, 11 to 15 control frames"
    )

    def frames(self, item: Item, random: Random) -> SendRaw:  # noqa: ARG002 - the base's signature
        """Return the frame with the opcode."""
        return SendRaw((replace(whole_frame(item), opcode=self.opcode),))
