"""What the client actors of one dispatcher share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websocket_mock.actors.clients.tally import Tally
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.journal.recorder import JournalRecorder
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.refs import Ref
from websocket_mock.actors.values.models import ClientInfo

FindFaults = Callable[[ClientInfo], Sequence[CompiledFault]]
"""Returns the active faults that may affect a client, in the order in which they act."""


@dataclass(frozen=True, slots=True)
class ClientEnvironment:
    """What the client actors of one dispatcher share."""

    dispatcher: Dispatcher
    recorder: TrafficRecorder
    journal: JournalRecorder
    tally: Tally
    registry_ref: Ref
    broadcaster_ref: Ref
    stats_ref: Ref
    find_faults: FindFaults

    def flush(self) -> None:
        """Hand over the counts and the records. On the dispatcher's thread."""
        self.recorder.flush()
        self.journal.flush()
