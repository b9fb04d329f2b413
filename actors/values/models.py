"""Immutable values: what actors reply with and what describes a client or the server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, NewType

from websocket_mock.actors.values.entries import JournalEntry, Record, namespace_of, read
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope, covers

ClientId = NewType("ClientId", str)
"""Eight lower-case hexadecimal characters, unique among the living clients."""

ConnectionStatus = Literal["open", "closing"]

SERVER_NAME = "WebSocket Mock Server"


def iso_time(timestamp: float) -> str:
    """Format Unix seconds as ISO 8601 in UTC with milliseconds and a trailing Z."""
    second = int(timestamp)
    return f"{_iso_second(second)}.{int((timestamp - second) * 1000):03d}Z"


@lru_cache(maxsize=64)
def _iso_second(second: int) -> str:
    # Cached because every pong has a time in it: formatting was a tenth of its cost.
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """What is known of a client from its handshake on; it never changes."""

    id: ClientId
    connected_at: float
    """Unix seconds."""
    remote_address: str
    """``host:port``, an IPv6 host in brackets."""
    path: str
    """In its namespace, without the query."""
    query: str = ""
    subprotocol: str | None = None
    origin: str | None = None
    endpoint: str | None = None
    """The endpoint of the mocks that answers it, if one does."""
    attempt: int = 1
    """Number of this connection of the same logical client to the endpoint."""
    namespace: str | None = None
    speaks_builtin: bool = False
    """Whether the built-in JSON protocol answers it: always, or what no rule takes."""
    seed: str = ""
    """Of all chance on its connection."""


@dataclass(frozen=True, slots=True)
class ClientSnapshot:
    """A client with its counters at one moment."""

    info: ClientInfo
    connection_status: ConnectionStatus
    last_ping: float | None
    """When its last ping came, as a frame or as JSON; Unix seconds."""
    last_activity: float
    """When anything last came from it; Unix seconds."""
    messages_received: int
    """Data messages the client sent to us."""
    messages_sent: int
    """Data messages we sent to the client."""

    def as_json(self) -> dict[str, Any]:
        """Return the one public form of a client, for the JSON protocol and for MCP."""
        return {
            "id": self.info.id,
            "connected_at": iso_time(self.info.connected_at),
            "last_ping": None if self.last_ping is None else iso_time(self.last_ping),
            "last_activity": iso_time(self.last_activity),
            "remote_address": self.info.remote_address,
            "connection_status": self.connection_status,
            "path": self.info.path,
            "namespace": self.info.namespace,
            "subprotocol": self.info.subprotocol,
            "origin": self.info.origin,
            "messages_received": self.messages_received,
            "messages_sent": self.messages_sent,
        }


@dataclass(frozen=True, slots=True)
class ClientPage:
    """Some of the clients, in the order they connected."""

    clients: tuple[ClientSnapshot, ...]
    total: int
    """Connected clients of the scope in all."""
    next_cursor: int | None
    """Asks for the clients that connected after these; None at the end."""
    cursors: tuple[int, ...] = ()
    """For each client, what asks for those that connected after it."""


@dataclass(frozen=True, slots=True)
class TrafficDelta:
    """What happened on one dispatcher since its last report. Sizes are payload bytes."""

    connected: int = 0
    disconnected: int = 0
    messages_received: int = 0
    messages_sent: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class ServerStats:
    """Totals since the start. Bytes are payload bytes of data messages."""

    total_connections: int
    current_clients: int
    total_messages: int
    """Data messages received."""
    messages_sent: int
    bytes_received: int
    bytes_sent: int
    broadcasts: int
    errors: int
    start_time: float
    """Unix seconds."""
    uptime_seconds: float

    def as_json(self, status: "TransportStatus") -> dict[str, Any]:
        """Return the one public form of the statistics, for the JSON protocol and for MCP."""
        return {
            "total_connections": self.total_connections,
            "current_clients": self.current_clients,
            "total_messages": self.total_messages,
            "messages_sent": self.messages_sent,
            "bytes_received": self.bytes_received,
            "bytes_sent": self.bytes_sent,
            "broadcasts": self.broadcasts,
            "errors": self.errors,
            "start_time": iso_time(self.start_time),
            "uptime_seconds": self.uptime_seconds,
            "server_info": {
                "host": status.host,
                "port": status.port,
                "is_running": status.is_running,
            },
        }


@dataclass(frozen=True, slots=True)
class TransportStatus:
    """Where the WebSocket server listens, or why it does not."""

    host: str
    port: int
    is_running: bool
    reason: str | None = None
    """Why it does not run; None while it does."""

    @property
    def url(self) -> str:
        """The address a client connects to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How far a message that was pushed to clients got."""

    delivered: int
    """Clients whose actor took the message."""
    total: int
    """Clients of the scope, connected at that moment."""
    is_target_known: bool = True
    """False when a single client was named that is not connected."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of a probe: messages, then a ping, to one client."""

    client_id: ClientId
    messages_sent: int
    bytes_sent: int
    round_trip: float | None
    """Seconds from the first byte until the pong; None when none came in time.

    A pong proves that the peer's WebSocket layer has read all the messages before the ping.
    """
    replies: tuple[str, ...]
    """The first data messages seen from the client meanwhile, shortened."""
    reply_count: int


@dataclass(frozen=True, slots=True)
class JournalPage:
    """The journal from some entry on."""

    start: int
    """Sequence number of the first record."""
    records: tuple[Record, ...]
    last: int
    """Sequence number of the newest entry of all; 0 where there was none yet."""
    floors: Mapping[str | None, int]
    """By namespace, the newest entry that was hidden; up to it, its entries are."""

    def entries(self, scope: Scope = EVERY_NAMESPACE) -> Iterator[JournalEntry]:
        """Make the entries of a scope, in order, without those that were hidden."""
        return (read(sequence, record) for sequence, record in self.numbered(scope))

    def numbered(
        self, scope: Scope = EVERY_NAMESPACE, begin: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, Record]]:
        """Number the records of a scope, without those that were hidden.

        Args:
            scope: whose records.
            begin: records of the page to leave out at its beginning, and
            end: where to stop; None: at its end.
        """
        floors = self.floors
        for sequence, record in enumerate(self.records[begin:end], self.start + begin):
            namespace = namespace_of(record)
            if covers(scope, namespace) and (not floors or sequence > floors.get(namespace, 0)):
                yield sequence, record
