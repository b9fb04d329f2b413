"""The limit of open connections, counted over all listeners and readers."""

import threading


class ConnectionLimit:
    """Counts connections against a limit. Any thread; takes a lock for a moment.

    Args:
        most: the limit.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._count_mutex = threading.Lock()

    def take(self) -> int:
        """Count one more connection; return by how many the limit is now exceeded.

        A connection above the limit is counted too, and must be given back like any other.
        """
        with self._count_mutex:
            self._count += 1
            return max(0, self._count - self._most)

    def give_back(self) -> None:
        """Count one connection less."""
        with self._count_mutex:
            self._count -= 1
