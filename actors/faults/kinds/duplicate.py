"""A message arrives more than once."""

from random import Random
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault


class Duplicate(MessageFault):
    """The message arrives more than once."""

    key = "duplicate"
    summary = "the message arrives more than once"
    is_two_way = True

    copies: Annotated[int, Ge(1), Le(100)] = Field(
        default=1, description="the number of additional copies"
    )

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Repeat the message."""
        message.repeat(self.copies)
