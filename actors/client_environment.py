"""What the client actors of one dispatcher share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actors.dispatcher import Dispatcher
from actors.faults.compiled import CompiledFault
from actors.journal_recorder import JournalRecorder
from actors.messages import Ref
from actors.models import ClientInfo
from actors.recorder import TrafficRecorder

FindFaults = Callable[[ClientInfo], Sequence[CompiledFault]]
"""Returns the faults in force that may concern a client, in the order they act."""


@dataclass(frozen=True, slots=True)
class ClientEnvironment:
    """What the client actors of one dispatcher share."""

    dispatcher: Dispatcher
    recorder: TrafficRecorder
    journal: JournalRecorder
    registry_ref: Ref
    broadcaster_ref: Ref
    stats_ref: Ref
    find_faults: FindFaults
