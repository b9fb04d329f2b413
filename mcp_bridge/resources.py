"""Resources and the prompt: for MCP clients that show them. Each resource has a tool as a twin."""

from fastmcp import FastMCP

from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.service.clients import list_clients
from websocket_mock.mcp_bridge.service.status import describe_server
from websocket_mock.mcp_bridge.state import BridgeState

GETTING_STARTED = """\
You drive a WebSocket mock server. Real WebSocket clients connect to it; you see them, push \
messages to them and test their connections.

1. Call get_websocket_server_status. `websocket_server.url` is the address for clients: JSON \
messages on any path, a raw echo on /echo. If it is not running, `reason` says why.
2. Have the client under test connect to that address, then call get_websocket_clients: its `id` \
is the `target_client` of the other tools.
3. Push messages with send_websocket_message, to one client or to all.
4. Check connections with test_websocket_connection: `ping` for round-trip times, `echo` to see \
what clients answer, `stress` for throughput.

To have the server behave as a test needs it:
5. Program an endpoint with set_websocket_mock (`dry_run` checks it); list_websocket_mocks and \
remove_websocket_mock show and remove them; explain_websocket_message tells which rule would act.
6. Let the client under test run, and await what it does with wait_for_websocket_event.
7. Judge with verify_websocket_traffic, look closer with get_websocket_traffic.
8. Let things go wrong with set_websocket_faults: latency, loss, broken frames, dead lines, \
resets. Break connections off with close_websocket_client.
9. Begin anew with reset_websocket_server.

Not alone on this server? Give every tool the same `namespace`, a name of your choice: its clients \
connect to /ns/NAME/…, and its endpoints, faults, clients and traffic are its own. Without one \
you work outside of any namespace.
"""


def add_resources(mcp: FastMCP, state: BridgeState) -> None:
    """Register the resources and the prompt."""

    @mcp.resource("websocket://status", mime_type="application/json")
    def websocket_status() -> str:
        """Return the state of the server, as get_websocket_server_status does."""
        with translated():
            return describe_server(state.gateway, state.identity).model_dump_json()

    @mcp.resource("websocket://clients", mime_type="application/json")
    def websocket_clients() -> str:
        """Return the first connected clients, as get_websocket_clients does."""
        with translated():
            return list_clients(state.gateway).model_dump_json()

    @mcp.prompt(title="Start with the WebSocket mock server")
    def getting_started() -> str:
        """Tell how to begin."""
        return GETTING_STARTED
