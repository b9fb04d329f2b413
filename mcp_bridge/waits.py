"""Long waits: each on a thread that ends soon after its asker has gone."""

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from fastmcp.server.dependencies import get_http_request
from starlette.requests import Request

T = TypeVar("T")

MAX_WAITS = 200
"""Waits at once; further ones queue. FastMCP's own worker threads stay free for quick tools."""

POLL = 0.25
"""Seconds after which it is looked whether the connection of a waiting asker is still there."""


class Waits:
    """Runs blocking waits for async tools. The event loop's thread."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, wait: Callable[[threading.Event], T]) -> T:
        """Run a wait on a thread. The event is set when the caller has left.

        Who cancels has gone, and so has who asked over an http connection that is no more.
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
            except Exception as error:  # noqa: BLE001 - a group would wrap what it lets out
                failures.append(error)
            finally:
                gone.set()
                group.cancel_scope.cancel()
        if failures:
            raise failures[0]
        return result


async def _watch(gone: threading.Event) -> None:
    """Note when the http connection of the asker ends.

    The protocol with a handshake lets a request go on without its connection; the sessionless one
    cancels it.
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
