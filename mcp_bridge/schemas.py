"""What the tools return. These models are the output schemas that MCP clients see."""

from typing import Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.values.models import (
    ClientSnapshot,
    ProbeResult,
    ServerStats,
    TransportStatus,
)
from websocket_mock.mcp_bridge.health import Health

Timestamp = float

LISTED_REPLIES = 5
"""Replies shown of each client in a test: MCP clients refuse results that are too long."""

SHOWN_PATH = 200
"""Characters shown of a client's path, for the same reason."""


class ServerAddress(BaseModel):
    """Where the WebSocket server listens."""

    host: str
    port: int
    is_running: bool


class StatsModel(BaseModel):
    """Totals since the start. Bytes are payload bytes of data messages."""

    total_connections: int
    current_clients: int
    total_messages: int = Field(description="data messages received from clients")
    messages_sent: int
    bytes_received: int
    bytes_sent: int
    broadcasts: int
    errors: int
    start_time: str = Field(description="ISO 8601, UTC")
    uptime_seconds: float
    server_info: ServerAddress

    @classmethod
    def of(cls, stats: ServerStats, status: TransportStatus) -> "StatsModel":
        """Return the public form of statistics."""
        return cls(**stats.as_json(status))


class WebSocketServerModel(BaseModel):
    """The WebSocket server."""

    host: str
    port: int
    is_running: bool
    url: str = Field(description="what WebSocket clients connect to")
    clients_connected: int = Field(description="in the namespace")
    stats: StatsModel = Field(description="of the whole server, whatever the namespace")
    capabilities: list[str] = Field(description="message types of the built-in JSON protocol")
    reason: str | None = Field(description="why it is not running; null while it is")


class McpServerModel(BaseModel):
    """This MCP server."""

    mcp_server_name: str
    mcp_server_type: str
    mcp_server_version: str


class CheckModel(BaseModel):
    """One part of the server that must answer."""

    name: str
    healthy: bool
    answer_ms: float | None = Field(description="how long its answer took")
    reason: str | None = Field(description="what is wrong; null while nothing is")


class HealthModel(BaseModel):
    """Whether everything that must answer does."""

    healthy: bool
    checks: list[CheckModel]

    @classmethod
    def of(cls, health: Health) -> "HealthModel":
        """Return the public form of a health report."""
        checks = [
            CheckModel(
                name=check.name,
                healthy=check.is_healthy,
                answer_ms=to_ms(check.seconds),
                reason=check.reason,
            )
            for check in health.checks
        ]
        return cls(healthy=health.is_healthy, checks=checks)


class ServerStatusResult(BaseModel):
    """The state of the whole server."""

    websocket_server: WebSocketServerModel
    mcp_server: McpServerModel
    health: HealthModel
    timestamp: Timestamp


class SendResult(BaseModel):
    """What became of a message that was pushed to clients."""

    status: Literal["sent", "no_clients", "server_not_running", "error"]
    message_type: str | None = Field(description="null for raw text and binary")
    target_client: str | None
    target_group: str | None
    target_endpoint: str | None
    sent_to_clients: int
    total_clients: int
    errors: list[str]
    timestamp: Timestamp


class ClientModel(BaseModel):
    """A connected client. Times are ISO 8601, UTC."""

    id: str
    connected_at: str
    last_ping: str | None
    last_activity: str
    remote_address: str
    connection_status: Literal["open", "closing"]
    path: str = Field(description="in its namespace")
    namespace: str | None
    subprotocol: str | None
    origin: str | None = Field(description="of the page that opened it, where a browser did")
    messages_received: int = Field(description="data messages that came from the client")
    messages_sent: int = Field(description="data messages that went to the client")

    @classmethod
    def of(cls, client: ClientSnapshot) -> "ClientModel":
        """Return the public form of a client, its path shortened."""
        fields = client.as_json()
        if len(fields["path"]) > SHOWN_PATH:
            fields["path"] = fields["path"][: SHOWN_PATH - 1] + "…"
        return cls(**fields)


class ClientsServerInfo(BaseModel):
    """Where the clients are connected."""

    host: str
    port: int
    url: str


class ClientsResult(BaseModel):
    """One page of the connected clients, in the order they connected."""

    status: Literal["ok", "no_clients", "server_not_running"]
    clients: list[ClientModel]
    total_clients: int
    server_info: ClientsServerInfo
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null at end")
    timestamp: Timestamp


class ClientProbeModel(BaseModel):
    """What one client did in a test."""

    client_id: str
    round_trip_ms: float | None = Field(description="null: no pong in time")
    replies: list[str] = Field(description="first data messages seen from it, shortened")
    reply_count: int

    @classmethod
    def of(cls, result: ProbeResult) -> "ClientProbeModel":
        """Return the public form of a probe's result."""
        return cls(
            client_id=result.client_id,
            round_trip_ms=to_ms(result.round_trip),
            replies=list(result.replies[:LISTED_REPLIES]),
            reply_count=result.reply_count,
        )


class TestReport(BaseModel):
    """What a connection test measured. A pong proves that all messages before it were read."""

    __test__ = False  # no test case, whatever its name says

    clients_tested: int
    answered: int = Field(description="clients whose pong came in time")
    not_answered: list[str] = Field(description="ids of clients without a pong, at most 50")
    messages_sent: int
    bytes_sent: int
    delivered: int = Field(description="messages proven read by a pong behind them")
    failed: int = Field(description="messages not proven read in time")
    replies_seen: int
    duration_seconds: float
    messages_per_second: float | None = Field(description="delivered per second, in a stress test")
    round_trip_ms: dict[str, float] | None = Field(description="min, mean and max over clients")
    clients: list[ClientProbeModel] = Field(description="the first clients, at most 20")
    truncated: bool = Field(description="whether there are more clients than listed")


class TestResult(BaseModel):
    """The outcome of a connection test."""

    __test__ = False

    status: Literal["test_completed", "stress_test_completed", "no_clients", "error"]
    test_type: str
    result: TestReport | None
    error: str | None = Field(default=None, description="what was wrong, with the next step")
    timestamp: Timestamp


def to_ms(seconds: float | None) -> float | None:
    """Return milliseconds, rounded to microseconds."""
    return None if seconds is None else round(seconds * 1000, 3)
