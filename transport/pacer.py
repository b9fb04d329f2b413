"""Bytes that go out in pieces, each at its time, as on a line that is slow or breaks them up."""

from collections import deque
from collections.abc import Callable, Iterable

from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.transport.roles import Timers


class Pacer:
    """A queue of pieces of one connection. The reader's thread only.

    Args:
        timers: of the connection.
        write: sends a piece, or keeps it where the socket takes no more; must not raise.
    """

    def __init__(self, timers: Timers, write: Callable[[bytes], None]) -> None:
        self._timers = timers
        self._write = write
        self._pieces: deque[tuple[float, bytes]] = deque()
        """Each with the pause before it."""
        self._size = 0
        self._timer: Timer | None = None
        self._interval = 0.0
        """The pause behind what was added last."""
        self._sent_at = float("-inf")
        """When a piece last went."""

    def __len__(self) -> int:
        """Return how many bytes wait."""
        return self._size

    def add(self, pieces: Iterable[bytes], interval: float) -> None:
        """Send pieces behind what waits, so many seconds apart."""
        pause = self._pause_behind() if interval else 0.0
        for piece in pieces:
            self._pieces.append((pause, piece))
            self._size += len(piece)
            pause = interval
            # What is not paced in between does not shorten the pause behind what is.
            self._interval = interval or self._interval
        if self._timer is None:
            self._go_on()

    def stop(self) -> None:
        """Send nothing more."""
        self._pieces.clear()
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()

    def _pause_behind(self) -> float:
        if self._pieces:
            return self._interval
        return max(0.0, self._sent_at + self._interval - self._timers.now())

    def _go_on(self) -> None:
        self._timer = None
        while self._pieces:
            pause, piece = self._pieces[0]
            if pause > 0:
                self._pieces[0] = (0.0, piece)
                self._timer = self._timers.call_later(pause, self._go_on)
                return
            self._pieces.popleft()
            self._size -= len(piece)
            self._sent_at = self._timers.now()
            self._write(piece)
