"""What is sent arrives later."""

from random import Random
from typing import Any

from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.matching.units import Duration


class Latency(MessageFault):
    """What is sent arrives later; the order stays, as in TCP."""

    key = "latency"
    summary = "what is sent arrives later"
    needs_parameters = True
    is_two_way = True
    is_noted_once = True
    hits_everything = True

    mean: Duration = Field(description="the average delay")
    jitter: Duration = Field(
        default=0.0, description="the largest deviation from the average, both ways"
    )

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Delay the message."""
        spread = random.uniform(-self.jitter, self.jitter) if self.jitter else 0.0
        message.due += max(0.0, self.mean + spread)
