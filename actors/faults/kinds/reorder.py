"""A message arrives after later ones."""

from random import Random
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.faults.lane import Lane
from websocket_mock.actors.matching.units import Duration


class Reorder(MessageFault):
    """The message arrives after later ones. While it waits, no other message is held back."""

    key = "reorder"
    summary = "the message arrives after later messages"
    is_two_way = True

    by: Annotated[int, Ge(1), Le(1000)] = Field(
        default=1, description="how many later messages overtake it"
    )
    within: Duration = Field(
        default=1.0, description="the longest time it waits for them; then it is sent"
    )

    def is_blocked(self, lane: Lane) -> bool:
        """Return whether a message already waits for others to overtake it."""
        return lane.is_holding_back

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Hold the message back."""
        message.hold_back(self.by, self.within)
