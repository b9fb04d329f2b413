"""The verb `clients`: lists the connected clients, in pages."""

import time
from typing import Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.values.models import ClientSnapshot, TransportStatus
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.mcp_bridge.service.addresses import url_of
from websocket_mock.mcp_bridge.service.errors import BadArgument, NoAnswer, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.sizes import take_fitting

CLIENTS_PER_PAGE = 50
"""The default size of a page."""

SHOWN_PATH = 200
"""The most characters of a client's path in a result."""

SHOWN_GROUPS = 5
"""The most groups of a client in a result."""

SHOWN_NAME = 50
"""The most characters of a group or a state in a result."""


class ClientModel(BaseModel):
    """A connected client. Times are ISO 8601, UTC."""

    id: str
    connected_at: str
    last_ping: str | None
    last_activity: str
    remote_address: str
    connection_status: Literal["open", "closing"]
    path: str = Field(description="without the prefix of the namespace")
    namespace: str | None
    endpoint: str | None = Field(description="of the mocks; null: none answers it")
    attempt: int = Field(description="number of this connection of the same logical client")
    logical_client: str = Field(description="the same for all its connections to the endpoint")
    groups: list[str] = Field(description=f"at most {SHOWN_GROUPS}")
    state: str | None = Field(description="of its conversation with the mock")
    subprotocol: str | None
    origin: str | None = Field(description="the origin of the web page, if a browser connected")
    messages_received: int = Field(description="data messages from the client")
    messages_sent: int = Field(description="data messages to the client")

    @classmethod
    def of(cls, client: ClientSnapshot) -> "ClientModel":
        """Return the public form of a client, with long values shortened."""
        info = client.info
        fields = client.as_json()
        fields["path"] = _cut(info.path, SHOWN_PATH)
        return cls(
            **fields,
            endpoint=None if info.endpoint is None else _cut(info.endpoint, SHOWN_PATH),
            attempt=info.attempt,
            logical_client=info.logical_client,
            groups=[_cut(group, SHOWN_NAME) for group in client.groups[:SHOWN_GROUPS]],
            state=None if client.state is None else _cut(client.state, SHOWN_NAME),
        )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


class ClientsServerInfo(BaseModel):
    """Where the clients are connected."""

    host: str
    port: int
    url: str

    @classmethod
    def of(cls, status: TransportStatus, scope: Scope) -> "ClientsServerInfo":
        """Return the address for the clients of a scope."""
        return cls(host=status.host, port=status.port, url=url_of(status, scope))


class ClientsResult(BaseModel):
    """One page of the connected clients, in the order they connected."""

    status: Literal["success", "server_not_running", "error"]
    clients: list[ClientModel]
    total_clients: int
    server_info: ClientsServerInfo
    next_cursor: str | None = Field(
        description="pass it as `cursor` for the next page; null: no more pages"
    )
    error: str | None = Field(
        default=None, description="with the status error: what is wrong, with the next step"
    )
    timestamp: float = Field(description="Unix seconds")


@verb
def list_clients(
    gateway: Gateway,
    limit: int = CLIENTS_PER_PAGE,
    cursor: str | None = None,
    namespace: str | None = None,
) -> ClientsResult:
    """Return a page of the connected clients, in the order they connected.

    Blocks for a few seconds at most.

    Args:
        gateway: gives access to the actors.
        limit: clients per page.
        cursor: `next_cursor` of the previous page; None: the first page.
        namespace: of the clients; None: outside namespaces, "*": all.

    Raises:
        ServiceError: the cursor or the namespace cannot be used, or nothing answers; then its
            `result` has the status `error`.
    """
    scope = scope_of(gateway, namespace)
    try:
        return _list(gateway, limit, cursor, scope)
    except NoAnswer as error:
        error.result = ClientsResult(
            status="error",
            clients=[],
            total_clients=0,
            server_info=ClientsServerInfo.of(gateway.status(), scope),
            next_cursor=None,
            error=str(error),
            timestamp=time.time(),
        )
        raise


@verb
def _list(gateway: Gateway, limit: int, cursor: str | None, scope: Scope) -> ClientsResult:
    status, page = gateway.status(), gateway.list_clients(limit, _parse_cursor(cursor), scope)
    clients, next_cursor = [ClientModel.of(client) for client in page.clients], page.next_cursor
    if limit <= CLIENTS_PER_PAGE:
        # A caller that asks for a larger page gets it, whatever its length.
        clients = take_fitting(clients)
        if len(clients) < len(page.clients):
            next_cursor = page.cursors[len(clients) - 1]
    return ClientsResult(
        status="success" if status.is_running else "server_not_running",
        clients=clients,
        total_clients=page.total,
        server_info=ClientsServerInfo.of(status, scope),
        next_cursor=None if next_cursor is None else str(next_cursor),
        timestamp=time.time(),
    )


def _parse_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise BadArgument(
            f"{cursor!r} is not a cursor. Pass the next_cursor of a page, or leave it out."
        )
    return int(cursor)
