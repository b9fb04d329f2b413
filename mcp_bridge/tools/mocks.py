"""The MCP tools that program endpoints. Sync: FastMCP runs them on worker threads."""

from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import Field

from websocket_mock.mcp_bridge.annotations import CHANGES, READS
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.parameters import InNamespace
from websocket_mock.mcp_bridge.service.explaining import (
    ExplainResult,
    Tried,
    explain_message,
)
from websocket_mock.mcp_bridge.service.mocks import (
    MocksResult,
    RemovedResult,
    SetMockResult,
    list_mocks,
    remove_mocks,
    set_mock,
)
from websocket_mock.mcp_bridge.state import BridgeState

Definition = Annotated[
    dict[str, Any],
    Field(
        description="the endpoint, written as in a mocks file: path and, as needed, name, "
        "handshake, rules, script, unmatched, subprotocols, client_key, initial_state, accepts and "
        "sends (JSON Schemas), faults"
    ),
]


def add_mock_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="List WebSocket mocks")
    def list_websocket_mocks(
        name: Annotated[
            str | None,
            Field(description="one endpoint, with its definition and variables; null: all"),
        ] = None,
        namespace: InNamespace = None,
    ) -> MocksResult:
        """List the programmed endpoints, or get the definition of one.

        Without a namespace, the result also lists the names of all namespaces.

        Example: list_websocket_mocks("prices").
        """
        with translated():
            return list_mocks(state.gateway, name, namespace)

    @mcp.tool(annotations=CHANGES, title="Set a WebSocket mock")
    def set_websocket_mock(
        endpoint: Definition,
        seed: Annotated[
            int | str,
            Field(description="seed of all random choices: jitter, random values in templates"),
        ] = 0,
        dry_run: Annotated[bool, Field(description="true: only check it")] = False,  # noqa: FBT002 - a tool's parameter has a name
        namespace: InNamespace = None,
    ) -> SetMockResult:
        """Create a programmed endpoint, or replace the one of the same name.

        Open connections stay open and follow the new rules from their next message on.

        Example, an endpoint that refuses three connections, then greets, and streams five ticks:
        {"path": "/prices", "handshake": [{"match": {"attempt": {"at_most": 3}},
        "reject": {"status": 503}}], "rules": [
        {"trigger": "connect", "do": [{"send": {"json": {"type": "hello"}}}]},
        {"match": {"json": {"$.type": "subscribe"}}, "do": [{"every": {"interval": "100ms",
        "count": 5, "do": [{"send": {"json": {"tick": "{{ repeat.index }}"}}}]}}]}]}
        """
        with translated():
            return set_mock(state.gateway, endpoint, seed, namespace, dry_run=dry_run)

    @mcp.tool(annotations=CHANGES, title="Remove WebSocket mocks")
    def remove_websocket_mock(
        names: Annotated[list[str], Field(min_length=1, description="the names of the endpoints")],
        namespace: InNamespace = None,
    ) -> RemovedResult:
        """Remove programmed endpoints. Their connections stay open, but nothing answers them.

        Example: remove_websocket_mock(["prices", "/login"]).
        """
        with translated():
            return remove_mocks(state.gateway, names, namespace)

    @mcp.tool(annotations=READS, title="Explain a WebSocket message")
    def explain_websocket_message(
        endpoint: Annotated[
            str | None, Field(description="the name of a programmed endpoint; or give client")
        ] = None,
        text: Annotated[str | None, Field(description="a text message to try")] = None,
        binary: Annotated[
            str | None, Field(description="instead of text: a binary message as hex:… or base64:…")
        ] = None,
        seq: Annotated[
            int | None,
            Field(ge=1, description="instead of text: the number of a message in the traffic"),
        ] = None,
        in_state: Annotated[
            str | None, Field(description="the state of the connection; default: its initial state")
        ] = None,
        client: Annotated[
            str | None,
            Field(
                description="instead of endpoint: the id of a connected client, whose state and "
                "variables are used"
            ),
        ] = None,
        namespace: InNamespace = None,
    ) -> ExplainResult:
        """Explain for each rule of an endpoint whether a message matches it, and if not, why.

        For an endpoint with a script it explains each step that expects a message. `contract`
        says how the message breaks what the endpoint accepts. The call sends nothing and counts
        nothing.

        Example: explain_websocket_message("prices", text='{"type": "subscribe"}').
        """
        with translated():
            tried = Tried(text, binary, seq)
            return explain_message(state.gateway, tried, endpoint, in_state, client, namespace)
