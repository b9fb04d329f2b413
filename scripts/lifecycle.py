"""How the process ends: by a signal, or because a part of it broke.

What FastMCP does by default with signals leaves clients without a close frame, or hangs (stdio,
SIGINT). So a signal starts a thread that stops everything and leaves with the customary code.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from loguru import logger

EXIT_GRACE = 15.0
"""The longest time that the process takes to end, in seconds."""


class Exit:
    """Ends the process once, after stopping everything. Any thread may ask for it.

    Args:
        stop: stops everything; bounded and idempotent.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._begin_mutex = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, code: int) -> None:
        """Start to end the process with a code; returns at once."""
        with self._begin_mutex:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(code,), name="shutdown", daemon=True
                )
                self._thread.start()

    def wait(self) -> None:
        """Wait for the end if it has begun, so that nothing else decides on the exit code."""
        if self._thread is not None:
            self._thread.join(EXIT_GRACE)

    def _run(self, code: int) -> None:
        try:
            self._stop()
        finally:
            logger.complete()
            sys.stderr.flush()
            os._exit(code)


@contextmanager
def exit_on(signals: Sequence[signal.Signals], ending: Exit) -> Iterator[None]:
    """End the process on these signals. Does nothing where handlers cannot be set.

    They can on the main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _: object) -> None:
        ending.begin(128 + number)

    previous = {one: signal.signal(one, handle) for one in signals}
    try:
        yield
    finally:
        ending.wait()
        for one, handler in previous.items():
            signal.signal(one, handler)
