"""The latest messages that were sent to a logical client, so that a resume can send them again.

Pure: the caller brings the mutex.
"""

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from websocket_mock.actors.conversation.variables import BadChange, Pool, Variables

MAX_REPLAY_BYTES = 4 * 1024 * 1024
"""The most bytes that are kept for one logical client. The oldest messages go first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that was sent."""

    number: float
    """The number under which it is kept."""
    payload: bytes
    is_text: bool


class Replay:
    """The messages that are kept for one logical client, the oldest first.

    Templates see an instance as `replay`.

    Args:
        pool: counts the bytes.
    """

    __slots__ = ("_bytes", "_kept", "_pool")

    def __init__(self, pool: Pool | None = None) -> None:
        self._pool = pool or Pool()
        # Most clients keep nothing, and an empty deque takes more memory than all the rest.
        self._kept: deque[Kept] | None = None
        self._bytes = 0

    def __repr__(self) -> str:
        """Return what a template shows of it."""
        return f"{self.count} messages"

    @property
    def count(self) -> int:
        """How many messages are kept."""
        return len(self._kept or ())

    @property
    def first(self) -> float | None:
        """The number of the oldest message; None if there is none."""
        return self._kept[0].number if self._kept else None

    @property
    def last(self) -> float | None:
        """The number of the latest message; None if there is none."""
        return self._kept[-1].number if self._kept else None

    def keep(self, message: Kept, limit: int) -> None:
        """Keep a message; the oldest go if there are more than `limit`, or too many bytes.

        A number that is not higher than the last one starts anew: nothing before it is kept.

        Raises:
            BadChange: it does not fit, and was not kept.
        """
        size = len(message.payload)
        if size > MAX_REPLAY_BYTES:
            raise BadChange(f"a message of more than {MAX_REPLAY_BYTES:,} bytes is not kept")
        if self._kept is None:
            self._kept = deque()
        if self._kept and message.number <= self._kept[-1].number:
            self.clear()
        while self._kept and (len(self._kept) >= limit or self._bytes + size > MAX_REPLAY_BYTES):
            self._drop(self._kept.popleft())
        self._pool.take(size)
        self._bytes += size
        self._kept.append(message)

    def after(self, number: float) -> list[Kept]:
        """Return the messages with higher numbers, in the order in which they were sent."""
        return [one for one in self._kept or () if one.number > number]

    def clear(self) -> None:
        """Forget all messages."""
        while self._kept:
            self._drop(self._kept.popleft())

    def _drop(self, message: Kept) -> None:
        self._bytes -= len(message.payload)
        self._pool.take(-len(message.payload))


@dataclass(slots=True)
class SharedMemory:
    """What the connections of a logical client share, and those of an endpoint."""

    client: Variables
    endpoint: Variables
    replay: Replay
    mutex: AbstractContextManager[Any]
    """Guards changes of all of these."""
    recall: "Callable[[str], SharedMemory]"
    """Returns the memory of another logical client of the endpoint, by its key."""


def unshared_memory() -> SharedMemory:
    """Return the memory of a connection that shares nothing with others."""
    pool = Pool()
    return SharedMemory(
        Variables(pool), Variables(pool), Replay(pool), nullcontext(), lambda _: unshared_memory()
    )
