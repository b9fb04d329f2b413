"""Logs the clients that come and go, with a line for each unless they are too many."""

from loguru import logger

from websocket_mock.actors.kernel.scheduler import Scheduler

MAX_LINES = 20
"""The most lines about clients in a second. What is beyond that is counted."""

SECOND = 1.0


class ClientLog:
    """The log of the clients of one dispatcher, on that dispatcher's thread.

    A line takes longer than anything else about a short connection. So only the first `MAX_LINES`
    events of a second have lines of their own at the level INFO or WARNING, the others at the level
    DEBUG. At the end of the second a line tells how many there were.

    Args:
        scheduler: the timers of the dispatcher.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._lines = 0
        """The lines of this second; 0: no second has begun."""
        self._connected = 0
        self._disconnected = 0
        self._warned = 0

    def connected(self, client_id: str, address: str, path: str) -> None:
        """Log that a client has connected."""
        text = "client {} connected from {} to {}"
        self._connected += not self._log("INFO", text, client_id, address, path)

    def disconnected(self, client_id: str, code: int, reason: str) -> None:
        """Log that a client has left."""
        self._disconnected += not self._log(
            "INFO", "client {} disconnected: {} {}", client_id, code, reason
        )

    def problem(self, text: str, address: object) -> None:
        """Log what is wrong with a client; `{}` in the text is where it is."""
        self._warned += not self._log("WARNING", text, address)

    def _log(self, level: str, text: str, *values: object) -> bool:
        """Log an event; return whether it has a line at its own level."""
        if not self._lines:
            self._scheduler.call_later(SECOND, self._end_second)
        self._lines += 1
        has_line = self._lines <= MAX_LINES
        logger.log(level if has_line else "DEBUG", text, *values)
        return has_line

    def _end_second(self) -> None:
        connected, disconnected = self._connected, self._disconnected
        if connected or disconnected:
            logger.info(
                "{} more clients connected and {} disconnected in the last second",
                connected,
                disconnected,
            )
        if self._warned:
            logger.warning("{} more warnings about clients in the last second", self._warned)
        self._lines = self._connected = self._disconnected = self._warned = 0
