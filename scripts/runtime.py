"""The object graph behind the bridge: what is built in which order, and stopped in reverse."""

import threading

from loguru import logger

from actors.behaviours.router import Router
from actors.dispatcher import Dispatcher
from actors.ports import SystemClock
from actors.singleton import CrashHandler
from actors.system import ActorSystem
from mcp_bridge.gateway import Gateway
from transport.config import TransportConfig
from transport.errors import CannotListen
from transport.ingress import Ingress
from transport.server import WebSocketTransport

STOP_TIMEOUT = 5.0
"""Seconds for the clients to answer the close, and again for the actors to stop."""


class Runtime:
    """Everything that runs behind the bridge. It can be started once.

    Args:
        config: of the transport.
        version: told to clients.
        on_crash: called once per thread that breaks, on that thread.
    """

    def __init__(self, config: TransportConfig, version: str, on_crash: CrashHandler) -> None:
        clock = SystemClock()
        dispatchers = [
            Dispatcher(f"ws-reader-{number}", clock) for number in range(config.io_threads)
        ]
        self._system = ActorSystem(clock, dispatchers, version, on_crash)
        ingress = Ingress(self._system, Router(config.fallback), clock)
        self._transport = WebSocketTransport(config, dispatchers, ingress.attach, on_crash)
        self._stop_mutex = threading.Lock()
        self.gateway = Gateway(self._system, self._transport)

    def start(self) -> None:
        """Start to serve; a port that cannot be had is a warning and a status, no error."""
        try:
            self._transport.start()
        except CannotListen as error:
            logger.warning("{}", error)

    def stop(self) -> None:
        """Stop everything: clients first, actors last. Idempotent and bounded; any thread.

        A second caller waits until the first is done.
        """
        with self._stop_mutex:
            self._transport.stop(STOP_TIMEOUT)
            self._system.stop(STOP_TIMEOUT)
