"""A message is lost."""

from random import Random
from typing import Any

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault


class Drop(MessageFault):
    """The message is lost."""

    key = "drop"
    summary = "the message is lost"
    is_two_way = True

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Lose the message."""
        message.lose()
