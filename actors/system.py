"""The actor system: starts the singletons in order, verifies them, stops them in reverse."""

import time
from collections.abc import Callable, Sequence

import pykka
from loguru import logger

from actors.behaviours.core import BehaviourFactory, ConnectionContext
from actors.broadcaster import Broadcaster
from actors.client import ClientActor, ClientEnvironment
from actors.client_registry import ClientRegistry
from actors.dispatcher import Dispatcher
from actors.errors import ActorError
from actors.messages import Ping, Ref, TrafficCounted
from actors.models import ClientInfo, TransportStatus
from actors.ports import Clock, Outbox
from actors.recorder import TrafficRecorder
from actors.refs import ask, tell
from actors.singleton import CrashHandler
from actors.stats_collector import StatsCollector

PING_TIMEOUT = 5.0
"""Seconds a singleton has for its first answer."""


class ActorSystem:
    """The singletons, and the way to start a client's actor.

    Constructing it starts the singletons and waits until each has answered; `stop` is the reverse.

    Args:
        clock: the time, for all actors.
        dispatchers: what client actors run on.
        server_version: told to clients.
        on_crash: called once for each singleton that breaks, on that singleton's thread.

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
    ) -> None:
        self._server_version = server_version
        self.stats_ref: Ref = StatsCollector.start(clock, on_crash)
        self.registry_ref: Ref = ClientRegistry.start(on_crash)
        self.broadcaster_ref: Ref = Broadcaster.start(self.registry_ref, self.stats_ref, on_crash)
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
        refs = (self.stats_ref, self.registry_ref, self.broadcaster_ref)
        return {ref.actor_class.name: ref for ref in refs}

    def recorders(self) -> tuple[tuple[Dispatcher, TrafficRecorder], ...]:
        """Return each dispatcher with the recorder that runs on it."""
        return tuple((key, value.recorder) for key, value in self._environments.items())

    def start_client(
        self,
        dispatcher: Dispatcher,
        info: ClientInfo,
        outbox: Outbox,
        make_behaviour: BehaviourFactory,
        server_status: Callable[[], TransportStatus],
    ) -> Ref:
        """Start the actor of a new connection; it runs on its dispatcher from its next pass on."""
        context = ConnectionContext(info.id, info.path, self._server_version, server_status)
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
        return ClientEnvironment(
            dispatcher, recorder, self.registry_ref, self.broadcaster_ref, stats_ref
        )
