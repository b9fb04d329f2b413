"""The verb `status`: the address of the server, its clients, its totals and its health."""

import time
from dataclasses import dataclass

from pydantic import BaseModel, Field

from websocket_mock.actors.conversation.json_protocol import CAPABILITIES
from websocket_mock.actors.kernel.errors import ActorError
from websocket_mock.actors.values.models import OutboxTotals, ServerStats, TransportStatus
from websocket_mock.mcp_bridge.service.addresses import secure_url_of, url_of
from websocket_mock.mcp_bridge.service.errors import NoAnswer, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.health import Health
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.process import ProcessModel, describe_process
from websocket_mock.mcp_bridge.service.sizes import to_ms


@dataclass(frozen=True, slots=True)
class Identity:
    """How the server introduces itself to MCP clients."""

    name: str
    type: str
    version: str
    description: str


class ServerAddress(BaseModel):
    """Where the WebSocket server listens."""

    host: str
    port: int
    is_running: bool


class StatsModel(BaseModel):
    """Totals since the start. Only the payload bytes of data messages are counted."""

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
    url: str = Field(description="the address that WebSocket clients connect to")
    secure_url: str | None = Field(description="the address for TLS (wss://); null: there is none")
    ca_file: str | None = Field(
        description="file with the certificate authority that TLS clients must trust; null: the "
        "operator gave the certificate, or there is no TLS"
    )
    clients_connected: int = Field(description="in the namespace")
    stats: StatsModel = Field(description="of the whole server, not of one namespace")
    capabilities: list[str] = Field(description="message types of the built-in JSON protocol")
    reason: str | None = Field(description="why it is not running; null if it is")


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
    reason: str | None = Field(description="what is wrong; null if nothing is")


class HealthModel(BaseModel):
    """The health of the server."""

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


class JournalModel(BaseModel):
    """How much of the traffic is kept."""

    entries: int
    bytes: int
    last: int = Field(description="the number of the newest entry")


class OutboxModel(BaseModel):
    """The bytes that clients have not taken yet, all clients together."""

    unsent_bytes: int
    max_bytes: int = Field(description="beyond it the slowest clients are closed with 1013")
    closed: int = Field(description="clients closed because of that")
    refused: int = Field(description="connections refused with 503 because it was nearly reached")


class ServerStatusResult(BaseModel):
    """The state of the whole server."""

    websocket_server: WebSocketServerModel
    mcp_server: McpServerModel
    process: ProcessModel
    journal: JournalModel
    outbox: OutboxModel
    health: HealthModel
    timestamp: float = Field(description="Unix seconds")


@verb
def describe_server(
    gateway: Gateway, identity: Identity, namespace: str | None = None
) -> ServerStatusResult:
    """Return the state of the whole server, with the address and the clients of a namespace.

    Blocks for a few seconds at most.

    Raises:
        ServiceError: the statistics do not come; the text names the part that does not answer.
    """
    scope = scope_of(gateway, namespace)
    status = gateway.status()
    try:
        seen = gateway.overview(scope)
    except ActorError as error:
        raise NoAnswer(_name_what_is_wrong(gateway.health())) from error
    return ServerStatusResult(
        websocket_server=WebSocketServerModel(
            host=status.host,
            port=status.port,
            is_running=status.is_running,
            url=url_of(status, scope),
            secure_url=secure_url_of(status, scope),
            ca_file=status.ca_file,
            clients_connected=seen.clients,
            stats=StatsModel.of(seen.stats, status),
            capabilities=list(CAPABILITIES),
            reason=status.reason,
        ),
        mcp_server=McpServerModel(
            mcp_server_name=identity.name,
            mcp_server_type=identity.type,
            mcp_server_version=identity.version,
        ),
        process=describe_process(),
        journal=JournalModel(
            entries=seen.journal.entries, bytes=seen.journal.size, last=seen.journal.last
        ),
        outbox=_outbox_of(gateway.outbox_totals()),
        health=HealthModel.of(seen.health),
        timestamp=time.time(),
    )


def _outbox_of(totals: OutboxTotals) -> OutboxModel:
    return OutboxModel(
        unsent_bytes=totals.unsent,
        max_bytes=totals.most,
        closed=totals.closed,
        refused=totals.refused,
    )


def _name_what_is_wrong(health: Health) -> str:
    broken = [f"{check.name}: {check.reason}" for check in health.checks if not check.is_healthy]
    parts = "; ".join(broken) or "the statistics came too late"
    return f"The server is not healthy: {parts}. Restart it if this continues."
