"""Runs compiled actions for one connection: actions in, effects out.

It owns what actions change: the state, the variables, and the seeded random numbers. Confined to
its connection; it knows no thread and no clock.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any, assert_never

from websocket_mock.actors.conversation import actions as do
from websocket_mock.actors.conversation.core import (
    ConnectionContext,
    Effect,
    JoinGroup,
    LeaveGroup,
    Publish,
    RaiseFault,
    ReportProblem,
    StartTimer,
)
from websocket_mock.actors.conversation.streams import Streams
from websocket_mock.actors.conversation.templates import TemplateFailed, TemplateNames
from websocket_mock.actors.conversation.timer_payloads import Occasion, Repeat, Resume
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.units import MIN_INTERVAL
from websocket_mock.actors.values.effects import (
    Abort,
    SendBinary,
    SendFragments,
    SendPing,
    SendText,
    StartClose,
)
from websocket_mock.actors.values.frames import MAX_CONTROL_PAYLOAD, MAX_REASON
from websocket_mock.actors.values.models import ClientId, iso_time
from websocket_mock.actors.values.targets import (
    AtEndpoint,
    Everyone,
    EveryoneBut,
    InGroup,
    OneClient,
    Target,
)

NAMES: Mapping[str, frozenset[str] | None] = {
    "attempt": None,
    "client": frozenset({"id", "remote_address", "subprotocol"}),
    "cookies": None,
    "counters": frozenset({"received", "sent"}),
    "headers": None,
    "match": None,
    "message": frozenset(MessageView.__slots__) - {"_json"} | {"json"},
    "now": None,
    "now_iso": None,
    "path": None,
    "query": None,
    "random": frozenset({"int", "float", "choice"}),
    "repeat": frozenset({"index"}),
    "state": None,
    "uuid": None,
    "vars": None,
}
"""The names that templates see, each with its attributes; None: any, or none that are known."""


class Dice:
    """`random` in templates: from the seed of the mocks, so the same every time."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def int(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def float(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number between two."""
        return self._random.uniform(low, high)

    def choice(self, items: Sequence[Any]) -> Any:  # noqa: ANN401 - an item of any kind
        """Return one of the items."""
        return self._random.choice(items)


class ActionRunner:
    """What the actions of a mock conversation do. Pure: effects come out, nothing is sent.

    Args:
        context: the connection.
        captures: what the path's pattern captured.
        seed: of all chance on this connection.
        initial_state: the state it begins with.
    """

    def __init__(
        self,
        context: ConnectionContext,
        captures: Mapping[str, str],
        seed: str,
        initial_state: str,
    ) -> None:
        self.state = initial_state
        self.received = 0
        self.sent = 0
        self._context = context
        self._random = Random(seed)  # noqa: S311 - to be repeatable is the point
        self._variables: dict[str, Any] = {}
        self._streams = Streams()
        self._fixed = self._fixed_names(captures)

    def run(self, actions: Sequence[do.CompiledAction], why: Occasion, now: float) -> list[Effect]:
        """Return what the actions do, up to a `wait`; the rest comes back as a timer."""
        effects: list[Effect] = []
        names = self._names(why, now)
        for index, action in enumerate(actions):
            if isinstance(action, do.DoWait):
                rest = Resume(why, tuple(actions[index + 1 :]))
                effects.append(StartTimer(action.delay, rest))
                break
            try:
                effects += self._do(action, why, names)
            except TemplateFailed as error:
                effects.append(ReportProblem(why.label, str(error)))
        return effects

    def repeat(self, timer: Repeat, now: float) -> list[Effect]:
        """Return what one turn of an `every` does, the timer for the next one included."""
        every, why = timer.every, timer.occasion
        effects = self.run(every.actions, why, now)
        following = replace(why, repeat=why.repeat + 1)
        if why.has_ended:
            return effects
        if every.count is None or following.repeat < every.count:
            effects.append(self._every(every, following))
        return effects

    def _do(
        self, action: do.CompiledAction, why: Occasion, names: dict[str, Any]
    ) -> Sequence[Effect]:
        match action:
            case do.DoSend():
                return (self._send(action, names),)
            case do.DoState(state=state):
                self.state = names["state"] = state
            case do.DoSet(values=values):
                self._variables.update({name: render(names) for name, render in values})
            case do.DoClose(code=code, reason=reason):
                return (StartClose(code, _cut(reason(names))),)
            case do.DoAbort(kind=kind):
                return (Abort(is_reset=kind == "reset"),)
            case do.DoPing(payload=payload):
                return (SendPing(_ping_payload(payload(names))),)
            case do.DoAfter(delay=delay, actions=later):
                return (StartTimer(delay, Resume(self._named(action, why, names), later)),)
            case do.DoEvery():
                first = replace(self._named(action, why, names), repeat=0)
                return (self._every(action, first),)
            case do.DoStop(name=name):
                self._streams.stop(name(names))
            case do.DoJoin(group=group):
                return (JoinGroup(group(names)),)
            case do.DoLeave(group=group):
                return (LeaveGroup(group(names)),)
            case do.DoFault(fault=fault):
                return (RaiseFault(fault),)
            case do.DoIgnore() | do.DoWait():
                pass
            case _:
                assert_never(action)
        return ()

    def _send(self, action: do.DoSend, names: dict[str, Any]) -> Effect:
        payload = action.render(names)
        if not isinstance(action.target, do.ToSender):
            return Publish(self._resolve(action.target, names), payload, action.is_text)
        self.sent += 1
        if action.fragments > 1 or not action.compress:
            return SendFragments(payload, action.is_text, action.fragments, action.compress)
        return SendText(payload) if action.is_text else SendBinary(payload)

    def _resolve(self, target: do.CompiledTarget, names: dict[str, Any]) -> Target:
        match target:
            case do.ToSender():
                return OneClient(self._context.client_id)
            case do.ToOthers():
                return EveryoneBut(self._context.client_id)
            case do.ToAll():
                return Everyone()
            case do.ToGroup(group=group):
                return InGroup(group(names))
            case do.ToClient(client_id=client_id):
                return OneClient(ClientId(client_id(names)))
            case do.ToEndpoint(endpoint=endpoint):
                return AtEndpoint(endpoint(names))
            case _:
                assert_never(target)

    def _named(
        self, action: do.DoAfter | do.DoEvery, why: Occasion, names: TemplateNames
    ) -> Occasion:
        if action.name is None:
            return why
        stream = self._streams.start(action.name(names))
        # One that restarts itself is not part of the run that has ended by that.
        outer = (one for one in why.streams if not one.has_ended)
        return replace(why, streams=(*outer, stream))

    def _every(self, every: do.DoEvery, why: Occasion) -> StartTimer:
        spread = self._random.uniform(-every.jitter, every.jitter) if every.jitter else 0.0
        return StartTimer(max(MIN_INTERVAL, every.interval + spread), Repeat(why, every))

    # --- what templates see -------------------------------------------------------------------

    def _fixed_names(self, captures: Mapping[str, str]) -> dict[str, Any]:
        context, request = self._context, self._context.request
        return {
            "path": dict(captures),
            "query": dict(request.query),
            "headers": dict(request.headers),
            "cookies": dict(request.cookies),
            "attempt": request.attempt,
            "client": {
                "id": context.client_id,
                "remote_address": request.remote_address,
                "subprotocol": context.subprotocol,
            },
            "vars": self._variables,
            "random": Dice(self._random),
            "uuid": self._uuid(),
        }

    def _uuid(self) -> Callable[[], str]:
        return lambda: str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _names(self, why: Occasion, now: float) -> dict[str, Any]:
        return {
            **self._fixed,
            "message": why.message,
            "match": why.captures,
            "repeat": {"index": why.repeat},
            "state": self.state,
            "counters": {"received": self.received, "sent": self.sent},
            "now": now,
            "now_iso": partial(iso_time, now),
        }


def _ping_payload(payload: bytes) -> bytes:
    if len(payload) > MAX_CONTROL_PAYLOAD:
        raise TemplateFailed(
            f"a ping has at most {MAX_CONTROL_PAYLOAD} bytes, this one {len(payload)}"
        )
    return payload


def _cut(reason: str) -> str:
    return reason.encode(errors="replace")[:MAX_REASON].decode(errors="ignore")
