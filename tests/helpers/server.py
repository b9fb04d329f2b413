"""Everything behind the bridge, inside this process, on a free port."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.fakes import CrashLog
from websocket_mock.actors.clients.actor import ClientActor
from websocket_mock.actors.journal.actor import Journal
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.library.library import IDLE_SECONDS
from websocket_mock.actors.system import JournalLimits
from websocket_mock.actors.values.models import ClientSnapshot, ServerStats
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.scripts.mocks_file import load_all
from websocket_mock.scripts.runtime import Options, Runtime
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.connection import Connection
from websocket_mock.transport.outbox import ConnectionOutbox
from websocket_mock.transport.tls.certificates import load_tls
from websocket_mock.transport.tls.config import TlsConfig

VERSION = "1.2.3"


@dataclass(frozen=True, slots=True)
class InProcessServer:
    runtime: Runtime
    crash_log: CrashLog

    @property
    def gateway(self) -> Gateway:
        return self.runtime.gateway

    @property
    def port(self) -> int:
        return self.gateway.status().port

    def url(self, path: str = "/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def clients(self) -> tuple[ClientSnapshot, ...]:
        return self.gateway.list_clients(limit=10_000).clients

    def connection(self) -> Connection:
        """The connection of the only client."""
        ((_, ref),) = self.gateway.find_clients()
        actor = ref._actor_weakref()
        assert isinstance(actor, ClientActor)
        outbox = actor._outbox
        assert isinstance(outbox, ConnectionOutbox)
        connection = outbox._line
        assert isinstance(connection, Connection)
        return connection

    def closes(self) -> list[tuple[int, str]]:
        """The code of each closed connection, and which side closed it."""
        self.gateway.flush()
        entries = self.gateway.history.read(EntryMatch(kind="close"), 0, 1000, None).entries
        return [(int(entry.details["code"]), str(entry.details["by"])) for entry in entries]

    @property
    def waits(self) -> int:
        """Waits the journal has."""
        actor = self.runtime._system.journal_ref._actor_weakref()
        assert isinstance(actor, Journal)
        return len(actor._waits)

    def stats(self) -> ServerStats:
        return self.gateway.stats()

    def stop(self) -> None:
        self.runtime.stop()


@contextmanager
def serving_here(
    *mocks: Path,
    namespace_idle: float = IDLE_SECONDS,
    allow_code: bool = False,
    history: JournalLimits = JournalLimits(),  # noqa: B008 - immutable
    redact: Sequence[str] = (),
    tls: TlsConfig | None = None,
    **limits: Any,
) -> Iterator[InProcessServer]:
    """Serve with these mocks files and settings of the transport; nothing may break meanwhile."""
    config = TransportConfig(**{"host": "127.0.0.1", "port": 0, "close_timeout": 1.0, **limits})
    crash_log = CrashLog()
    files = load_all(mocks, allow_code=allow_code)
    options = Options(files, history, redact, namespace_idle, load_tls(tls or TlsConfig()))
    runtime = Runtime(config, VERSION, crash_log, options)
    server = InProcessServer(runtime, crash_log)
    server.runtime.start()
    try:
        yield server
    finally:
        server.stop()
    assert crash_log.crashes == []


def own_threads() -> set[str]:
    """The names of the server's threads that run in this process."""
    names = {one.name for one in threading.enumerate()}
    singletons = {"journal", "stats-collector", "client-registry", "broadcaster"}
    return {name for name in names if name.startswith(("ws-reader", "ws-accept"))} | (
        names & singletons
    )
