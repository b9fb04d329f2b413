"""The actor that fans messages out to clients.

It keeps no table of its own: it lets the registry resolve each target. A client is registered
before its welcome is sent, so every client that has been welcomed gets every later broadcast.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar, assert_never

import pykka

from websocket_mock.actors.kernel.dispatcher import tell_all
from websocket_mock.actors.kernel.refs import Ref, tell
from websocket_mock.actors.kernel.singleton import CrashHandler, SingletonActor
from websocket_mock.actors.messages import (
    Broadcast,
    BroadcastCounted,
    BroadcastDelivered,
    BroadcasterMessage,
    DeliverBinary,
    DeliverText,
    GroupJoined,
    GroupLeft,
    HandedOver,
    HandOver,
    Ping,
    PublishMessage,
    PushMessage,
    ResolveTarget,
    TakeOverClient,
    TargetResolved,
)
from websocket_mock.actors.values.models import DeliveryReport
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.targets import BuiltInClientsBut, Everyone, OneClient, Target


class Broadcaster(SingletonActor):
    """Owns the messages that wait for their target to be resolved.

    Args:
        registry_ref: resolves targets.
        stats_ref: counts pushes to everyone as broadcasts.
        on_crash: called when the actor crashes, on its thread.
    """

    name: ClassVar[str] = "broadcaster"

    def __init__(self, registry_ref: Ref, stats_ref: Ref, on_crash: CrashHandler) -> None:
        super().__init__(on_crash)
        self._registry_ref = registry_ref
        self._stats_ref = stats_ref
        self._waiting: dict[int, Callable[[TargetResolved], object]] = {}
        self._ids = count(1)

    def handle(self, message: BroadcasterMessage) -> Any:  # noqa: ANN401 - as each query says
        """Resolve first, then fan out."""
        match message:
            case Broadcast(payload=payload, sender=sender, reply_to=reply_to):
                self._resolve(
                    BuiltInClientsBut(sender),
                    message.namespace,
                    lambda found: _broadcast(payload, found, reply_to),
                )
            case PublishMessage(payload=payload, is_text=is_text, target=target):
                self._resolve(
                    target,
                    message.namespace,
                    lambda found: _fan_out(payload, found, is_text=is_text),
                )
            case TakeOverClient(client_id=client_id, namespace=namespace, heir=heir):
                tell(self._registry_ref, message)
                self._resolve(
                    OneClient(client_id),
                    namespace,
                    lambda found: _hand_over(found, heir),
                )
            case GroupJoined() | GroupLeft():
                tell(self._registry_ref, message)
            case PushMessage():
                return self._push(message)
            case TargetResolved(request_id=request_id):
                self._waiting.pop(request_id)(message)
            case Ping():
                return None
            case _:
                assert_never(message)
        return None

    def _resolve(
        self, target: Target, scope: Scope, then: Callable[[TargetResolved], object]
    ) -> None:
        request_id = next(self._ids)
        self._waiting[request_id] = then
        tell(self._registry_ref, ResolveTarget(request_id, target, scope, self.actor_ref))

    def _push(self, message: PushMessage) -> "pykka.Future[DeliveryReport]":
        future: pykka.ThreadingFuture[DeliveryReport] = pykka.ThreadingFuture()

        def deliver(found: TargetResolved) -> None:
            if isinstance(message.target, Everyone):
                tell(self._stats_ref, BroadcastCounted())
            is_known = bool(found.refs) or not isinstance(message.target, OneClient)
            delivered = _fan_out(message.payload, found, is_text=message.is_text)
            future.set(DeliveryReport(delivered, found.total, is_known))

        self._resolve(message.target, message.scope, deliver)
        return future


def _broadcast(payload: bytes, found: TargetResolved, reply_to: Ref) -> None:
    tell(reply_to, BroadcastDelivered(_fan_out(payload, found, is_text=True)))


def _hand_over(found: TargetResolved, heir: Ref) -> None:
    if not tell_all(found.refs, HandOver(heir)):
        tell(heir, HandedOver())


def _fan_out(payload: bytes, found: TargetResolved, *, is_text: bool) -> int:
    delivery = DeliverText(payload) if is_text else DeliverBinary(payload)
    return tell_all(found.refs, delivery)
