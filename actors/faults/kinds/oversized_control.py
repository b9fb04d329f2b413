"""A control frame that is too large."""

from random import Random
from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Field

from websocket_mock.actors.faults.control_frames import ControlOpcode, control_frame
from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item, whole_frame
from websocket_mock.actors.values.effects import SendRaw


class OversizedControl(FrameFault):
    """A control frame with more than the allowed 125 bytes, before the message."""

    key = "oversized_control"
    summary = "a control frame of more than 125 bytes comes before it"

    opcode: ControlOpcode = Field(default="ping", description="kind of control frame")
    size: Annotated[int, Ge(126), Le(65_535)] = Field(default=126, description="payload bytes")

    def frames(self, item: Item, random: Random) -> SendRaw:  # noqa: ARG002 - the base's signature
        """Return the control frame, and the message as it should be."""
        return SendRaw((control_frame(self.opcode, self.size), whole_frame(item)))
