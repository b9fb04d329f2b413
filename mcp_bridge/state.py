"""What the tools share: the gateway while the server runs, and what the server says of itself."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from fastmcp.exceptions import ToolError

from websocket_mock.mcp_bridge.gateway import Gateway
from websocket_mock.mcp_bridge.waits import Waits

HostRuntime = Callable[[], AbstractContextManager[Gateway]]
"""Starts everything behind the bridge, yields the way to it, and stops it all.

Entered and left on the thread of the event loop, so both must be quick and bounded.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the MCP server says of itself."""

    name: str
    type: str
    version: str
    description: str


class BridgeState:
    """Holds the gateway from the start of the lifespan to its end. Any thread."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.waits = Waits()
        self._gateway: Gateway | None = None

    def open(self, gateway: Gateway) -> None:
        """Let the tools at the gateway. The event loop's thread."""
        # Anew, because a limiter of waits belongs to the event loop.
        self.waits = Waits()
        self._gateway = gateway

    def close(self) -> None:
        """Take the gateway from the tools."""
        self._gateway = None

    @property
    def is_open(self) -> bool:
        """Whether there is a gateway."""
        return self._gateway is not None

    @property
    def gateway(self) -> Gateway:
        """The way to the actors.

        Raises:
            ToolError: the server is starting or stopping.
        """
        if self._gateway is None:
            raise ToolError("The server is starting or stopping. Try again in a second.")
        return self._gateway
