"""Long waits: each on a thread that ends soon after its asker has gone."""

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")

MAX_WAITS = 200
"""Waits at once; further ones queue. FastMCP's own worker threads stay free for quick tools."""


class Waits:
    """Runs blocking waits for async tools. The event loop's thread."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, wait: Callable[[threading.Event], T]) -> T:
        """Run a wait on a thread; it is told by its event when the asker has gone."""
        if self._limiter is None:
            # Not in the constructor: a limiter belongs to the event loop that is running.
            self._limiter = anyio.CapacityLimiter(MAX_WAITS)
        gone = threading.Event()
        try:
            return await anyio.to_thread.run_sync(
                wait, gone, limiter=self._limiter, abandon_on_cancel=True
            )
        finally:
            gone.set()
