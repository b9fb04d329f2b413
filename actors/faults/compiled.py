"""What a fault compiles to. Immutable; any thread."""

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
    """What tells it from the others of a connection; the same in a later version of the mocks."""
    label: str
    """For people and the journal: its name, or its kind."""
    behaviour: FaultKind
    """What it does, with its parameters."""
    ways: tuple[Way, ...]
    condition: Condition
    attempt: CompiledMatcher | None
    seed: str
    target: TargetedFault | None
    """Whom it is for; None: whoever has it."""
    source: Fault
    """What it was compiled from."""
    expires_at: float | None = None
    """Monotonic seconds at which it is over for everybody; None: never."""

    @property
    def kind(self) -> str:
        """The key of what goes wrong."""
        return self.behaviour.key

    @property
    def is_state(self) -> bool:
        """Whether it happens to the connection, without waiting for a message."""
        return isinstance(self.behaviour, ConnectionFault) and not self.source.is_triggered

    def is_over(self, now: float) -> bool:
        """Tell whether it is over for everybody, in monotonic seconds."""
        return self.expires_at is not None and self.expires_at <= now

    def expiring(self, at: float) -> "CompiledFault":
        """Return the same fault with an end for everybody, in monotonic seconds."""
        return replace(self, expires_at=at)
