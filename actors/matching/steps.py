"""Counts the steps of what a hostile document or message could make endless."""


class TooManySteps(Exception):
    """Raised when something would take too long; the text says what the limit is."""


class Steps:
    """The steps that are left. Not thread-safe.

    Args:
        limit: how many there are.
    """

    __slots__ = ("_left", "_limit")

    def __init__(self, limit: int) -> None:
        self._left = self._limit = limit

    def take(self, count: int = 1) -> None:
        """Take some.

        Raises:
            TooManySteps: so many are not left.
        """
        self._left -= count
        if self._left < 0:
            raise TooManySteps(f"more than {self._limit:,} steps; the value is too large for this")
