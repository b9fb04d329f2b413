"""How many connections there may be at once, counted over all listeners and readers."""

import threading


class ConnectionLimit:
    """A count with a ceiling. Any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._count_mutex = threading.Lock()

    def take(self) -> int:
        """Count one more connection; return by how many the limit is exceeded now.

        One above the limit counts as well, and is given back like any other.
        """
        with self._count_mutex:
            self._count += 1
            return max(0, self._count - self._most)

    def give_back(self) -> None:
        """Count one less."""
        with self._count_mutex:
            self._count -= 1
