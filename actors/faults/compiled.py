"""Compiled faults. Immutable; any thread."""

from dataclasses import dataclass, replace
from typing import Literal

from websocket_mock.actors.faults.kind import ConnectionFault, FaultKind
from websocket_mock.actors.faults.schema import Fault, TargetedFault
from websocket_mock.actors.matching.conditions import Condition
from websocket_mock.actors.matching.matchers import CompiledMatcher

Way = Literal["to_client", "from_client"]


@dataclass(frozen=True, slots=True)
class CompiledFault:
    """A fault, ready to act."""

    key: str
    """Unique among the faults of a connection. A later version of the mocks has the same key."""
    label: str
    """For people and the journal: its name, or its kind."""
    behaviour: FaultKind
    """What it does, with its parameters."""
    ways: tuple[Way, ...]
    condition: Condition
    attempt: CompiledMatcher | None
    seed: str
    target: TargetedFault | None
    """Which connections it is for; None: all that it applies to."""
    source: Fault
    """What it was compiled from."""
    expires_at: float | None = None
    """When it ends on all connections, in monotonic seconds; None: never."""

    @property
    def kind(self) -> str:
        """The key of what goes wrong."""
        return self.behaviour.key

    @property
    def is_state(self) -> bool:
        """Whether it acts on the connection without waiting for a message."""
        return isinstance(self.behaviour, ConnectionFault) and not self.source.is_triggered

    def is_over(self, now: float) -> bool:
        """Return whether it has ended on all connections. `now` is in monotonic seconds."""
        return self.expires_at is not None and self.expires_at <= now

    def expiring(self, at: float) -> "CompiledFault":
        """Return the same fault with an end on all connections, in monotonic seconds."""
        return replace(self, expires_at=at)
