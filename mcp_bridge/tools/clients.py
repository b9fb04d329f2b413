"""The tools about the server and its clients. Sync, so FastMCP runs them on worker threads."""

from typing import Annotated, Literal

import anyio.from_thread
from fastmcp import Context, FastMCP
from pydantic import Field, JsonValue

from websocket_mock.mcp_bridge.annotations import CHANGES, READS, SENDS
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.parameters import (
    OfNamespaces,
    TargetClient,
    TargetEndpoint,
    TargetGroup,
)
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
from websocket_mock.mcp_bridge.service.gateway import ProgressCallback
from websocket_mock.mcp_bridge.service.sending import SendResult, send_message
from websocket_mock.mcp_bridge.service.status import ServerStatusResult, describe_server
from websocket_mock.mcp_bridge.service.targets import choose_target
from websocket_mock.mcp_bridge.state import BridgeState

PROGRESS_STEPS = 20

MessageType = Annotated[str, Field(min_length=1, max_length=200)]


def add_client_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="WebSocket server status")
    def get_websocket_server_status(namespace: OfNamespaces = None) -> ServerStatusResult:
        """Tell where the WebSocket server listens, who is connected, its totals and its health.

        Call this first: `websocket_server.url` is what WebSocket clients connect to. Totals and
        health are those of the whole server, whatever the namespace.

        Example, an address of your own: get_websocket_server_status(namespace="run-7").
        """
        with translated():
            return describe_server(state.gateway, state.identity, namespace)

    @mcp.tool(annotations=READS, title="List WebSocket clients")
    def get_websocket_clients(
        limit: Annotated[
            int, Field(ge=1, le=100, description="clients per page")
        ] = CLIENTS_PER_PAGE,
        cursor: Annotated[
            str | None,
            Field(
                max_length=20, description="`next_cursor` of the page before; null for the first"
            ),
        ] = None,
        namespace: OfNamespaces = None,
    ) -> ClientsResult:
        """List the connected WebSocket clients with their counters, in the order they connected.

        Their ids are what the other tools take as `target_client`.

        Example, the first ten of all namespaces: get_websocket_clients(10, namespace="*").
        """
        with translated():
            return list_clients(state.gateway, limit, cursor, namespace)

    @mcp.tool(annotations=SENDS, title="Send to WebSocket clients")
    def send_websocket_message(  # noqa: PLR0913, PLR0917 - what may be sent, and to whom
        message_type: Annotated[
            MessageType | None, Field(description="becomes `type` of the message")
        ] = None,
        payload: Annotated[JsonValue, Field(description="JSON value; becomes `payload`")] = None,
        target_client: TargetClient = None,
        text: Annotated[
            str | None, Field(description="instead of message_type: a text message, as it is")
        ] = None,
        binary: Annotated[
            str | None,
            Field(description="instead: a binary message in base64; also hex:… or base64:…"),
        ] = None,
        target_group: TargetGroup = None,
        target_endpoint: TargetEndpoint = None,
        namespace: OfNamespaces = None,
    ) -> SendResult:
        """Push a message to one connected client, a group, an endpoint, or to all clients, now.

        With message_type clients get a text message: {"type": message_type,
        "from_mcp_server": true, "payload": payload, "timestamp": Unix seconds}. With text or
        binary they get just that.

        Examples: send_websocket_message("price", {"symbol": "ABC", "bid": 12.5});
        send_websocket_message(binary="hex:0a0b", target_endpoint="prices").
        """
        with translated():
            target = choose_target(target_client, target_group, target_endpoint)
            return send_message(
                state.gateway, target, message_type, payload, text, binary, namespace
            )

    @mcp.tool(annotations=SENDS, title="Test WebSocket connections")
    def test_websocket_connection(
        test_type: Annotated[
            str,
            Field(
                description="ping: round-trip times; echo, broadcast: send a message, collect "
                "replies; stress: send a burst, measure throughput",
                json_schema_extra={"enum": list(TEST_TYPES)},
            ),
        ],
        target_client: TargetClient = None,
        window_seconds: Annotated[
            float, Field(gt=0, le=30, description="time for pongs, and to watch for replies")
        ] = 2.0,
        burst_messages: Annotated[
            int, Field(ge=1, le=10_000, description="messages to each client in a stress test")
        ] = 100,
        namespace: OfNamespaces = None,
        ctx: Context | None = None,
    ) -> TestResult:
        """Test live connections: what is sent is followed by a real WebSocket ping.

        A client's pong proves that it has read everything before the ping. Clients without a pong
        within the window are named in `not_answered`. The client's application code sees the
        messages of the tests `echo`, `broadcast` and `stress`, with types like `echo_test`.

        Example, round-trip times: test_websocket_connection("ping", window_seconds=1).
        """
        with translated():
            return check_connections(
                state.gateway,
                test_type,
                choose_target(target_client, None, None),
                window_seconds,
                burst_messages,
                namespace,
                _progress(ctx),
            )

    @mcp.tool(annotations=CHANGES, title="Close WebSocket clients")
    def close_websocket_client(
        target_client: TargetClient = None,
        code: Annotated[
            int, Field(ge=1000, le=4999, description="1000 to 1014 or 3000 to 4999")
        ] = 1000,
        reason: Annotated[
            str, Field(max_length=123, description="at most 123 bytes of UTF-8")
        ] = "",
        abort: Annotated[
            Literal["reset", "close"] | None,
            Field(description="no close frame: reset sends RST, close sends FIN"),
        ] = None,
        target_group: TargetGroup = None,
        target_endpoint: TargetEndpoint = None,
        namespace: OfNamespaces = None,
    ) -> CloseResult:
        """Close live connections with a code, or break them off without a close frame.

        Example: close_websocket_client(code=1012, reason="restart", target_endpoint="prices").
        """
        with translated():
            target = choose_target(target_client, target_group, target_endpoint)
            return close_clients(state.gateway, target, code, reason, abort, namespace)


def _progress(ctx: Context | None) -> ProgressCallback:
    def report(done: int, total: int) -> None:
        if ctx is not None and (done == total or done % max(1, total // PROGRESS_STEPS) == 0):
            anyio.from_thread.run(ctx.report_progress, done, total)

    return report
