"""The gateway from the verbs to the actors and the transport: one method for each request.

All methods block their thread for a bounded time. Only this module and `history` wait on futures.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeVar

import pykka

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.kernel.errors import ActorError, ActorGone
from websocket_mock.actors.kernel.refs import Query, Ref, ask, tell, wait
from websocket_mock.actors.library.library import MockLibrary
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.messages import (
    CloseClient,
    CountByEndpoint,
    CountEverywhere,
    ExplainMessage,
    GetClientRefs,
    GetJournalSize,
    GetStats,
    ListClients,
    Ping,
    ProbeClient,
    PushMessage,
    RefreshFaults,
    ResetState,
)
from websocket_mock.actors.system import ActorSystem
from websocket_mock.actors.values.explanations import Explanation
from websocket_mock.actors.values.models import (
    ClientId,
    ClientPage,
    DeliveryReport,
    JournalSize,
    OutboxTotals,
    ProbeResult,
    ServerStats,
    TallyKey,
    TransportStatus,
)
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.ports import TransportProbe
from websocket_mock.actors.values.targets import Everyone, OneClient, Target
from websocket_mock.mcp_bridge.service.check_register import CheckRegister
from websocket_mock.mcp_bridge.service.health import Check, Health
from websocket_mock.mcp_bridge.service.history import History
from websocket_mock.mcp_bridge.service.redaction import Redaction
from websocket_mock.mcp_bridge.service.rendered import RenderedEntries

TIMEOUT = 5.0
"""Seconds to wait for an answer. A probe waits for its window instead."""

HEALTH_TIMEOUT = 1.0
"""Seconds in which every healthy part answers."""

PROBE_GRACE = 1.0
"""Seconds after its window in which the answer of a probe may still come."""

GOING_AWAY = 1001
"""Close code for the clients of a namespace that is removed (RFC 6455 section 7.4.1)."""

ANSWER_TIME = 0.05
"""Seconds for those clients to answer the close frame. Then the connections are ended.

Many tests leave a client open, and if its event loop has ended, it never answers.
"""

LEAVING_TIME = 1.0
"""Seconds to wait for the connections that were ended."""

LEAVING_POLL = 0.002
"""Seconds between two checks whether they have left."""

ProgressCallback = Callable[[int, int], None]
"""Called with the number of clients that are done, and the number of all clients."""


R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the whole server."""

    stats: ServerStats
    clients: int
    """The connected clients of one scope."""
    journal: JournalSize
    health: Health


class Gateway:
    """Sends requests to the actors and the transport. Any thread except an actor's.

    Raises:
        ActorError: by every method: an actor did not answer, or has stopped.
    """

    def __init__(
        self,
        system: ActorSystem,
        transport: TransportProbe,
        library: MockLibrary,
        redaction: Redaction,
    ) -> None:
        self._system = system
        self._transport = transport
        self.library = library
        self.redaction = redaction
        self.history = History(system.journal_ref, is_recording=system.is_recording)
        self.rendered = RenderedEntries()
        self.traffic_checks = CheckRegister()

    def status(self) -> TransportStatus:
        """Return where the WebSocket server listens, or why it does not. Does not block."""
        return self._transport.status()

    def outbox_totals(self) -> OutboxTotals:
        """Return the unsent bytes of all clients together. Does not block."""
        return self._transport.outbox_totals()

    def stats(self) -> ServerStats:
        """Return the totals. They include everything that happened before the call.

        If a reader hangs, its last counts are missing; `health` names that reader.
        """
        self.flush()
        return ask(self._system.stats_ref, GetStats(), timeout=TIMEOUT)

    def flush(self) -> None:
        """Bring the totals and the journal up to date with what clients sent before the call.

        Blocks for at most 1 s. If a reader hangs, its last counts and records are missing.
        """
        if self.status().is_running:
            deadline = time.monotonic() + HEALTH_TIMEOUT
            _finish_flush(self._begin_flush(), deadline)

    def _begin_flush(self) -> "list[pykka.Future[None]]":
        return [one.dispatcher.submit_settled(one.flush) for one in self._system.environments()]

    def list_clients(self, limit: int, after: int = 0, scope: Scope = None) -> ClientPage:
        """Return up to `limit` clients of a scope that connected after the cursor `after`."""
        return ask(self._system.registry_ref, ListClients(limit, after, scope), timeout=TIMEOUT)

    def count_clients(self, scope: Scope) -> int:
        """Return how many clients of a scope are connected."""
        return self.list_clients(0, 0, scope).total

    def push(
        self,
        payload: bytes,
        target: Target = Everyone(),  # noqa: B008 - immutable
        scope: Scope = None,
        *,
        is_text: bool = True,
    ) -> DeliveryReport:
        """Send a message, text as UTF-8, to clients of a scope."""
        push = PushMessage(payload, is_text, target, scope)
        return ask(self._system.broadcaster_ref, push, timeout=TIMEOUT)

    def find_clients(
        self,
        target: Target = Everyone(),  # noqa: B008 - immutable
        scope: Scope = None,
    ) -> tuple[tuple[ClientId, Ref], ...]:
        """Return the clients of a scope that belong to a target."""
        return ask(self._system.registry_ref, GetClientRefs(target, scope), timeout=TIMEOUT)

    def explain(self, client: str, message: MessageView, scope: Scope) -> Explanation | None:
        """Return what the connection of a client would do with a message.

        None: there is no such client in the scope, or no programmed endpoint answers it.
        """
        found = self.find_clients(OneClient(ClientId(client)), scope)
        if not found:
            return None
        return ask(found[0][1], ExplainMessage(message), timeout=TIMEOUT)

    def probe(
        self,
        clients: Sequence[tuple[ClientId, Ref]],
        query: ProbeClient,
        on_progress: ProgressCallback,
    ) -> list[ProbeResult]:
        """Probe all clients at the same time. Blocks for at most 1 s more than the query's window.

        A client that leaves during the probe, or does not answer, has no result.
        """
        deadline = time.monotonic() + query.window + PROBE_GRACE
        futures = [ref.ask(query, block=False) for _, ref in clients]
        results = []
        for number, future in enumerate(futures, start=1):
            try:
                results.append(wait(wait(future, deadline=deadline), deadline=deadline))
            except ActorError:
                continue
            finally:
                on_progress(number, len(futures))
        return results

    def count_by_endpoint(self, namespace: str | None) -> dict[str, int]:
        """Return how many clients are connected to each endpoint of a namespace."""
        return ask(self._system.registry_ref, CountByEndpoint(namespace), timeout=TIMEOUT)

    def count_everywhere(self) -> dict[tuple[str | None, str | None], int]:
        """Return how many clients are connected, by namespace and endpoint."""
        return ask(self._system.registry_ref, CountEverywhere(), timeout=TIMEOUT)

    def tally(self) -> Counter[TallyKey]:
        """Return how often rules have fired and faults have acted. Blocks for at most 1 s.

        If a reader hangs, its counts are missing.
        """
        total: Counter[TallyKey] = Counter()
        if not self.status().is_running:
            return total
        deadline = time.monotonic() + HEALTH_TIMEOUT
        asked = [
            one.dispatcher.submit_settled(one.tally.counts) for one in self._system.environments()
        ]
        for future in asked:
            with suppress(ActorError):
                total.update(wait(future, deadline=deadline))
        return total

    def close_clients(
        self,
        target: Target,
        scope: Scope,
        code: int,
        reason: str = "",
        abort: Literal["reset", "close"] | None = None,
    ) -> tuple[ClientId, ...]:
        """Tell clients of a scope to close; return the clients that were told."""
        order = CloseClient(code, reason, abort)
        return tuple(key for key, ref in self.find_clients(target, scope) if tell(ref, order))

    def reset_state(self, namespace: str | None) -> None:
        """Restart the conversations of a namespace before their next message."""
        for _, ref in self.find_clients(Everyone(), namespace):
            tell(ref, ResetState())

    def clear_traffic(self, scope: Scope) -> None:
        """Delete the traffic of a scope up to now."""
        self.flush()
        self.history.clear(scope)

    def remove_namespace(self, name: str) -> None:
        """Close the clients of a namespace with 1001 and delete everything that belongs to it.

        If a client takes more than two seconds to leave, the journal keeps what it does after that.
        """
        self.library.remove(name)
        self.dismiss_clients(name, "the namespace was removed")
        self.clear_traffic(name)

    def dismiss_clients(self, scope: Scope, reason: str) -> None:
        """Close the clients of a scope with 1001, and wait until they have left.

        If a client does not answer within `ANSWER_TIME`, its connection ends after the close frame.
        If that cannot be sent, as on a dead line, it is reset. Blocks for two seconds at most.
        """
        self.close_clients(Everyone(), scope, GOING_AWAY, reason)
        if not self._have_left(scope, ANSWER_TIME):
            self.close_clients(Everyone(), scope, GOING_AWAY, abort="close")
            if not self._have_left(scope, LEAVING_TIME):
                self.close_clients(Everyone(), scope, GOING_AWAY, abort="reset")
                self._have_left(scope, LEAVING_TIME)

    def _have_left(self, scope: Scope, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.count_clients(scope):
            if time.monotonic() >= deadline:
                return False
            time.sleep(LEAVING_POLL)
        return True

    def put_mocks(
        self,
        namespace: Namespace,
        endpoints: Iterable[CompiledEndpoint],
        replacing: Iterable[str] = (),
    ) -> None:
        """Put endpoints in force and remove others; return when all clients have been told."""
        namespace.put(endpoints, replacing)
        self._settle()

    def clear_mocks(self, namespace: Namespace) -> None:
        """Remove all endpoints; return when all clients have been told."""
        namespace.clear()
        self._settle()

    def _settle(self) -> None:
        # The change has told the registry. By the time it answers, it has told the clients.
        ask(self._system.registry_ref, Ping(), timeout=TIMEOUT)

    def is_connected(self, client_id: str, scope: Scope) -> bool:
        """Tell whether a client of a scope is connected."""
        return bool(self.find_clients(OneClient(ClientId(client_id)), scope))

    def faults(self, namespace: Namespace) -> tuple[CompiledFault, ...]:
        """Return the faults that belong to no mock and have not ended. Does not block."""
        now = self.library.clock.monotonic()
        return tuple(one for one in namespace.book.faults if not one.is_over(now))

    def set_faults(
        self, namespace: Namespace, faults: Iterable[CompiledFault], cleared: Iterable[str]
    ) -> None:
        """Put faults in force and clear others; return when all clients have been told."""
        now = self.library.clock.monotonic()
        over = {one.key for one in namespace.book.faults if one.is_over(now)}
        namespace.put_faults(faults, {*cleared, *over})
        self._settle()

    def reset_faults(self, namespace: Namespace) -> None:
        """Clear all faults that belong to no mock, and those that actions have raised."""
        namespace.clear_faults()
        tell(self._system.registry_ref, RefreshFaults(namespace.name, forgets_raised=True))
        self._settle()

    def overview(self, scope: Scope) -> Overview:
        """Return the totals, the number of clients of a scope, and the health.

        Each part is woken once: an actor that answers a question has passed its check. Blocks for
        a few seconds at most.
        """
        status = self.status()
        readers = self._flush_and_check_readers() if status.is_running else ()
        system = self._system
        stats, collector = self._ask_and_check(system.stats_ref, GetStats())
        page, registry = self._ask_and_check(system.registry_ref, ListClients(0, 0, scope))
        journal, keeper = self._ask_and_check(system.journal_ref, GetJournalSize())
        passed = {check.name: check for check in (collector, registry, keeper)}
        actors = [
            passed.get(name) or self._check_actor(name, ref)
            for name, ref in system.singletons().items()
        ]
        return Overview(stats, page.total, journal, _health_of(status, readers, actors))

    def _flush_and_check_readers(self) -> tuple[float | None, ...]:
        """Do both for the readers, and return how long each took to answer the check."""
        deadline = time.monotonic() + HEALTH_TIMEOUT
        flushed = self._begin_flush()
        # A reader answers the check first. Waiting for the flush first wakes this thread once
        # instead of twice.
        return self._transport.check_readers(
            HEALTH_TIMEOUT, lambda: _finish_flush(flushed, deadline)
        )

    def health(self) -> Health:
        """Check every part that must answer. Blocks for a few seconds at most."""
        status = self.status()
        readers = self._transport.check_readers(HEALTH_TIMEOUT) if status.is_running else ()
        actors = [self._check_actor(name, ref) for name, ref in self._system.singletons().items()]
        return _health_of(status, readers, actors)

    def _ask_and_check(self, ref: Ref, query: Query[R]) -> tuple[R, Check]:
        begin = time.monotonic()
        answer = ask(ref, query, timeout=TIMEOUT)
        seconds = time.monotonic() - begin
        name = ref.actor_class.name
        is_quick = seconds <= HEALTH_TIMEOUT
        return answer, _check(name, seconds) if is_quick else self._check_actor(name, ref)

    def _check_actor(self, name: str, ref: Ref) -> Check:
        begin = time.monotonic()
        try:
            ask(ref, Ping(), timeout=HEALTH_TIMEOUT)
        except ActorGone:
            return Check(name, is_healthy=False, seconds=None, reason="has stopped")
        except ActorError:
            return _check(name, None)
        return _check(name, time.monotonic() - begin)


def _finish_flush(flushed: "Iterable[pykka.Future[None]]", deadline: float) -> None:
    for future in flushed:
        with suppress(ActorError):
            wait(future, deadline=deadline)


def _health_of(
    status: TransportStatus, readers: Iterable[float | None], actors: Iterable[Check]
) -> Health:
    checks = [Check("listener", status.is_running, None, status.reason)]
    checks += [_check(f"reader-{number}", taken) for number, taken in enumerate(readers)]
    return Health((*checks, *actors))


def _check(name: str, seconds: float | None) -> Check:
    reason = None if seconds is not None else f"no answer within {HEALTH_TIMEOUT} s"
    return Check(name, seconds is not None, seconds, reason)
