"""A control frame that claims to be a fragment."""

from dataclasses import replace
from random import Random

from pydantic import Field

from websocket_mock.actors.faults.control_frames import ControlOpcode, control_frame
from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item, whole_frame
from websocket_mock.actors.values.effects import SendRaw


class FragmentedControl(FrameFault):
    """A control frame before the message, with FIN 0 (RFC 6455 section 5.5)."""

    key = "fragmented_control"
    summary = "a control frame with FIN 0 comes before it"

    opcode: ControlOpcode = Field(default="ping", description="kind of control frame")

    def frames(self, item: Item, random: Random) -> SendRaw:  # noqa: ARG002 - the base's signature
        """Return the control frame, and the message as it should be."""
        return SendRaw((replace(control_frame(self.opcode, 2), fin=False), whole_frame(item)))
