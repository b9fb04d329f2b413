"""Bounds how many wrong tokens are looked at, so that nobody can try out all of them."""

from collections import OrderedDict
from collections.abc import Callable

PER_SECOND = 10.0
AT_ONCE = 50.0
MAX_KNOWN = 256
"""Addresses that have sent the right token, and are remembered for it."""

Now = Callable[[], float]
"""Returns seconds that never run backwards."""


class Attempts:
    """Counts wrong tokens. Only on the event loop.

    While there are too many, no token is looked at, not even a right one: else guessing would
    go on. Each address that has once sent the right token has a budget of its own; all others
    share one. So a stranger who guesses does not lock out those who know the token.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._strangers = _Budget(now())
        self._known: OrderedDict[str, _Budget] = OrderedDict()

    def seconds_to_wait(self, address: str) -> float:
        """Return how long this address must wait until its token is looked at; 0: no time."""
        return self._budget(address).seconds_to_wait(self._now())

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        self._budget(address).spend(self._now())

    def succeeded(self, address: str) -> None:
        """Remember that somebody at this address knows the token."""
        self._known.setdefault(address, _Budget(self._now()))
        self._known.move_to_end(address)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    def _budget(self, address: str) -> "_Budget":
        return self._known.get(address, self._strangers)


class _Budget:
    """A bucket of attempts that fills itself."""

    def __init__(self, now: float) -> None:
        self._left = AT_ONCE
        self._at = now

    def seconds_to_wait(self, now: float) -> float:
        self._fill(now)
        return max(0.0, (1.0 - self._left) / PER_SECOND)

    def spend(self, now: float) -> None:
        self._fill(now)
        self._left -= 1.0

    def _fill(self, now: float) -> None:
        self._left = min(AT_ONCE, self._left + (now - self._at) * PER_SECOND)
        self._at = now
