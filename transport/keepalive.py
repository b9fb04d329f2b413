"""Pings a silent client, and closes the connection if it stays silent."""

from collections.abc import Callable
from typing import Protocol

from websockets.frames import CloseCode

from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.roles import Timers

PAYLOAD = b"keepalive"
NO_ANSWER = "keepalive ping timeout"


class Pinged(Protocol):
    """The connection that is watched."""

    def ping(self, payload: bytes) -> bool:
        """Send a ping; return whether it was sent."""

    def give_up(self, code: int, reason: str) -> None:
        """Close with a code, without waiting for an answer."""


class Keepalive:
    """Watches one open connection. The reader's thread only.

    Whatever the client sends is a sign of life. There is one timer per connection. It is restarted
    when it fires and not with every sign of life, because that happens far more often.

    Args:
        timers: the timers of the connection.
        config: how long a client may be silent.
        is_wanted: tells whether the connection is still to be watched.
        connection: is pinged, and closed if no answer comes.
    """

    __slots__ = ("_config", "_connection", "_is_wanted", "_timer", "_timers", "heard_at")

    def __init__(
        self,
        timers: Timers,
        config: TransportConfig,
        is_wanted: Callable[[], bool],
        connection: Pinged,
    ) -> None:
        self._timers = timers
        self._config = config
        self._is_wanted = is_wanted
        self._connection = connection
        self.heard_at = timers.now()
        """When the last sign of life came; monotonic seconds."""
        is_on = config.ping_interval > 0
        self._timer = timers.call_later(config.ping_interval, self._check) if is_on else None

    def stop(self) -> None:
        """Stop watching for good."""
        if self._timer is not None:
            self._timer.cancel()

    def suspend(self, *, is_suspended: bool) -> None:
        """Stop watching for a while, or start again from now."""
        self.stop()
        self.heard_at = self._timers.now()
        if not is_suspended and self._config.ping_interval > 0:
            self._timer = self._timers.call_later(self._config.ping_interval, self._check)

    def _check(self) -> None:
        if not self._is_wanted():
            return
        quiet = self._timers.now() - self.heard_at
        interval = self._config.ping_interval
        if quiet < interval:
            self._timer = self._timers.call_later(interval - quiet, self._check)
            return
        self._connection.ping(PAYLOAD)
        pinged_at = self._timers.now()
        self._timer = self._timers.call_later(
            self._config.ping_timeout, lambda: self._expect_answer(pinged_at)
        )

    def _expect_answer(self, pinged_at: float) -> None:
        if self.heard_at >= pinged_at:
            self._check()
        elif self._is_wanted():
            self._connection.give_up(CloseCode.INTERNAL_ERROR, NO_ANSWER)
