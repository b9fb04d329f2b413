"""Waiting for something that another thread or process does, with a deadline and no sleeps."""

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

UNIT = float(os.environ.get("TEST_TIME_UNIT", "1"))
"""Scales every deadline of the tests, for slow machines."""

PATIENCE = 30 * UNIT

_POLL = 0.005


def eventually(probe: Callable[[], T], timeout: float = PATIENCE) -> T:
    """Call a probe until it returns something true, and return that.

    For what offers no event to wait for, such as a file or another process.
    """
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not (found := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {probe}")
        pause.wait(_POLL)
    return found
