"""Immutable values that describe clients and the server; actors reply with them."""

import math
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
    second = math.floor(timestamp)
    return _iso_millisecond(second, int((timestamp - second) * 1000))


# Cached, because every pong has a time, and a busy server sends many pongs in a millisecond.
@lru_cache(maxsize=64)
def _iso_millisecond(second: int, millisecond: int) -> str:
    return f"{_iso_second(second)}.{millisecond:03d}Z"


@lru_cache(maxsize=64)
def _iso_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """What the handshake tells about a client. It never changes."""

    id: ClientId
    connected_at: float
    """Unix seconds."""
    remote_address: str
    """``host:port``, an IPv6 host in brackets."""
    path: str
    """Without the prefix of its namespace and without the query."""
    query: str = ""
    subprotocol: str | None = None
    origin: str | None = None
    endpoint: str | None = None
    """The endpoint of the mocks that answers it, if there is one."""
    attempt: int = 1
    """Number of this connection of the same logical client to the endpoint."""
    logical_client: str = ""
    """The same for all connections of one logical client to an endpoint."""
    namespace: str | None = None
    speaks_builtin: bool = False
    """Whether the built-in JSON protocol answers it, at least when no rule matches."""
    seed: str = ""
    """The seed of all random choices on its connection."""


@dataclass(frozen=True, slots=True)
class ClientSnapshot:
    """A client and its counters at one moment."""

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
    groups: tuple[str, ...] = ()
    """The groups it is in, sorted."""
    state: str | None = None
    """The state of its conversation; None: no mock answers it."""

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
    """The number of all connected clients of the scope."""
    next_cursor: int | None
    """The cursor for the clients that connected after these; None: there are no more."""
    cursors: tuple[int, ...] = ()
    """For each client, the cursor for the clients that connected after it."""


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


Counted = Literal["rule", "fault", "http"]

TallyKey = tuple[Counted, str | None, str | None, str]
"""What is counted: whether it is a rule, a fault or an HTTP response, the namespace, the endpoint,
and the name of the rule, the kind of the fault or the status."""

OTHERS: Mapping[Counted, TallyKey] = {
    "rule": ("rule", "other", "other", "other"),
    "fault": ("fault", "other", "other", "other"),
    "http": ("http", "other", "other", "other"),
}
"""The keys that have the counts of all keys beyond a limit."""


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
    """Why it does not run; None if it runs."""
    has_tls: bool = False
    """Whether clients can connect with TLS."""
    has_plain: bool = True
    """Whether clients can connect without TLS."""
    ca_file: str | None = None
    """The file with the certificate of our own authority; None: there is none."""
    ca_pem: bytes | None = None
    """That certificate, as PEM."""

    @property
    def url(self) -> str:
        """The address a client connects to; without TLS, if it can."""
        return self.urls[0]

    @property
    def secure_url(self) -> str | None:
        """The address for TLS; None: there is none."""
        return self.urls[-1] if self.has_tls else None

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses a client can connect to: without TLS, then with TLS."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        schemes = [("ws", self.has_plain), ("wss", self.has_tls)]
        return tuple(f"{scheme}://{host}:{self.port}" for scheme, is_on in schemes if is_on)


@dataclass(frozen=True, slots=True)
class OutboxTotals:
    """The unsent bytes of all clients together."""

    unsent: int
    """Bytes now."""
    most: int
    """The budget: beyond it the slowest clients are closed."""
    closed: int
    """Clients that were closed because of the budget, since the start."""
    refused: int
    """Connections that were refused because the budget was nearly used up, since the start."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many clients a message was sent to."""

    delivered: int
    """The number of clients whose actor accepted the message."""
    total: int
    """The number of connected clients of the scope at that moment."""
    is_target_known: bool = True
    """False if one client was named and it is not connected."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of a probe of one client: messages, then a ping."""

    client_id: ClientId
    messages_sent: int
    bytes_sent: int
    round_trip: float | None
    """Seconds from the first byte to the pong; None: no pong came in time.

    A pong proves that the peer's WebSocket layer has read all the messages before the ping.
    """
    replies: tuple[str, ...]
    """The first data messages from the client during the probe, shortened."""
    reply_count: int


@dataclass(frozen=True, slots=True)
class JournalSize:
    """How much the journal keeps, and what has passed through it since the start."""

    entries: int
    size: int
    """Bytes, see `weight_of`."""
    last: int
    """Sequence number of the newest entry, which is also the number of all entries."""
    dropped: int
    """Entries that were deleted because of the limits."""
    waits: int
    """Waits for new records."""


@dataclass(frozen=True, slots=True)
class JournalPage:
    """The journal from some entry on; up to its end, unless a limit was given."""

    start: int
    """Sequence number of the first record."""
    records: tuple[Record, ...]
    last: int
    """Sequence number of the newest entry of the journal; 0 if there was none yet."""
    floors: Mapping[str | None, int]
    """For each namespace, the last hidden entry: all its entries up to this one are hidden."""

    def entries(self, scope: Scope = EVERY_NAMESPACE) -> Iterator[JournalEntry]:
        """Yield the entries of a scope, in order, without hidden ones."""
        return (read(sequence, record) for sequence, record in self.numbered(scope))

    def numbered(
        self, scope: Scope = EVERY_NAMESPACE, begin: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, Record]]:
        """Yield the records of a scope with their numbers, without hidden ones.

        Args:
            scope: the namespaces of the records.
            begin: the index of the first record of the page to look at.
            end: the index to stop before; None: the end of the page.
        """
        floors = self.floors
        for sequence, record in enumerate(self.records[begin:end], self.start + begin):
            namespace = namespace_of(record)
            if covers(scope, namespace) and (not floors or sequence > floors.get(namespace, 0)):
                yield sequence, record
