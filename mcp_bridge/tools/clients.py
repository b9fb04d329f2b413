"""The tools about the server and its clients."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from websocket_mock.mcp_bridge.service.clients import (
    CLIENTS_PER_PAGE,
    ClientsResult,
    list_clients,
)
from websocket_mock.mcp_bridge.service.closing import CloseResult, close_clients
from websocket_mock.mcp_bridge.service.connection_tests import (
    TEST_TYPES,
    TestResult,
    check_connections,
)
from websocket_mock.mcp_bridge.service.sending import SendResult, send_message
from websocket_mock.mcp_bridge.service.status import ServerStatusResult, describe_server
from websocket_mock.mcp_bridge.service.targets import choose_target
from websocket_mock.mcp_bridge.tools.parameters import (
    Brief,
    OfNamespaces,
    TargetClient,
    TargetEndpoint,
    TargetGroup,
)
from websocket_mock.mcp_bridge.tools.tool import Call, Effect, tool


@tool("WebSocket server status", Effect.READS)
def get_websocket_server_status(call: Call, namespace: OfNamespaces = None) -> ServerStatusResult:
    """Get the address, the number of clients, the totals and the health of the server.

    Call this first: WebSocket clients connect to `websocket_server.url`. The totals and the
    health are of the whole server.

    Example, the address of a namespace: {"namespace": "run-7"}
    """
    return describe_server(call.gateway, call.identity, namespace)


@tool("List WebSocket clients", Effect.READS)
def get_websocket_clients(
    call: Call,
    limit: Annotated[int, Field(ge=1, le=100, description="clients per page")] = CLIENTS_PER_PAGE,
    cursor: Annotated[
        str | None,
        Field(
            max_length=20,
            description="`next_cursor` of the previous page",
            json_schema_extra={"pattern": "^[0-9]+$"},
        ),
    ] = None,
    namespace: OfNamespaces = None,
) -> ClientsResult:
    """List the connected clients with their counters, in the order they connected.

    Other tools take the `id` of a client as `target_client`.

    Example: {"limit": 10, "namespace": "*"}
    """
    return list_clients(call.gateway, limit, cursor, namespace)


@tool("Send to WebSocket clients", Effect.SENDS)
def send_websocket_message(
    call: Call,
    message_type: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="the `type` of a JSON message"),
    ] = None,
    payload: Annotated[
        JsonValue, Brief({}), Field(description="with message_type: any JSON value")
    ] = None,
    target_client: TargetClient = None,
    text: Annotated[str | None, Field(description="a text message, sent unchanged")] = None,
    binary: Annotated[
        str | None, Field(description="a binary message as base64, hex:… or base64:…")
    ] = None,
    target_group: TargetGroup = None,
    target_endpoint: TargetEndpoint = None,
    namespace: OfNamespaces = None,
) -> SendResult:
    """Send a message now to one client, a group, an endpoint, or all clients.

    Give one of message_type, text and binary. With message_type, clients receive the JSON {"type":
    message_type, "from_mcp_server": true, "payload": payload, "timestamp": Unix seconds}.

    Examples: {"message_type": "price", "payload": {"bid": 12.5}, "target_endpoint": "prices"},
    {"binary": "hex:0a0b"}
    """
    target = choose_target(target_client, target_group, target_endpoint)
    return send_message(call.gateway, target, message_type, payload, text, binary, namespace)


@tool("Test WebSocket connections", Effect.SENDS, is_long=True)
def test_websocket_connection(
    call: Call,
    test_type: Annotated[
        str,
        Field(
            description="ping: round-trip times; echo, broadcast: send one message and collect "
            "replies; stress: send a burst and measure throughput",
            json_schema_extra={"enum": list(TEST_TYPES)},
        ),
    ],
    target_client: TargetClient = None,
    window_seconds: Annotated[
        float, Field(gt=0, le=30, description="seconds to wait for pongs and replies")
    ] = 2.0,
    burst_messages: Annotated[
        int, Field(ge=1, le=10_000, description="stress: messages to each client")
    ] = 100,
    namespace: OfNamespaces = None,
) -> TestResult:
    """Test live connections with real WebSocket pings.

    A pong proves that the client has read every message before the ping. `not_answered` lists
    clients without a pong in time. All but `ping` send messages that the application sees.

    Example: {"test_type": "ping", "window_seconds": 1}
    """
    return check_connections(
        call.gateway,
        test_type,
        choose_target(target_client, None, None),
        window_seconds,
        burst_messages,
        namespace,
        call.report,
    )


@tool("Close WebSocket clients", Effect.CHANGES)
def close_websocket_client(
    call: Call,
    target_client: TargetClient = None,
    code: Annotated[
        int, Field(ge=1000, le=4999, description="1000 to 1014 or 3000 to 4999")
    ] = 1000,
    reason: Annotated[str, Field(max_length=123, description="at most 123 bytes of UTF-8")] = "",
    abort: Annotated[
        Literal["reset", "close"] | None,
        Field(description="instead, without a close frame: reset sends RST, close sends FIN"),
    ] = None,
    target_group: TargetGroup = None,
    target_endpoint: TargetEndpoint = None,
    namespace: OfNamespaces = None,
) -> CloseResult:
    """Close live connections with a close code, or abort them without a close frame.

    Example: {"code": 1012, "reason": "restart", "target_endpoint": "prices"}
    """
    target = choose_target(target_client, target_group, target_endpoint)
    return close_clients(call.gateway, target, code, reason, abort, namespace)


CLIENT_TOOLS = (
    get_websocket_server_status,
    get_websocket_clients,
    send_websocket_message,
    test_websocket_connection,
    close_websocket_client,
)
