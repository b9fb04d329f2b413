"""Client actors on a dispatcher that the test runs step by step, among recording references."""

from dataclasses import replace
from typing import Any

from tests.helpers.fakes import START_TIME, ManualClock, RecordingOutbox, RecordingRef
from websocket_mock.actors.clients import traffic_recorder as recorder
from websocket_mock.actors.clients.actor import ClientActor
from websocket_mock.actors.clients.environment import ClientEnvironment
from websocket_mock.actors.clients.tally import Tally
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.conversation.core import Behaviour
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.journal import recorder as journal_recorder
from websocket_mock.actors.journal.recorder import JournalRecorder
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.refs import Ref
from websocket_mock.actors.messages import FramesReceived, ReportClient
from websocket_mock.actors.values.entries import Record
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.models import ClientId, ClientInfo, ClientSnapshot, TrafficDelta
from websocket_mock.actors.values.ports import Outbox


def client_info(client_id: str = "0000000a", **fields: Any) -> ClientInfo:
    info = ClientInfo(ClientId(client_id), START_TIME, "127.0.0.1:40001", "/")
    return replace(info, **fields)


def client_snapshot(client_id: str = "0000000a", **fields: Any) -> ClientSnapshot:
    snapshot = ClientSnapshot(client_info(client_id), "open", None, START_TIME, 0, 0)
    return replace(snapshot, **fields)


class BenchClient:
    """One client actor with its outbox."""

    def __init__(self, ref: Ref, outbox: Outbox, bench: "ClientBench") -> None:
        self.ref = ref
        self._outbox = outbox
        self._bench = bench

    @property
    def outbox(self) -> RecordingOutbox:
        assert isinstance(self._outbox, RecordingOutbox)
        return self._outbox

    @property
    def is_alive(self) -> bool:
        return self.ref.is_alive()

    def tell(self, message: object) -> None:
        """Tell the actor and let it work."""
        self.ref.tell(message)
        self._bench.run()

    def receive(self, *events: Inbound) -> None:
        """Let the client send something, all in one read."""
        self.tell(FramesReceived(events))

    def snapshot(self) -> ClientSnapshot:
        """Take a roll call of this client alone."""
        self._bench.registry.mail.clear()
        self.tell(ReportClient(0))
        (report,) = self._bench.registry.take()
        snapshot: ClientSnapshot = report.snapshot
        return snapshot


class ClientBench:
    """A dispatcher with a manual clock, and recording references in place of the singletons."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.dispatcher = Dispatcher("bench", self.clock)
        self.dispatcher.adopt()
        self.deltas: list[TrafficDelta] = []
        self.faults: tuple[CompiledFault, ...] = ()
        """In force; tell a client `RefreshFaults` after a change."""
        self.recorder = TrafficRecorder(self.dispatcher.scheduler, self.deltas.append)
        self.records: list[Record] = []
        """What was noted for the journal."""
        self.journal = JournalRecorder(
            self.dispatcher.scheduler, lambda records, _: self.records.extend(records)
        )
        self.registry = RecordingRef("registry")
        self.broadcaster = RecordingRef("broadcaster")
        self.stats = RecordingRef("stats")
        self._clients: list[BenchClient] = []

    def start(
        self,
        behaviour: Behaviour,
        *,
        client_id: str = "0000000a",
        outbox: Outbox | None = None,
        registry: RecordingRef | None = None,
        namespace: str | None = None,
    ) -> BenchClient:
        """Start a client and let it open the conversation."""
        environment = ClientEnvironment(
            self.dispatcher,
            self.recorder,
            self.journal,
            Tally(),
            registry or self.registry,
            self.broadcaster,
            self.stats,
            lambda _: self.faults,
        )
        outbox = outbox or RecordingOutbox()
        ref = ClientActor.start(
            client_info(client_id, namespace=namespace), behaviour, outbox, environment
        )
        client = BenchClient(ref, outbox, self)
        self._clients.append(client)
        self.run()
        return client

    def run(self) -> None:
        """Work until nothing is left to do now."""
        self.dispatcher.run_ready()
        while not self.dispatcher.is_idle:
            self.dispatcher.run_ready()

    def advance(self, seconds: float) -> None:
        """Let time pass and do what is due."""
        self.clock.advance(seconds)
        self.run()

    def counted(self) -> TrafficDelta:
        """Return what was counted since the last time."""
        self.advance(max(recorder.FLUSH_AFTER, journal_recorder.FLUSH_AFTER))
        deltas, self.deltas[:] = list(self.deltas), []
        names = TrafficDelta.__dataclass_fields__
        return TrafficDelta(**{name: sum(getattr(one, name) for one in deltas) for name in names})

    def stop(self) -> None:
        for client in self._clients:
            client.ref.stop(block=False)
        self.run()
