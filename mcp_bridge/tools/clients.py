"""The tools about the server and its clients. Sync: FastMCP runs them on worker threads."""

from typing import Annotated, Literal

import anyio.from_thread
from fastmcp import Context, FastMCP
from fastmcp.tools import ToolResult
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
    unlisted,
)
from websocket_mock.mcp_bridge.service.closing import CloseResult, close_clients
from websocket_mock.mcp_bridge.service.connection_tests import (
    TEST_TYPES,
    TestResult,
    check_connections,
)
from websocket_mock.mcp_bridge.service.errors import NoAnswer
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
        """Get the address, the number of clients, the totals and the health of the server.

        Call this first: WebSocket clients connect to `websocket_server.url`. The totals and the
        health are of the whole server, not of one namespace.

        Example, the address of a namespace: get_websocket_server_status(namespace="run-7").
        """
        with translated():
            return describe_server(state.gateway, state.identity, namespace)

    @mcp.tool(
        annotations=READS,
        title="List WebSocket clients",
        output_schema=ClientsResult.model_json_schema(mode="serialization"),
    )
    def get_websocket_clients(
        limit: Annotated[
            int, Field(ge=1, le=100, description="the number of clients per page")
        ] = CLIENTS_PER_PAGE,
        cursor: Annotated[
            str | None,
            Field(
                max_length=20,
                description="`next_cursor` of the previous page; null: the first page",
            ),
        ] = None,
        namespace: OfNamespaces = None,
    ) -> ClientsResult | ToolResult:
        """List the connected WebSocket clients with their counters, in the order they connected.

        Other tools take the `id` of a client as `target_client`.

        Example, the first ten clients of all namespaces: get_websocket_clients(10, namespace="*").
        """
        with translated():
            try:
                return list_clients(state.gateway, limit, cursor, namespace)
            except NoAnswer as error:
                failed = unlisted(state.gateway, namespace, error)
                return ToolResult(str(error), failed, is_error=True)

    @mcp.tool(annotations=SENDS, title="Send to WebSocket clients")
    def send_websocket_message(  # noqa: PLR0913, PLR0917 - what may be sent, and to whom
        message_type: Annotated[
            MessageType | None, Field(description="the `type` of a JSON message")
        ] = None,
        payload: Annotated[
            JsonValue, Field(description="with message_type: any JSON value")
        ] = None,
        target_client: TargetClient = None,
        text: Annotated[
            str | None, Field(description="instead of message_type: a text message, sent unchanged")
        ] = None,
        binary: Annotated[
            str | None,
            Field(
                description="instead of message_type: a binary message as base64, hex:… or base64:…"
            ),
        ] = None,
        target_group: TargetGroup = None,
        target_endpoint: TargetEndpoint = None,
        namespace: OfNamespaces = None,
    ) -> SendResult:
        """Send a message now to one client, a group, an endpoint, or all clients.

        Give exactly one of message_type, text and binary. With message_type, clients receive the
        JSON {"type": message_type, "from_mcp_server": true, "payload": payload, "timestamp":
        Unix seconds}. With text or binary they receive exactly what you give.

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
                description="ping: measure round-trip times; echo, broadcast: send one message and "
                "collect replies; stress: send a burst and measure throughput",
                json_schema_extra={"enum": list(TEST_TYPES)},
            ),
        ],
        target_client: TargetClient = None,
        window_seconds: Annotated[
            float, Field(gt=0, le=30, description="seconds to wait for pongs and replies")
        ] = 2.0,
        burst_messages: Annotated[
            int, Field(ge=1, le=10_000, description="stress: the number of messages to each client")
        ] = 100,
        namespace: OfNamespaces = None,
        ctx: Context | None = None,
    ) -> TestResult:
        """Test live connections with real WebSocket pings.

        A pong proves that the client has read every message before the ping. `not_answered`
        lists the clients that sent no pong in time. The tests `echo`, `broadcast` and `stress`
        also send messages, which the client's application sees, with types such as `echo_test`.

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
            Field(description="abort without a close frame: reset sends RST, close sends FIN"),
        ] = None,
        target_group: TargetGroup = None,
        target_endpoint: TargetEndpoint = None,
        namespace: OfNamespaces = None,
    ) -> CloseResult:
        """Close live connections with a close code, or abort them without a close frame.

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
