"""A slow line."""

from dataclasses import dataclass
from random import Random
from typing import Annotated

from annotated_types import Ge
from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.matching.units import Size


@dataclass(slots=True)
class _Line:
    free_at: float = 0.0
    """When the last message has passed; monotonic seconds."""


class Bandwidth(MessageFault):
    """A slow line: each message takes time in proportion to its size."""

    key = "bandwidth"
    summary = "a slow line: each message takes time in proportion to its size"
    needs_parameters = True
    is_two_way = True
    is_noted_once = True
    hits_everything = True

    rate: Annotated[Size, Ge(1)] = Field(description="payload bytes per second")

    def memory(self) -> _Line:
        """Return the line."""
        return _Line()

    def act(self, message: InFlight, random: Random, memory: _Line) -> None:  # noqa: ARG002
        """Let the message pass once the line is free, and occupy the line."""
        memory.free_at = max(message.due, memory.free_at) + message.size / self.rate
        message.due = memory.free_at
