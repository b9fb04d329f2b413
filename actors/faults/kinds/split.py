"""A frame is sent in two pieces."""

from random import Random
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.matching.units import Duration
from websocket_mock.actors.values.frames import Pacing


class Split(MessageFault):
    """The frame is sent in two pieces, with a pause between."""

    key = "split"
    summary = "its frame is sent in two pieces, with a pause between"

    at: Annotated[int, Ge(1)] = Field(
        default=1, description="bytes of the frame, header included, that are sent first"
    )
    pause: Duration = Field(default=0.05, description="time until the rest is sent")

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Cut the frame."""
        message.pace(Pacing(self.pause, first=self.at))
