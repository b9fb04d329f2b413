"""Sends bytes in pieces with pauses between them, like a slow line."""

from collections import deque
from collections.abc import Callable, Iterable

from websocket_mock.actors.kernel.scheduler import Timer
from websocket_mock.transport.roles import Timers


class Pacer:
    """A queue of pieces that one connection has to send. The reader's thread only; never blocks.

    Args:
        timers: the timers of the connection.
        write: sends a piece, or keeps it if the socket takes no more; must not raise.
    """

    def __init__(self, timers: Timers, write: Callable[[bytes], None]) -> None:
        self._timers = timers
        self._write = write
        self._pieces: deque[tuple[float, bytes]] = deque()
        """Each piece with the seconds to wait before it."""
        self.size = 0
        """How many bytes are waiting."""
        self._timer: Timer | None = None
        self._interval = 0.0
        """The seconds to wait after the piece that was added last."""
        self._sent_at = float("-inf")
        """When the last piece was sent; monotonic seconds."""

    def add(self, pieces: Iterable[bytes], interval: float) -> None:
        """Send pieces after those that are waiting, with `interval` seconds between them.

        Without an interval they follow the waiting pieces at once.
        """
        pause = self._pause_after_last() if interval else 0.0
        for piece in pieces:
            self._pieces.append((pause, piece))
            self.size += len(piece)
            pause = interval
            # Pieces without an interval do not shorten the pause after those that have one.
            self._interval = interval or self._interval
        if self._timer is None:
            self._go_on()

    def stop(self) -> None:
        """Discard the waiting pieces."""
        self._pieces.clear()
        self.size = 0
        if self._timer is not None:
            self._timer.cancel()

    def _pause_after_last(self) -> float:
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
            self.size -= len(piece)
            self._sent_at = self._timers.now()
            self._write(piece)
