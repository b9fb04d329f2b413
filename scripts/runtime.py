"""The objects behind the bridge: built in this order, stopped in reverse."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from loguru import logger

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.refs import tell
from websocket_mock.actors.kernel.singleton import CrashHandler
from websocket_mock.actors.library.library import IDLE_SECONDS, MockLibrary
from websocket_mock.actors.library.router import Router
from websocket_mock.actors.messages import NamespaceExpired
from websocket_mock.actors.system import ActorSystem, JournalLimits
from websocket_mock.actors.values.ports import SystemClock
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.redaction import Redaction
from websocket_mock.scripts.mocks_file import LoadedFile
from websocket_mock.scripts.mocks_watcher import MocksFiles
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.errors import CannotListen
from websocket_mock.transport.ingress import Ingress
from websocket_mock.transport.server import WebSocketTransport
from websocket_mock.transport.tls.serving import ServedTls

STOP_TIMEOUT = 5.0
"""Seconds for the clients to answer the close frame, and the same for the actors to stop."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a runtime serves beyond the transport's settings."""

    mocks: Sequence[LoadedFile] = ()
    """Files with programmed endpoints."""
    history: JournalLimits = field(default_factory=JournalLimits)
    """How much the journal keeps."""
    redact: Sequence[str] = ()
    """Names of more fields to mask."""
    namespace_idle: float = IDLE_SECONDS
    """Seconds after which an unused namespace is removed."""
    tls: ServedTls | None = None
    """How clients connect with TLS; None: they cannot. The runtime closes it."""


class Runtime:
    """Everything that runs behind the bridge. It can be started once.

    Args:
        config: the settings of the transport.
        version: the version that clients see.
        on_crash: called once for each thread that breaks, on that thread.
        options: what it serves beyond those settings.
    """

    def __init__(
        self,
        config: TransportConfig,
        version: str,
        on_crash: CrashHandler,
        options: Options = Options(),
    ) -> None:
        clock = SystemClock()
        library = MockLibrary(clock, options.namespace_idle, self._on_namespace_expired)
        self._mocks_files = MocksFiles(options.mocks, library.default)
        dispatchers = [
            Dispatcher(f"ws-reader-{number}", clock) for number in range(config.io_threads)
        ]
        self._system = ActorSystem(clock, dispatchers, version, on_crash, options.history, library)
        ingress = Ingress(
            self._system, Router(library, config.fallback, config.subprotocols), clock
        )
        self._transport = WebSocketTransport(
            config, dispatchers, ingress.attach, on_crash, options.tls
        )
        self._tls = options.tls
        self._stop_mutex = threading.Lock()
        self.gateway = Gateway(self._system, self._transport, library, Redaction(options.redact))

    def _on_namespace_expired(self, name: str) -> None:
        tell(self._system.journal_ref, NamespaceExpired(name))

    def start(self) -> None:
        """Start to serve. An unavailable port gives a warning and a status, not an error."""
        try:
            self._mocks_files.start()
            self._transport.start()
        except CannotListen as error:
            logger.warning("{}", error)

    def stop(self) -> None:
        """Stop everything: clients first, actors last. Idempotent and bounded; any thread.

        A second call waits until the first is done.
        """
        with self._stop_mutex:
            self._mocks_files.stop()
            self._transport.stop(STOP_TIMEOUT)
            self._system.stop(STOP_TIMEOUT)
            if self._tls is not None:
                self._tls.certificates.close()
