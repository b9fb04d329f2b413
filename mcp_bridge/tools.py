"""The MCP tools. Each is sync, so FastMCP runs it on a worker thread, where it may block."""

import time
from typing import Annotated, Any

import anyio.from_thread
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field, JsonValue

from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.targets import Target
from websocket_mock.mcp_bridge.annotations import READS, SENDS
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.gateway import ProgressCallback
from websocket_mock.mcp_bridge.messages import decode_binary, encode_message
from websocket_mock.mcp_bridge.namespaces import OfNamespaces, scope_of
from websocket_mock.mcp_bridge.probing import TEST_TYPES, TestType, run_test
from websocket_mock.mcp_bridge.schemas import (
    ClientsResult,
    SendResult,
    ServerStatusResult,
    TestResult,
)
from websocket_mock.mcp_bridge.snapshots import CLIENTS_PER_PAGE, describe_server, list_clients
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.targets import (
    TargetClient,
    TargetEndpoint,
    TargetGroup,
    choose_target,
    why_nobody,
)

PROGRESS_STEPS = 20

MessageType = Annotated[str, Field(min_length=1, max_length=200)]


def add_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="WebSocket server status")
    def get_websocket_server_status(namespace: OfNamespaces = None) -> ServerStatusResult:
        """Tell where the WebSocket server listens, who is connected, its totals and its health.

        Call this first: `websocket_server.url` is what WebSocket clients connect to. Totals and
        health are those of the whole server, whatever the namespace.

        Example, an address of your own: get_websocket_server_status(namespace="run-7").
        """
        with translated():
            return describe_server(state, scope_of(state, namespace))

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
            scope = scope_of(state, namespace)
            return list_clients(state, limit, _parse_cursor(cursor), scope)

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
            content, is_text = _encode(message_type, payload, text, binary)
            target = choose_target(target_client, target_group, target_endpoint)
            report = _send(state, content, target, scope_of(state, namespace), is_text=is_text)
            return SendResult(
                message_type=message_type,
                target_client=target_client,
                target_group=target_group,
                target_endpoint=target_endpoint,
                timestamp=time.time(),
                **report,
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
            target = choose_target(target_client, None, None)
            scope = scope_of(state, namespace)
            return _test(state, test_type, target, scope, window_seconds, burst_messages, ctx)


def _parse_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise ToolError(
            f"{cursor!r} is no cursor. Pass the next_cursor of the page before, or leave it out."
        )
    return int(cursor)


def _encode(
    message_type: str | None, payload: object, text: str | None, binary: str | None
) -> tuple[bytes, bool]:
    """Return what is sent, and whether it is text."""
    if sum(one is not None for one in (message_type, text, binary)) != 1:
        raise ToolError("Give exactly one of message_type, text and binary.")
    if message_type is not None:
        return encode_message(message_type, payload), True
    if payload is not None:
        raise ToolError("payload: goes with message_type only; put all of the message into text.")
    if text is not None:
        return text.encode(), True
    try:
        return decode_binary(binary or ""), False
    except ValueError as error:
        raise ToolError(f"binary: {error}; give base64, hex:… or base64:….") from None


def _send(
    state: BridgeState, content: bytes, target: Target, scope: Scope, *, is_text: bool
) -> dict[str, Any]:
    """Send, and return what came of it, as fields of the result."""
    gateway = state.gateway
    status = gateway.status()
    if not status.is_running:
        errors = [f"WebSocket server: {status.reason}"]
        figures = {"sent_to_clients": 0, "total_clients": 0}
        return {"status": "server_not_running", "errors": errors, **figures}
    report = gateway.push(content, target, scope, is_text=is_text)
    figures = {"sent_to_clients": report.delivered, "total_clients": report.total}
    if report.delivered:
        return {"status": "sent", "errors": [], **figures}
    outcome = "no_clients" if report.is_target_known else "error"
    return {"status": outcome, "errors": why_nobody(target, scope), **figures}


def _test(
    state: BridgeState,
    test_type: str,
    target: Target,
    scope: Scope,
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
    report = run_test(state.gateway, kind, target, scope, window, burst, _progress(ctx))
    if report is not None:
        done = "stress_test_completed" if kind == "stress" else "test_completed"
        return TestResult(status=done, test_type=kind, result=report, timestamp=time.time())
    absence = why_nobody(target, scope)
    if absence:
        return _failed(test_type, absence[0])
    return TestResult(status="no_clients", test_type=kind, result=None, timestamp=time.time())


def _failed(test_type: str, error: str) -> TestResult:
    return TestResult(
        status="error", test_type=test_type, result=None, error=error, timestamp=time.time()
    )


def _progress(ctx: Context | None) -> ProgressCallback:
    def report(done: int, total: int) -> None:
        if ctx is not None and (done == total or done % max(1, total // PROGRESS_STEPS) == 0):
            anyio.from_thread.run(ctx.report_progress, done, total)

    return report
