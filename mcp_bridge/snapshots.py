"""The answers that a tool and its twin resource share."""

import time

from fastmcp.exceptions import ToolError

from websocket_mock.actors.conversation.json_protocol import CAPABILITIES
from websocket_mock.actors.kernel.errors import ActorError
from websocket_mock.actors.values.models import TransportStatus
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope, prefix_of
from websocket_mock.mcp_bridge.health import Health
from websocket_mock.mcp_bridge.schemas import (
    ClientModel,
    ClientsResult,
    ClientsServerInfo,
    HealthModel,
    McpServerModel,
    ServerStatusResult,
    StatsModel,
    WebSocketServerModel,
)
from websocket_mock.mcp_bridge.sizes import take_fitting
from websocket_mock.mcp_bridge.state import BridgeState

CLIENTS_PER_PAGE = 50
"""Unless another number is asked for."""


def describe_server(state: BridgeState, scope: Scope = None) -> ServerStatusResult:
    """Return the state of the whole server, with the address and the clients of a scope.

    Blocks for some seconds at the very worst.

    Raises:
        ToolError: the statistics are not to be had; the text names what does not answer.
    """
    gateway, identity = state.gateway, state.identity
    status = gateway.status()
    try:
        stats = gateway.stats()
        clients_connected = gateway.count_clients(scope)
    except ActorError as error:
        raise ToolError(_name_what_is_wrong(gateway.health())) from error
    return ServerStatusResult(
        websocket_server=WebSocketServerModel(
            host=status.host,
            port=status.port,
            is_running=status.is_running,
            url=url_of(status, scope),
            clients_connected=clients_connected,
            stats=StatsModel.of(stats, status),
            capabilities=list(CAPABILITIES),
            reason=status.reason,
        ),
        mcp_server=McpServerModel(
            mcp_server_name=identity.name,
            mcp_server_type=identity.type,
            mcp_server_version=identity.version,
        ),
        health=HealthModel.of(gateway.health()),
        timestamp=time.time(),
    )


def list_clients(
    state: BridgeState, limit: int, after: int = 0, scope: Scope = None
) -> ClientsResult:
    """Return a page of the connected clients of a scope.

    Blocks for some seconds at the very worst.
    """
    gateway = state.gateway
    status, page = gateway.status(), gateway.list_clients(limit, after, scope)
    has_clients = "ok" if page.total else "no_clients"
    clients, cursor = [ClientModel.of(client) for client in page.clients], page.next_cursor
    if limit <= CLIENTS_PER_PAGE:
        # Who asks for more gets it, however long it is.
        clients = take_fitting(clients)
        if len(clients) < len(page.clients):
            cursor = page.cursors[len(clients) - 1]
    return ClientsResult(
        status=has_clients if status.is_running else "server_not_running",
        clients=clients,
        total_clients=page.total,
        server_info=ClientsServerInfo(
            host=status.host, port=status.port, url=url_of(status, scope)
        ),
        next_cursor=None if cursor is None else str(cursor),
        timestamp=time.time(),
    )


def url_of(status: TransportStatus, scope: Scope) -> str:
    """Return what clients of a scope connect to, without a path."""
    return status.url if scope == EVERY_NAMESPACE else status.url + prefix_of(scope)


def _name_what_is_wrong(health: Health) -> str:
    broken = [f"{check.name}: {check.reason}" for check in health.checks if not check.is_healthy]
    parts = "; ".join(broken) or "the statistics came too late"
    return f"The server is not healthy: {parts}. Restart it if that lasts."
