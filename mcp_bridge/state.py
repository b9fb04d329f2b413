"""What the skins share: the gateway while the server runs, and its identity."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from websocket_mock.mcp_bridge.service.errors import NotPossible
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.status import Identity

HostRuntime = Callable[[], AbstractContextManager[Gateway]]
"""Starts everything behind the bridge, yields the gateway to it, and stops everything.

The event loop's thread enters and leaves it, so both must be quick and bounded in time.
"""


class BridgeState:
    """Holds the gateway while the server runs. Any thread may read.

    Args:
        identity: how the server introduces itself.
        host_runtime: starts and stops what the tools use.
    """

    def __init__(self, identity: Identity, host_runtime: HostRuntime) -> None:
        self.identity = identity
        self._host_runtime = host_runtime
        self._gateway: Gateway | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run what the tools use. Inside another `running` it does nothing.

        So each skin has it as its lifespan, and the outermost one starts and stops everything.
        Only on the event loop's thread.
        """
        if self._gateway is not None:
            yield
            return
        with self._host_runtime() as gateway:
            self._gateway = gateway
            try:
                yield
            finally:
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
