"""A frame is sent a few bytes at a time."""

from random import Random
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import Field, model_validator

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.matching.units import MIN_INTERVAL, Duration, Size
from websocket_mock.actors.values.frames import Pacing


class Drip(MessageFault):
    """The frame is sent a few bytes at a time."""

    key = "drip"
    summary = "its frame is sent a few bytes at a time"
    is_noted_once = True

    size: Annotated[Size, Ge(1)] = Field(default=1, description="bytes at a time")
    interval: Duration = Field(default=0.01, description="time between two pieces; at least 1ms")

    @model_validator(mode="after")
    def _check_interval(self) -> "Drip":
        if self.interval < MIN_INTERVAL:
            raise ValueError("give an interval of at least 1ms")
        return self

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Cut the frame into pieces."""
        message.pace(Pacing(self.interval, size=self.size))
