"""Runs long waits on threads. A wait ends soon after its caller has left."""

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from fastmcp.server.dependencies import get_http_request
from starlette.requests import Request

T = TypeVar("T")

MAX_WAITS = 200
"""The most waits at a time; more of them queue. FastMCP's workers stay free for quick tools."""

POLL = 0.25
"""Seconds between two checks whether the http connection of a caller is still open."""


class Waits:
    """Runs blocking waits for async tools. Only for the event loop's thread."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, wait: Callable[[threading.Event], T]) -> T:
        """Run a wait on a thread. The event is set when the caller has left.

        A caller leaves by cancelling the call or by closing its http connection.
        """
        if self._limiter is None:
            # Not in the constructor: a limiter belongs to the event loop that is running.
            self._limiter = anyio.CapacityLimiter(MAX_WAITS)
        gone, failures = threading.Event(), list[Exception]()
        async with anyio.create_task_group() as group:
            group.start_soon(_watch, gone)
            try:
                result = await anyio.to_thread.run_sync(
                    wait, gone, limiter=self._limiter, abandon_on_cancel=True
                )
            except Exception as error:  # noqa: BLE001 - the task group would wrap it
                failures.append(error)
            finally:
                gone.set()
                group.cancel_scope.cancel()
        if failures:
            raise failures[0]
        return result


async def _watch(gone: threading.Event) -> None:
    """Set the event when the http connection of the caller ends.

    In MCP's protocol with sessions a request goes on without its connection. The one without
    sessions cancels the request.
    """
    request = _http_request()
    while request is not None and not gone.is_set():
        if await request.is_disconnected():
            gone.set()
        await anyio.sleep(POLL)


def _http_request() -> Request | None:
    try:
        return get_http_request()
    except RuntimeError:
        return None
