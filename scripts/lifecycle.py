"""Ends the process after a signal, or after a part of it broke.

FastMCP's own handling of signals sends clients no close frame, and hangs on SIGINT with stdio. So a
signal wakes a thread that stops everything and exits with the usual code, 128 + signal.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue

from loguru import logger

from websocket_mock.scripts.signals import handling

EXIT_GRACE = 15.0
"""The longest time that the process takes to end, in seconds."""


class Exit:
    """Ends the process once, after stopping everything. Any thread may ask for it.

    Its thread waits from the start. A signal handler must not start one: it may interrupt the main
    thread while that starts another and holds the lock of all threads.

    Args:
        stop: stops everything; bounded and idempotent.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._has_begun = False
        # Its `put` may interrupt itself, so a signal handler may call it.
        self._codes: SimpleQueue[int | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="shutdown", daemon=True)
        self._thread.start()

    def begin(self, code: int) -> None:
        """Begin to end the process with an exit code. Does not block; also for signal handlers."""
        self._has_begun = True
        self._codes.put(code)

    def wait(self) -> None:
        """Wait for the end if it has begun, so that nothing else sets the exit code."""
        if self._has_begun:
            self._thread.join(EXIT_GRACE)

    def close(self) -> None:
        """End the thread, because the process ends by itself. Does not block."""
        self._codes.put(None)

    def _run(self) -> None:
        code = self._codes.get()
        if code is None:
            return
        try:
            self._stop()
        finally:
            logger.complete()
            sys.stderr.flush()
            os._exit(code)


@contextmanager
def exit_on(signals: Sequence[signal.Signals], ending: Exit) -> Iterator[None]:
    """End the process on these signals. Does nothing except on the main thread.

    Python sets signal handlers only there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _: object) -> None:
        ending.begin(128 + number)

    with handling(signals, handle):
        try:
            yield
        finally:
            ending.wait()
