"""What the actions of one connection read and change, and the names that their templates see."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from random import Random
from typing import Any

from websocket_mock.actors.conversation.core import ConnectionContext
from websocket_mock.actors.conversation.names import Dice
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.replay import SharedMemory
from websocket_mock.actors.conversation.streams import Streams
from websocket_mock.actors.conversation.templates import ActionFailed
from websocket_mock.actors.conversation.variables import (
    BadChange,
    Change,
    ScopeName,
    Variables,
    apply_changes,
)
from websocket_mock.actors.values.models import iso_time

MAX_GROUPS = 1_000
"""The most groups that one client can be in."""


class Memory:
    """What the actions of one connection read and change. Only its connection uses it.

    Args:
        context: the connection.
        random: seeded, so that a run can be repeated with the same random numbers.
        state: the state at the start.
        shared: what other connections read and change, too.
    """

    def __init__(
        self, context: ConnectionContext, random: Random, state: str, shared: SharedMemory
    ) -> None:
        self.context = context
        self.random = random
        self.state = state
        self.shared = shared
        self.own = Variables()
        """The variables of the connection."""
        self.groups: list[str] = []
        """The groups that the client has joined, in this order."""
        self.streams = Streams()
        self.received = 0
        self.sent = 0
        self.is_ignoring = False
        """Whether the frame that is handled gets no answer."""

    @property
    def scopes(self) -> Mapping[ScopeName, Variables]:
        """All variables."""
        shared = self.shared
        return {"vars": self.own, "client_vars": shared.client, "endpoint_vars": shared.endpoint}

    def identify(self, client_key: str) -> None:
        """Use the memory of another logical client from now on."""
        self.shared = self.shared.recall(client_key)

    def join(self, group: str) -> None:
        """Note that the client joins a group.

        Raises:
            ActionFailed: it is in too many.
        """
        if group not in self.groups:
            if len(self.groups) >= MAX_GROUPS:
                raise ActionFailed(f"the client is in {MAX_GROUPS:,} groups, which is the limit")
            self.groups.append(group)

    def leave(self, group: str | None) -> None:
        """Note that the client leaves a group; None: all groups."""
        if group is None:
            self.groups.clear()
        elif group in self.groups:
            self.groups.remove(group)

    def variables(self) -> dict[str, Mapping[str, Any]]:
        """Return the current variables by the names that templates see."""
        return {name: variables.values for name, variables in self.scopes.items()}

    def assign(self, values: Mapping[str, Any]) -> None:
        """Set variables of the connection.

        Raises:
            ActionFailed: they are too many or too large, and nothing was changed.
        """
        try:
            self.own.assign(values)
        except BadChange as error:
            raise ActionFailed(str(error)) from None

    def change(
        self, changes: Sequence[Change], seen: Mapping[str, Any] | None = None
    ) -> dict[str, Mapping[str, Any]] | None:
        """Change variables: all of them, or none.

        Args:
            changes: the changes.
            seen: the variables from which they were computed, by the names that templates see;
                None: it does not matter.

        Returns:
            None if somebody has changed what was seen, so that nothing was done. Otherwise the
            variables of the changed scopes as they are right after the change, before any other
            connection changes them, by the names that templates see.

        Raises:
            ActionFailed: one of the changes is not possible.
        """
        is_own = all(one.scope == "vars" for one in changes)
        try:
            with nullcontext() if is_own else self.shared.mutex:
                scopes = self.scopes
                names = {one.scope for one in changes}
                if seen and any(
                    name in seen and seen[name] is not scopes[name].values for name in names
                ):
                    return None
                apply_changes(scopes, changes)
                return {one.scope: scopes[one.scope].values for one in changes}
        except BadChange as error:
            raise ActionFailed(str(error)) from None


class Names(Mapping[str, Any]):
    """The names that the templates of one list of actions see. Only its connection uses it.

    A value is computed when it is first read. For the actions that follow it stays the same, unless
    one of them changes it.

    Args:
        memory: the memory of the connection.
        path: what the path's pattern captured.
        why: the reason why the templates are rendered.
        now: the time in Unix seconds.
    """

    __slots__ = ("_known", "memory", "now", "path", "sent", "why")

    def __init__(self, memory: Memory, path: Mapping[str, str], why: Occasion, now: float) -> None:
        self.memory = memory
        self.path = path
        self.why = why
        self.now = now
        self.sent = memory.sent
        """The messages sent before the list of actions."""
        # The message is what most templates read, and a call for it would take longer.
        self._known: dict[str, Any] = {"message": why.message}
        if why.bound:
            self._known.update(why.bound)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - the value of any name
        """Return what a name stands for."""
        known = self._known
        if name in known:
            return known[name]
        value = known[name] = _READERS[name](self)
        return value

    def __setitem__(self, name: str, value: Any) -> None:  # noqa: ANN401
        """Let a name stand for another value."""
        self._known[name] = value

    def update(self, values: Mapping[str, Any]) -> None:
        """Let some names stand for other values."""
        self._known.update(values)

    def seen(self, names: Iterable[str]) -> dict[str, Any]:
        """Return what those of some names stand for that were read before."""
        return {name: self._known[name] for name in names if name in self._known}

    def forget(self, names: Iterable[str]) -> None:
        """Compute some names anew when they are read again."""
        for name in names:
            self._known.pop(name, None)

    def changed(self, values: Mapping[str, Any]) -> "Names":
        """Return the same names, but some of them stand for other values."""
        other = Names(self.memory, self.path, self.why, self.now)
        other.sent = self.sent
        other.update({**self._known, **values})
        return other

    def __contains__(self, name: object) -> bool:
        """Return whether templates see a name."""
        return name in self._known or name in _READERS

    def __iter__(self) -> Iterator[str]:
        """Iterate over all names."""
        return iter({**_READERS, **self._known})

    def __len__(self) -> int:
        """Return the number of names."""
        return len({**_READERS, **self._known})


def _client(names: Names) -> dict[str, Any]:
    context = names.memory.context
    return {
        "certificate": context.request.client_certificate,
        "id": context.client_id,
        "remote_address": context.request.remote_address,
        "server_name": context.request.server_name,
        "server_url": context.request.server_url,
        "subprotocol": context.subprotocol,
    }


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


# In the sandbox of templates, only a dict has keys as attributes.
_READERS: Mapping[str, Callable[[Names], Any]] = {
    "attempt": lambda names: names.memory.context.request.attempt,
    "client": _client,
    "client_vars": lambda names: names.memory.shared.client.values,
    "cookies": lambda names: dict(names.memory.context.request.cookies),
    "counters": lambda names: {"received": names.memory.received, "sent": names.sent},
    "endpoint_vars": lambda names: names.memory.shared.endpoint.values,
    "groups": lambda names: names.memory.groups,
    "headers": lambda names: dict(names.memory.context.request.headers),
    "match": lambda names: names.why.captures,
    "message": lambda names: names.why.message,
    "now": lambda names: names.now,
    "now_iso": lambda names: partial(iso_time, names.now),
    "path": lambda names: dict(names.path),
    "query": lambda names: dict(names.memory.context.request.query),
    "random": lambda names: Dice(names.memory.random),
    "repeat": lambda names: {"index": names.why.repeat},
    "replay": lambda names: names.memory.shared.replay,
    "state": lambda names: names.memory.state,
    "uuid": lambda names: partial(_uuid, names.memory.random),
    "vars": lambda names: names.memory.own.values,
}
"""How each name of `NAMES` gets its value."""
