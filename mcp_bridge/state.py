"""What the tools share: the gateway while the server runs, the waits, and the identity."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from websocket_mock.mcp_bridge.service.errors import NotPossible
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.status import Identity
from websocket_mock.mcp_bridge.waits import Waits

HostRuntime = Callable[[], AbstractContextManager[Gateway]]
"""Starts everything behind the bridge, yields the gateway to it, and stops everything.

The event loop's thread enters and leaves it, so both must be quick and bounded in time.
"""


class BridgeState:
    """Holds the gateway from the start of the lifespan to its end. Any thread."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.waits = Waits()
        self._gateway: Gateway | None = None

    def open(self, gateway: Gateway) -> None:
        """Give the tools a gateway. Only on the event loop's thread."""
        # New waits for each lifespan, because their limiter belongs to the event loop.
        self.waits = Waits()
        self._gateway = gateway

    def close(self) -> None:
        """Take the gateway away from the tools."""
        self._gateway = None

    @property
    def is_open(self) -> bool:
        """Whether there is a gateway."""
        return self._gateway is not None

    @property
    def gateway(self) -> Gateway:
        """The gateway to the actors.

        Raises:
            NotPossible: the server is starting or stopping.
        """
        if self._gateway is None:
            raise NotPossible("The server is starting or stopping. Try again in a second.")
        return self._gateway
