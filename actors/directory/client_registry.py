"""The actor that knows who is connected, and who is in which group.

Counters live in the client actors. A list with counters is therefore a roll call: the registry
tells the clients to report and answers when the last one has. It costs nothing while nobody
asks, and the answer includes everything that a client did before the question.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar, assert_never

import pykka

from websocket_mock.actors.kernel.refs import Ref, tell
from websocket_mock.actors.kernel.singleton import CrashHandler, SingletonActor
from websocket_mock.actors.messages import (
    CallRoll,
    ClientReported,
    ClientsListed,
    CountByEndpoint,
    CountEverywhere,
    GetClientRefs,
    GroupJoined,
    GroupLeft,
    ListClients,
    Ping,
    RefreshFaults,
    RegisterClient,
    RegistryMessage,
    ReportClient,
    ResolveTarget,
    TargetResolved,
    UnregisterClient,
)
from websocket_mock.actors.values.models import ClientId, ClientInfo, ClientPage, ClientSnapshot
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.actors.values.targets import (
    AtEndpoint,
    BuiltInClientsBut,
    Everyone,
    EveryoneBut,
    InGroup,
    OneClient,
    Target,
)

Snapshots = tuple[ClientSnapshot, ...]

MAX_ROLL_CALLS = 1_000
"""The most roll calls at a time. One more ends the oldest with the reports it has so far."""


@dataclass(slots=True)
class _RollCall:
    finish: Callable[[Snapshots], None]
    order: Sequence[ClientId]
    missing: set[ClientId]
    reports: dict[ClientId, ClientSnapshot] = field(default_factory=dict)


class ClientRegistry(SingletonActor):
    """Owns the table of connected clients, in the order they connected."""

    name: ClassVar[str] = "client-registry"

    def __init__(self, on_crash: CrashHandler) -> None:
        super().__init__(on_crash)
        self._refs: dict[ClientId, Ref] = {}
        self._numbers: dict[ClientId, int] = {}
        self._infos: dict[ClientId, ClientInfo] = {}
        self._by_namespace: dict[str | None, dict[ClientId, Ref]] = {}
        self._groups: dict[tuple[str | None, str], dict[ClientId, None]] = {}
        self._roll_calls: dict[int, _RollCall] = {}
        self._ids = count(1)

    def handle(self, message: RegistryMessage) -> Any:  # noqa: ANN401 - as each query says
        """Keep the table, or answer from it."""
        match message:
            case RegisterClient(info=info, ref=ref):
                self._refs[info.id] = ref
                self._numbers[info.id] = next(self._ids)
                self._infos[info.id] = info
                self._by_namespace.setdefault(info.namespace, {})[info.id] = ref
            case UnregisterClient(client_id=client_id):
                self._unregister(client_id)
            case GroupJoined(client_id=client_id, group=group):
                if client_id in self._refs:
                    key = (self._infos[client_id].namespace, group)
                    self._groups.setdefault(key, {})[client_id] = None
            case GroupLeft(client_id=client_id, group=group):
                self._leave(client_id, group)
            case ResolveTarget():
                self._resolve(message)
            case RefreshFaults(namespace=namespace):
                for ref in self._within(namespace).values():
                    tell(ref, message)
            case CallRoll(scope=scope, reply_to=reply_to):
                wanted = list(self._within(scope))
                self._call_roll(wanted, lambda found: _list_to(reply_to, found))
            case ClientReported():
                self._on_report(message)
            case ListClients():
                return self._list(message)
            case CountByEndpoint(namespace=namespace):
                names = (self._infos[client_id].endpoint for client_id in self._within(namespace))
                return dict(Counter(filter(None, names)))
            case CountEverywhere():
                return dict(Counter((one.namespace, one.endpoint) for one in self._infos.values()))
            case GetClientRefs(target=target, scope=scope):
                return tuple(self._select(target, scope))
            case Ping():
                return None
            case _:
                assert_never(message)
        return None

    def on_stop(self) -> None:
        """End all roll calls with the reports they have so far."""
        for roll_call_id in list(self._roll_calls):
            self._finish(roll_call_id)

    def _within(self, scope: Scope) -> Mapping[ClientId, Ref]:
        """Return the clients of a scope, in the order they connected."""
        return self._refs if scope == EVERY_NAMESPACE else self._by_namespace.get(scope, {})

    def _select(self, target: Target, scope: Scope) -> Iterable[tuple[ClientId, Ref]]:
        refs = self._within(scope)
        match target:
            case Everyone():
                return refs.items()
            case EveryoneBut(client_id=left_out):
                return ((key, ref) for key, ref in refs.items() if key != left_out)
            case BuiltInClientsBut(client_id=left_out):
                infos = self._infos
                return (
                    (key, ref)
                    for key, ref in refs.items()
                    if key != left_out and infos[key].speaks_builtin
                )
            case OneClient(client_id=wanted):
                return ((key, refs[key]) for key in (wanted,) if key in refs)
            case InGroup(group=group, but=left_out):
                members = (key for one in self._groups_of(group, scope) for key in one)
                return ((key, refs[key]) for key in members if key != left_out)
            case AtEndpoint(endpoint=endpoint):
                infos = self._infos
                return ((key, ref) for key, ref in refs.items() if infos[key].endpoint == endpoint)
            case _:
                assert_never(target)

    def _groups_of(self, name: str, scope: Scope) -> Iterable[Mapping[ClientId, None]]:
        if scope != EVERY_NAMESPACE:
            return (self._groups.get((scope, name), {}),)
        return (members for (_, group), members in self._groups.items() if group == name)

    def _leave(self, client_id: ClientId, group: str | None) -> None:
        """Remove a client from a group, or from all. A client that has left is in no group."""
        info = self._infos.get(client_id)
        if info is None:
            return
        namespace = info.namespace
        keys = list(self._groups) if group is None else [(namespace, group)]
        for key in keys:
            members = self._groups.get(key, {})
            members.pop(client_id, None)
            if not members:
                self._groups.pop(key, None)

    def _resolve(self, message: ResolveTarget) -> None:
        refs = tuple(ref for _, ref in self._select(message.target, message.scope))
        total = len(self._within(message.scope))
        tell(message.reply_to, TargetResolved(message.request_id, refs, total))

    def _unregister(self, client_id: ClientId) -> None:
        self._leave(client_id, None)
        self._refs.pop(client_id, None)
        self._numbers.pop(client_id, None)
        info = self._infos.pop(client_id, None)
        if info is not None:
            self._leave_namespace(info)
        for roll_call_id, roll_call in list(self._roll_calls.items()):
            if client_id in roll_call.missing:
                self._tick_off(roll_call_id, roll_call, client_id)

    def _leave_namespace(self, info: ClientInfo) -> None:
        members = self._by_namespace[info.namespace]
        del members[info.id]
        if not members:
            del self._by_namespace[info.namespace]

    # --- roll call ----------------------------------------------------------------------------

    def _list(self, query: ListClients) -> "pykka.Future[ClientPage]":
        wanted = self._within(query.scope)
        rest = [client_id for client_id in wanted if self._numbers[client_id] > query.after]
        page = rest[: query.limit]
        cursor = self._numbers[page[-1]] if page and len(rest) > len(page) else None
        numbers, total = {one: self._numbers[one] for one in page}, len(wanted)
        future: pykka.ThreadingFuture[ClientPage] = pykka.ThreadingFuture()

        def finish(found: Snapshots) -> None:
            # Some clients may have left since.
            cursors = tuple(numbers[snapshot.info.id] for snapshot in found)
            future.set(ClientPage(found, total, cursor, cursors))

        self._call_roll(page, finish)
        return future

    def _call_roll(self, wanted: list[ClientId], finish: Callable[[Snapshots], None]) -> None:
        if len(self._roll_calls) >= MAX_ROLL_CALLS:
            self._finish(next(iter(self._roll_calls)))
        roll_call_id = next(self._ids)
        self._roll_calls[roll_call_id] = _RollCall(finish, wanted, set(wanted))
        # A client that has just stopped may lose this message. Its last message unregisters it,
        # which also ticks it off.
        for client_id in wanted:
            tell(self._refs[client_id], ReportClient(roll_call_id))
        if not wanted:
            self._finish(roll_call_id)

    def _on_report(self, message: ClientReported) -> None:
        roll_call = self._roll_calls.get(message.roll_call_id)
        if roll_call is not None:
            client_id = message.snapshot.info.id
            roll_call.reports[client_id] = message.snapshot
            self._tick_off(message.roll_call_id, roll_call, client_id)

    def _tick_off(self, roll_call_id: int, roll_call: _RollCall, client_id: ClientId) -> None:
        roll_call.missing.discard(client_id)
        if not roll_call.missing:
            self._finish(roll_call_id)

    def _finish(self, roll_call_id: int) -> None:
        roll_call = self._roll_calls.pop(roll_call_id)
        found = (roll_call.reports.get(client_id) for client_id in roll_call.order)
        roll_call.finish(tuple(snapshot for snapshot in found if snapshot is not None))


def _list_to(ref: Ref, clients: Snapshots) -> None:
    tell(ref, ClientsListed(clients))
