"""What one measurement of the benchmark can end in: plain values, passed between processes as JSON.

Knows neither sockets nor tables, so that the load generator and the report share it cheaply.
"""

from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """The questions asked of a server."""

    CLOSED_LOOP = "closed_loop"
    PIPELINED = "pipelined"
    DISPATCH = "dispatch"
    CROWD = "crowd"


@dataclass(frozen=True, slots=True)
class Rate:
    """Replies counted over a span of time.

    Attributes:
        replies: Complete replies that arrived.
        seconds: Length of the span.
        busy: Share of the span the load generator spent on the processor, above 0, at most 1.
            Close to 1 the generator, not the server, was the limit.
    """

    replies: int
    seconds: float
    busy: float

    @property
    def per_second(self) -> float:
        """Replies per second."""
        return self.replies / self.seconds

    @property
    def capacity(self) -> float:
        """Replies per second of the load generator's own processor time."""
        return self.replies / (self.seconds * self.busy)


@dataclass(frozen=True, slots=True)
class Crowd:
    """A crowd of clients that were all connected and all answered.

    Attributes:
        clients: How many they were.
        connect_seconds: From the first connect to the last finished handshake (and `welcome`,
            where the server sends one).
        answer_seconds: From the first ping to the last reply, one ping each.
        memory_bytes: Resident memory of the server, all clients still connected.
        threads: Threads of the server at that moment.
    """

    clients: int
    connect_seconds: float
    answer_seconds: float
    memory_bytes: int
    threads: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A measurement that did not come about, and why, in one line."""

    reason: str


Outcome = Rate | Crowd | Failure


@dataclass(frozen=True, slots=True)
class Record:
    """The outcome of one measure of one server in one round (counted from 1)."""

    round: int
    measure: Measure
    server: str
    outcome: Outcome
