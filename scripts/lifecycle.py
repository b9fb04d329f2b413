"""Ends the process after a signal, or after a part of it broke.

FastMCP's own handling of signals sends clients no close frame, and hangs on SIGINT with stdio. So a
signal starts a thread that stops everything and exits with the usual code, 128 + signal.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from loguru import logger

from websocket_mock.scripts.signals import handling

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
        """Begin to end the process with an exit code. Does not block."""
        with self._begin_mutex:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(code,), name="shutdown", daemon=True
                )
                self._thread.start()

    def wait(self) -> None:
        """Wait for the end if it has begun, so that nothing else sets the exit code."""
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
