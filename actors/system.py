"""The actor system: starts the singletons in order, verifies them, stops them in reverse."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pykka
from loguru import logger

from websocket_mock.actors.clients.actor import ClientActor
from websocket_mock.actors.clients.environment import ClientEnvironment
from websocket_mock.actors.clients.tally import Tally
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.conversation.core import BehaviourFactory, ConnectionContext
from websocket_mock.actors.directory.broadcaster import Broadcaster
from websocket_mock.actors.directory.client_registry import ClientRegistry
from websocket_mock.actors.directory.stats_collector import StatsCollector
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.journal.actor import Journal
from websocket_mock.actors.journal.recorder import Demand, IdleRecorder, JournalRecorder
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.errors import ActorError
from websocket_mock.actors.kernel.quiet_ref import QuietRef
from websocket_mock.actors.kernel.refs import Ref, ask, tell
from websocket_mock.actors.kernel.singleton import CrashHandler
from websocket_mock.actors.library.library import MockLibrary
from websocket_mock.actors.messages import Ping, RecordsTaken, RefreshFaults, TrafficCounted
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.models import ClientInfo, TransportStatus
from websocket_mock.actors.values.ports import Clock, Outbox


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """How much the journal keeps: entries, and bytes (payloads and a share for each entry).

    With 0 entries nothing is recorded, and recording costs nothing.
    """

    max_entries: int = 100_000
    max_bytes: int = 64 * 1024 * 1024


PING_TIMEOUT = 5.0
"""Seconds to wait for the first answer of a singleton."""


class ActorSystem:
    """Owns the singletons, and starts the actors of clients.

    Constructing it starts the singletons and waits until each has answered; `stop` is the reverse.

    Args:
        clock: the time, for all actors.
        dispatchers: what client actors run on.
        server_version: the version that clients see.
        on_crash: called once for each singleton that breaks, on that singleton's thread.
        history: how much the journal keeps.
        library: the mocks in force, with the faults of the clients; default: an empty one.

    Raises:
        AskTimeout: a singleton did not answer.
        ActorGone: a singleton broke while it started.
    """

    def __init__(
        self,
        clock: Clock,
        dispatchers: Sequence[Dispatcher],
        server_version: str,
        on_crash: CrashHandler,
        history: JournalLimits = JournalLimits(),
        library: MockLibrary | None = None,
    ) -> None:
        self._server_version = server_version
        self._library = library or MockLibrary()
        self.is_recording = history.max_entries > 0
        self._demand = Demand()
        self.journal_ref: Ref = Journal.start(
            history.max_entries, history.max_bytes, on_crash, self._demand
        )
        self.stats_ref: Ref = StatsCollector.start(clock, on_crash)
        self.registry_ref: Ref = ClientRegistry.start(on_crash)
        self.broadcaster_ref: Ref = Broadcaster.start(self.registry_ref, self.stats_ref, on_crash)
        registry_ref = self.registry_ref
        self._library.on_faults_changed = lambda name: tell(registry_ref, RefreshFaults(name))
        self._environments = {
            dispatcher: self._environment(dispatcher) for dispatcher in dispatchers
        }
        try:
            for ref in self.singletons().values():
                ask(ref, Ping(), timeout=PING_TIMEOUT)
        except ActorError:
            self.stop()
            raise

    def singletons(self) -> dict[str, Ref]:
        """Return the singletons by name, in the order they were started."""
        refs = (self.journal_ref, self.stats_ref, self.registry_ref, self.broadcaster_ref)
        return {ref.actor_class.name: ref for ref in refs}

    def environments(self) -> tuple[ClientEnvironment, ...]:
        """Return what the clients of each dispatcher share, such as the recorders."""
        return tuple(self._environments.values())

    def environment_of(self, dispatcher: Dispatcher) -> ClientEnvironment:
        """Return what the clients of a dispatcher share, for use on its thread."""
        return self._environments[dispatcher]

    def start_client(
        self,
        dispatcher: Dispatcher,
        info: ClientInfo,
        outbox: Outbox,
        make_behaviour: BehaviourFactory,
        request: HandshakeRequest,
        server_status: Callable[[], TransportStatus],
    ) -> Ref:
        """Start the actor of a new connection. It runs from the next pass of its dispatcher on."""
        context = ConnectionContext(
            info.id, info.path, self._server_version, server_status, request, info.subprotocol
        )
        environment = self._environments[dispatcher]
        return ClientActor.start(info, make_behaviour(context), outbox, environment)

    def stop(self, timeout: float = 5.0) -> None:
        """Stop the singletons, the last started first. Idempotent; blocks for at most `timeout`."""
        deadline = time.monotonic() + timeout
        for name, ref in reversed(self.singletons().items()):
            try:
                ref.stop(block=True, timeout=max(0.0, deadline - time.monotonic()))
            except pykka.Timeout:
                logger.warning("{} did not stop in time", name)

    def _environment(self, dispatcher: Dispatcher) -> ClientEnvironment:
        stats_ref = self.stats_ref
        recorder = TrafficRecorder(
            dispatcher.scheduler, lambda delta: tell(stats_ref, TrafficCounted(delta))
        )
        journal_ref = self.journal_ref
        make_recorder = JournalRecorder if self.is_recording else IdleRecorder
        journal = make_recorder(
            dispatcher.scheduler,
            lambda records, size: tell(journal_ref, RecordsTaken(records, size)),
            self._demand,
        )
        return ClientEnvironment(
            dispatcher,
            recorder,
            journal,
            Tally(),
            QuietRef(self.registry_ref, dispatcher),
            self.broadcaster_ref,
            stats_ref,
            self._find_faults,
        )

    def _find_faults(self, info: ClientInfo) -> Sequence[CompiledFault]:
        namespace = self._library.find(info.namespace)
        return () if namespace is None else namespace.book.faults_at(info.endpoint)
