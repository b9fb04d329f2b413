"""The MCP tools that program endpoints. Sync, so FastMCP runs them on worker threads."""

from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field

from actors.mocks.compiled import CompiledEndpoint
from actors.mocks.compiler import BadMocks, compile_mocks
from actors.mocks.explain import explain, otherwise
from actors.mocks.problems import parse_mocks
from actors.mocks.seen import Seen
from actors.mocks.units import parse_bytes
from mcp_bridge.annotations import CHANGES, READS
from mcp_bridge.errors import translated
from mcp_bridge.mock_schemas import (
    EndpointModel,
    ExplainedRule,
    ExplainResult,
    MocksResult,
    RemovedResult,
    SetMockResult,
)
from mcp_bridge.sizes import take_fitting
from mcp_bridge.state import BridgeState

NO_MOCKS = "There are no mocks. Set one with set_websocket_mock."
MORE_MOCKS = "There are more than fit here; ask for one by its name."

Definition = Annotated[
    dict[str, Any],
    Field(
        description="the endpoint, as in a mocks file: path, and what you need of name, handshake, "
        "rules, script, unmatched, subprotocols, client_key, initial_state"
    ),
]


def add_mock_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tools."""

    @mcp.tool(annotations=READS, title="List WebSocket mocks")
    def list_websocket_mocks(
        name: Annotated[
            str | None, Field(description="one endpoint, with its definition; null for all")
        ] = None,
    ) -> MocksResult:
        """List the programmed endpoints, or show the definition of one."""
        with translated():
            return _list(state, name)

    @mcp.tool(annotations=CHANGES, title="Set a WebSocket mock")
    def set_websocket_mock(
        endpoint: Definition,
        seed: Annotated[
            int | str, Field(description="of all chance: jitter, random values in templates")
        ] = 0,
        dry_run: Annotated[bool, Field(description="check it only")] = False,  # noqa: FBT002 - a tool's parameter has a name
    ) -> SetMockResult:
        """Create a programmed endpoint, or replace the one of the same name, without a reconnect.

        Open connections follow the new rules from their next message on.

        Example, an endpoint that refuses three connections, greets, then streams five ticks:
        {"path": "/prices", "handshake": [{"match": {"attempt": {"at_most": 3}},
        "reject": {"status": 503}}], "rules": [
        {"trigger": "connect", "do": [{"send": {"json": {"type": "hello"}}}]},
        {"match": {"json": {"$.type": "subscribe"}}, "do": [{"every": {"interval": "100ms",
        "count": 5, "do": [{"send": {"json": {"tick": "{{ repeat.index }}"}}}]}}]}]}
        """
        with translated():
            return _set(state, endpoint, seed, dry_run=dry_run)

    @mcp.tool(annotations=CHANGES, title="Remove WebSocket mocks")
    def remove_websocket_mock(
        names: Annotated[list[str], Field(min_length=1, description="names of endpoints")],
    ) -> RemovedResult:
        """Remove programmed endpoints. Their open connections stay, and are no longer answered."""
        library = state.gateway.library
        known = [name for name in names if library.get(name) is not None]
        library.put((), known)
        return RemovedResult(removed=known, unknown=[name for name in names if name not in known])

    @mcp.tool(annotations=READS, title="Explain a WebSocket message")
    def explain_websocket_message(
        endpoint: Annotated[str, Field(description="name of a programmed endpoint")],
        text: Annotated[str | None, Field(description="a text message, as it is sent")] = None,
        binary: Annotated[str | None, Field(description="hex:… or base64:…")] = None,
        seq: Annotated[
            int | None, Field(ge=1, description="a message of the journal, instead of text")
        ] = None,
        in_state: Annotated[
            str | None, Field(description="the connection's state; default: the initial one")
        ] = None,
    ) -> ExplainResult:
        """Tell for each rule of an endpoint whether a message matches it, and if not, why.

        For an endpoint with a script, the same for each step that expects something. Nothing is
        sent or counted.

        Example: explain_websocket_message("prices", text='{"type": "subscribe"}').
        """
        with translated():
            return _explain(state, endpoint, _seen(state, text, binary, seq), in_state)


def _list(state: BridgeState, name: str | None) -> MocksResult:
    gateway = state.gateway
    clients = gateway.count_by_endpoint()
    if name is not None:
        endpoint = _require(state, name)
        shown = EndpointModel.of(endpoint, clients.get(name, 0), with_definition=True)
        return MocksResult(endpoints=[shown], total=1)
    endpoints = gateway.library.book.endpoints
    models = take_fitting(EndpointModel.of(one, clients.get(one.name, 0)) for one in endpoints)
    hint = MORE_MOCKS if len(models) < len(endpoints) else None if models else NO_MOCKS
    return MocksResult(endpoints=models, total=len(endpoints), hint=hint)


def _set(
    state: BridgeState, definition: dict[str, Any], seed: int | str, *, dry_run: bool
) -> SetMockResult:
    gateway = state.gateway
    try:
        mocks = parse_mocks({"seed": seed, "endpoints": [definition]})
        (endpoint,), warnings = compile_mocks(mocks)
    except BadMocks as error:
        problems = [str(problem).removeprefix("endpoints[0].") for problem in error.problems]
        return SetMockResult(
            status="error", name=None, replaced=False, url=None, warnings=[], errors=problems
        )
    replaced = gateway.library.get(endpoint.name) is not None
    if not dry_run:
        gateway.library.put([endpoint])
    return SetMockResult(
        status="valid" if dry_run else "set",
        name=endpoint.name,
        replaced=replaced and not dry_run,
        url=gateway.status().url + endpoint.source.path,
        warnings=[str(warning).removeprefix("endpoints[0].") for warning in warnings],
        errors=[],
    )


def _require(state: BridgeState, name: str) -> CompiledEndpoint:
    library = state.gateway.library
    endpoint = library.get(name)
    if endpoint is None:
        known = ", ".join(one.name for one in library.book.endpoints) or "none"
        raise ToolError(f"There is no endpoint {name!r}. There are: {known}.")
    return endpoint


def _seen(state: BridgeState, text: str | None, binary: str | None, seq: int | None) -> Seen:
    given = [one for one in (text, binary, seq) if one is not None]
    if len(given) != 1:
        raise ToolError("Give exactly one of text, binary and seq.")
    if text is not None:
        return Seen(text=text, size=len(text.encode()))
    if binary is not None:
        try:
            data = parse_bytes(binary)
        except ValueError as error:
            raise ToolError(f"binary: {error}.") from None
        return Seen(binary=data, size=len(data))
    seen = state.gateway.history.see(seq or 0)
    if seen is None:
        raise ToolError(f"The journal has no message {seq}. Call get_websocket_traffic.")
    return seen


def _explain(state: BridgeState, name: str, seen: Seen, in_state: str | None) -> ExplainResult:
    endpoint = _require(state, name)
    rules = explain(endpoint, seen, in_state or endpoint.initial_state)
    redaction = state.gateway.redaction
    shown = take_fitting(
        ExplainedRule(
            rule=one.rule,
            matches=one.matches,
            why=redaction.reason(one.why),
            note=one.note or None,
        )
        for one in rules
    )
    acting = next((rule.rule for rule in rules if rule.acts), None)
    return ExplainResult(
        endpoint=name,
        acts=acting,
        otherwise=otherwise(endpoint, rules),
        rules=shown,
        rules_left_out=len(rules) - len(shown),
    )
