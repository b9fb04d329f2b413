"""The asynchronous twins of blocking methods, for asyncio and trio."""

import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from anyio import CapacityLimiter

    from websocket_mock.mcp_bridge.per_loop import PerLoop

P = ParamSpec("P")
R = TypeVar("R")
W = TypeVar("W")

MAX_CALLS = 200
"""The most calls at a time in one event loop; more of them queue."""

GONE: ContextVar[threading.Event | None] = ContextVar("gone", default=None)
"""Set by an asynchronous caller when it is cancelled, so that its wait ends."""


class Twin(Generic[P, R]):
    """A method that runs a blocking method on a thread, so that the event loop goes on.

    If its caller is cancelled, the method ends within a second, and its result is dropped.

    Args:
        method: the blocking method.
    """

    def __init__(self, method: Callable[Concatenate[Any, P], R]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, instance: "Twins[Any]", owner: type) -> Callable[P, Coroutine[Any, Any, R]]:
        """Return the coroutine function for an object."""
        return partial(on_thread, partial(self._method, instance.wrapped))


class Twins(Generic[W]):
    """The blocking methods of an object, for an event loop.

    Args:
        wrapped: the object.
    """

    def __init__(self, wrapped: W) -> None:
        self.wrapped = wrapped

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call any function on a thread, such as one that programs a server that is elsewhere.

        In this process a rule is in force in about a millisecond, and needs no thread.
        """
        return await on_thread(call, *args, **kwargs)


async def on_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function on a thread; asyncio and trio."""
    import anyio.to_thread  # noqa: PLC0415 - tests without an event loop do not need it

    gone = threading.Event()
    token = GONE.set(gone)  # the thread gets a copy of the context
    try:
        return await anyio.to_thread.run_sync(
            partial(call, *args, **kwargs), abandon_on_cancel=True, limiter=_limiter()
        )
    finally:
        gone.set()
        GONE.reset(token)


async def to_the_end(call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a function on a thread, also while the caller is being cancelled."""
    from anyio import CancelScope  # noqa: PLC0415 - as above

    with CancelScope(shield=True):
        await on_thread(call, *args, **kwargs)


def _limiter() -> "CapacityLimiter":
    return _limiters().get()


@cache
def _limiters() -> "PerLoop[CapacityLimiter]":
    from anyio import CapacityLimiter  # noqa: PLC0415 - as above

    from websocket_mock.mcp_bridge.per_loop import PerLoop  # noqa: PLC0415 - as above

    return PerLoop("limiter of the Python API", lambda: CapacityLimiter(MAX_CALLS))
