"""The resources and the prompt, for MCP clients that show them.

A tool offers the state too; the command `skill` prints the skill.
"""

import json

from fastmcp import FastMCP
from fastmcp.server.providers.skills import SkillProvider

from websocket_mock.actors.documents.json_schema import DIALECT
from websocket_mock.mcp_bridge.mcp_tools import translated
from websocket_mock.mcp_bridge.service.clients import list_clients
from websocket_mock.mcp_bridge.service.schemas import schema_parts
from websocket_mock.mcp_bridge.service.status import describe_server
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.skills import SKILL_FOLDER

GETTING_STARTED = """\
You drive a WebSocket mock server. Real WebSocket clients connect to it. You see what they do, \
send them messages and test their connections.

1. Call get_websocket_server_status. `websocket_server.url` is the address for clients: JSON \
messages on any path, a raw echo on /echo. If it is not running, `reason` says why.
2. Have the client under test connect to that address, then call get_websocket_clients: its `id` \
is the `target_client` of the other tools.
3. Send messages with send_websocket_message, to one client or to all.
4. Check connections with test_websocket_connection: `ping` for round-trip times, `echo` to see \
what clients answer, `stress` for throughput.

To make the server behave as a test needs:
5. Program an endpoint with set_websocket_mock (`dry_run` checks it); list_websocket_mocks and \
remove_websocket_mock show and remove endpoints; explain_websocket_message tells which rule \
would act on a message; get_websocket_schema has the JSON Schema of all you may write, and lists \
the dialects, ready-made mocks for well-known protocols.
6. Run the client under test, and wait for what it does with wait_for_websocket_event.
7. Check what happened with verify_websocket_traffic; read details with get_websocket_traffic. \
list_websocket_checks shows what is being waited for.
8. Add faults with set_websocket_faults: latency, loss, broken frames, dead lines, resets. Close \
or abort connections with close_websocket_client.
9. Reset between two tests with reset_websocket_server.

Do others use this server too? Choose a name and give it to every tool as `namespace`: its clients \
connect to /ns/NAME/…, and it has its own endpoints, faults, clients and traffic. Without a \
namespace you work outside of all namespaces.
"""


def add_resources(mcp: FastMCP, state: BridgeState) -> None:
    """Register the resources, the skill among them, and the prompt."""

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

    @mcp.resource("websocket://schema", mime_type="application/json")
    def websocket_schema() -> str:
        """Return the JSON Schema of mocks, faults and conditions; a tool gives it in parts."""
        return json.dumps({"$schema": DIALECT, "$defs": schema_parts()})

    # With its manifest, so that clients which know skills over MCP can find and install it.
    mcp.add_provider(SkillProvider(SKILL_FOLDER, supporting_files="resources"))

    @mcp.prompt(title="Start with the WebSocket mock server")
    def getting_started() -> str:
        """Explain how to begin."""
        return GETTING_STARTED
