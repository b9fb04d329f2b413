"""Runs compiled actions for one connection and returns their effects.

It owns the memory that the actions change, and the names that their templates see. It knows no
thread and no clock. What each action does is in `actions/`.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from websocket_mock.actors.conversation.action import CompiledAction, Memory
from websocket_mock.actors.conversation.actions.timers import DoWait, Repeat, Resume
from websocket_mock.actors.conversation.core import (
    ConnectionContext,
    Effect,
    ReportProblem,
    StartTimer,
)
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import TemplateFailed
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.models import iso_time

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
"""The names that templates see, with their attributes; None: the attributes are not checked."""


class Dice:
    """The name `random` in templates. It is seeded, so its values can be repeated."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def int(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def float(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number from `low` to `high`."""
        return self._random.uniform(low, high)

    def choice(self, items: Sequence[Any]) -> Any:  # noqa: ANN401 - an item of any kind
        """Return one of the items."""
        return self._random.choice(items)


class ActionRunner:
    """Runs the actions of a mock conversation. Pure: it returns effects and sends nothing.

    Args:
        context: the connection.
        captures: what the path's pattern captured.
        seed: the seed of all random choices on this connection.
        initial_state: the state at the start.
    """

    def __init__(
        self,
        context: ConnectionContext,
        captures: Mapping[str, str],
        seed: str,
        initial_state: str,
    ) -> None:
        random = Random(seed)  # noqa: S311 - it must be repeatable
        self.memory = Memory(context, random, initial_state)
        self._fixed = self._fixed_names(captures)

    def run(self, actions: Sequence[CompiledAction], why: Occasion, now: float) -> list[Effect]:
        """Run the actions up to a `wait` and return their effects; a timer resumes the rest."""
        effects: list[Effect] = []
        names = self._names(why, now)
        for index, action in enumerate(actions):
            if isinstance(action, DoWait):
                rest = Resume(why, tuple(actions[index + 1 :]))
                effects.append(StartTimer(action.delay, rest))
                break
            try:
                effects += action.do(self.memory, why, names)
            except TemplateFailed as error:
                effects.append(ReportProblem(why.label, str(error)))
        return effects

    def repeat(self, timer: Repeat, now: float) -> list[Effect]:
        """Run one turn of an `every` and return its effects, with the timer for the next turn."""
        every, why = timer.every, timer.occasion
        effects = self.run(every.actions, why, now)
        following = replace(why, repeat=why.repeat + 1)
        if why.has_ended:
            return effects
        if every.count is None or following.repeat < every.count:
            effects.append(every.start_turn(self.memory, following))
        return effects

    # --- what templates see -------------------------------------------------------------------

    def _fixed_names(self, captures: Mapping[str, str]) -> dict[str, Any]:
        memory = self.memory
        context, request = memory.context, memory.context.request
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
            "vars": memory.variables,
            "random": Dice(memory.random),
            "uuid": lambda: str(uuid.UUID(int=memory.random.getrandbits(128), version=4)),
        }

    def _names(self, why: Occasion, now: float) -> dict[str, Any]:
        memory = self.memory
        return {
            **self._fixed,
            "message": why.message,
            "match": why.captures,
            "repeat": {"index": why.repeat},
            "state": memory.state,
            "counters": {"received": memory.received, "sent": memory.sent},
            "now": now,
            "now_iso": partial(iso_time, now),
        }
