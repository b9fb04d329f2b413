"""The MCP tools. Each is sync, so FastMCP runs it on a worker thread, where it may block."""

import time
from typing import Annotated

import anyio.from_thread
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field, JsonValue

from actors.models import ClientId
from mcp_bridge.annotations import READS, SENDS
from mcp_bridge.errors import translated
from mcp_bridge.gateway import Progress
from mcp_bridge.messages import encode_message
from mcp_bridge.probing import TEST_TYPES, TestType, run_test
from mcp_bridge.schemas import ClientsResult, SendResult, ServerStatusResult, TestResult
from mcp_bridge.snapshots import describe_server, list_clients
from mcp_bridge.state import BridgeState

PROGRESS_STEPS = 20

Target = Annotated[
    str | None,
    Field(description="id of one client, as get_websocket_clients lists it; null for all"),
]


def add_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="WebSocket server status")
    def get_websocket_server_status() -> ServerStatusResult:
        """Tell where the WebSocket server listens, who is connected, its totals and its health.

        Call this first: `websocket_server.url` is what WebSocket clients connect to.
        """
        with translated():
            return describe_server(state)

    @mcp.tool(annotations=READS, title="List WebSocket clients")
    def get_websocket_clients(
        limit: Annotated[int, Field(ge=1, le=100, description="clients per page")] = 50,
        cursor: Annotated[
            str | None,
            Field(
                max_length=20, description="`next_cursor` of the page before; null for the first"
            ),
        ] = None,
    ) -> ClientsResult:
        """List the connected WebSocket clients with their counters, in the order they connected.

        Their ids are what the other tools take as `target_client`.
        """
        with translated():
            return list_clients(state, limit, _parse_cursor(cursor))

    @mcp.tool(annotations=SENDS, title="Send to WebSocket clients")
    def send_websocket_message(
        message_type: Annotated[
            str, Field(min_length=1, max_length=200, description="becomes `type` of the message")
        ],
        payload: Annotated[JsonValue, Field(description="JSON value; becomes `payload`")] = None,
        target_client: Target = None,
    ) -> SendResult:
        """Push a message to one connected client, or to all of them, now.

        Clients get a text message: {"type": message_type, "from_mcp_server": true,
        "payload": payload, "timestamp": Unix seconds}.

        Example: send_websocket_message("price", {"symbol": "ABC", "bid": 12.5}).
        """
        with translated():
            return _send(state, message_type, payload, target_client)

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
        target_client: Target = None,
        window_seconds: Annotated[
            float, Field(gt=0, le=30, description="time for pongs, and to watch for replies")
        ] = 2.0,
        burst_messages: Annotated[
            int, Field(ge=1, le=10_000, description="messages to each client in a stress test")
        ] = 100,
        ctx: Context | None = None,
    ) -> TestResult:
        """Test live connections: what is sent is followed by a real WebSocket ping.

        A client's pong proves that it has read everything before the ping. Clients without a pong
        within the window are named in `not_answered`. The client's application code sees the
        messages of the tests `echo`, `broadcast` and `stress`, with types like `echo_test`.
        """
        with translated():
            return _test(state, test_type, target_client, window_seconds, burst_messages, ctx)


def _parse_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise ToolError(
            f"{cursor!r} is no cursor. Pass the next_cursor of the page before, or leave it out."
        )
    return int(cursor)


def _send(state: BridgeState, message_type: str, payload: object, target: str | None) -> SendResult:
    gateway = state.gateway
    result = SendResult(
        status="server_not_running",
        message_type=message_type,
        target_client=target,
        sent_to_clients=0,
        total_clients=0,
        errors=[],
        timestamp=time.time(),
    )
    status = gateway.status()
    if not status.is_running:
        return result.model_copy(update={"errors": [f"WebSocket server: {status.reason}"]})
    client_id = None if target is None else ClientId(target)
    report = gateway.push_text(encode_message(message_type, payload), client_id)
    figures = {"sent_to_clients": report.delivered, "total_clients": report.total}
    if not report.is_target_known:
        error = (
            f"No client {target!r} is connected. Call get_websocket_clients for the ids of those "
            f"that are ({report.total})."
        )
        return result.model_copy(update={**figures, "status": "error", "errors": [error]})
    outcome = "sent" if report.delivered else "no_clients"
    return result.model_copy(update={**figures, "status": outcome})


def _test(
    state: BridgeState,
    test_type: str,
    target: str | None,
    window: float,
    burst: int,
    ctx: Context | None,
) -> TestResult:
    if test_type not in TEST_TYPES:
        choices = ", ".join(TEST_TYPES)
        return _failed(test_type, f"Unknown test_type {test_type!r}. Use one of: {choices}.")
    status = state.gateway.status()
    if not status.is_running:
        return _failed(test_type, f"WebSocket server: {status.reason}")
    kind: TestType = test_type  # type: ignore[assignment] # checked above
    client_id = None if target is None else ClientId(target)
    report = run_test(state.gateway, kind, client_id, window, burst, _progress(ctx))
    if report is not None:
        done = "stress_test_completed" if kind == "stress" else "test_completed"
        return TestResult(status=done, test_type=kind, result=report, timestamp=time.time())
    if target is not None:
        hint = "Call get_websocket_clients for the ids of those that are."
        return _failed(test_type, f"No client {target!r} is connected. {hint}")
    return TestResult(status="no_clients", test_type=kind, result=None, timestamp=time.time())


def _failed(test_type: str, error: str) -> TestResult:
    return TestResult(
        status="error", test_type=test_type, result=None, error=error, timestamp=time.time()
    )


def _progress(ctx: Context | None) -> Progress:
    def report(done: int, total: int) -> None:
        if ctx is not None and (done == total or done % max(1, total // PROGRESS_STEPS) == 0):
            anyio.from_thread.run(ctx.report_progress, done, total)

    return report
