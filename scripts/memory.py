"""Gives freed memory back to the operating system.

The C library keeps most of what is freed, for itself: after a storm of large messages the process
stayed at twice its size. Linux with glibc only; elsewhere nothing happens.
"""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from websocket_mock.mcp_bridge.service.process import resident_bytes

PERIOD = 2.0
"""Seconds between two looks at the memory."""

WORTHWHILE_BYTES = 8 * 1024 * 1024
"""How much the process must have grown since the last time, and how much of it must be free."""

QUIET_SHARE = 0.1
"""The share of a core below which the process is quiet. Giving memory back takes 20 ms for 40 MiB,
in which whoever needs memory waits."""

PATIENCE = 15
"""After so many looks memory is given back even though the process is never quiet."""

STOP_TIMEOUT = 5.0
"""Seconds to wait for the thread at the end."""


M_ARENA_MAX = -8
"""An option of `mallopt` (mallopt(3)): how many heaps there may be."""


class Allocator(Protocol):
    """What manages the memory of the process."""

    def free_bytes(self) -> int:
        """Return how many bytes it keeps for later, whether the system has given them or not."""

    def resident_bytes(self) -> int | None:
        """Return how many bytes the system has given to the process; None: it does not tell."""

    def trim(self) -> None:
        """Give pages that are free back to the system."""


class _Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later (mallinfo(3))."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


class Glibc:
    """The allocator of glibc. The calls do not hold the GIL.

    Raises:
        AttributeError: by the constructor: there is another C library, or an older one.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        self._info = library.mallinfo2
        self._info.restype = _Mallinfo
        self._trim = library.malloc_trim
        self._trim.argtypes = (ctypes.c_size_t,)
        self._set_option = library.mallopt
        self._set_option.argtypes = (ctypes.c_int, ctypes.c_int)

    def share_one_heap(self) -> None:
        """Let threads that start later use the heap of the main thread.

        The free end of a thread's own heap is not given back: 10 MiB after a compression bomb.
        """
        self._set_option(M_ARENA_MAX, 1)

    def free_bytes(self) -> int:
        """Return how many bytes it keeps for later, whether the system has given them or not."""
        return int(self._info().fordblks)

    def resident_bytes(self) -> int | None:
        """Return how many bytes the system has given to the process; None: it does not tell."""
        return resident_bytes()

    def trim(self) -> None:
        """Give pages that are free back to the system."""
        self._trim(0)


class Trimmer:
    """Decides when memory is given back. One thread only.

    Args:
        allocator: manages the memory.
    """

    def __init__(self, allocator: Allocator) -> None:
        self._allocator = allocator
        self._lowest = allocator.resident_bytes() or 0
        """The fewest resident bytes since the last time. Free bytes would not tell: those that were
        given back count as free, too, and are used and free again between two looks."""
        self._waited = 0

    def look(self, busy_share: float) -> None:
        """Give memory back if that is worthwhile and does not disturb.

        Args:
            busy_share: how much of a core the process has used since the last look.
        """
        resident = self._allocator.resident_bytes()
        if resident is None:
            return
        self._lowest = min(self._lowest, resident)
        growth = resident - self._lowest
        if min(growth, self._allocator.free_bytes()) < WORTHWHILE_BYTES:
            self._waited = 0
            return
        self._waited += 1
        if busy_share <= QUIET_SHARE or self._waited >= PATIENCE:
            self._allocator.trim()
            self._lowest = self._allocator.resident_bytes() or resident
            self._waited = 0


@contextmanager
def giving_memory_back() -> Iterator[None]:
    """Give memory back until the context ends, on a thread of its own.

    Enter it before the threads start that use much memory.
    """
    try:
        allocator = Glibc()
    except AttributeError:
        yield
        return
    allocator.share_one_heap()
    trimmer = Trimmer(allocator)
    is_over = threading.Event()

    def run() -> None:
        used = time.process_time()
        while not is_over.wait(PERIOD):
            before, used = used, time.process_time()
            trimmer.look((used - before) / PERIOD)

    thread = threading.Thread(target=run, name="memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(STOP_TIMEOUT)
