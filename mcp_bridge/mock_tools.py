"""The MCP tools that program endpoints. Sync, so FastMCP runs them on worker threads."""

from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.conversation.explain import explain, otherwise
from websocket_mock.actors.library.compiler import BadMocks, compile_mocks
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.library.problems import parse_mocks
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.units import parse_bytes
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.mcp_bridge.annotations import CHANGES, READS
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.history import RECORDING_IS_OFF
from websocket_mock.mcp_bridge.mock_schemas import (
    EndpointModel,
    ExplainedRule,
    ExplainResult,
    MocksResult,
    RemovedResult,
    SetMockResult,
)
from websocket_mock.mcp_bridge.namespaces import InNamespace, one_namespace
from websocket_mock.mcp_bridge.sizes import take_fitting
from websocket_mock.mcp_bridge.snapshots import url_of
from websocket_mock.mcp_bridge.state import BridgeState

NO_MOCKS = "There are no mocks. Set one with set_websocket_mock."
MAX_NAMES = 50
"""Names of namespaces that are listed."""
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
        namespace: InNamespace = None,
    ) -> MocksResult:
        """List the programmed endpoints, or show the definition of one.

        Without a namespace it also tells the names of the namespaces there are.

        Example: list_websocket_mocks("prices").
        """
        with translated():
            return _list(state, name, one_namespace(state, namespace))

    @mcp.tool(annotations=CHANGES, title="Set a WebSocket mock")
    def set_websocket_mock(
        endpoint: Definition,
        seed: Annotated[
            int | str, Field(description="of all chance: jitter, random values in templates")
        ] = 0,
        dry_run: Annotated[bool, Field(description="check it only")] = False,  # noqa: FBT002 - a tool's parameter has a name
        namespace: InNamespace = None,
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
            space = one_namespace(state, namespace)
            return _set(state, space, endpoint, seed, dry_run=dry_run)

    @mcp.tool(annotations=CHANGES, title="Remove WebSocket mocks")
    def remove_websocket_mock(
        names: Annotated[list[str], Field(min_length=1, description="names of endpoints")],
        namespace: InNamespace = None,
    ) -> RemovedResult:
        """Remove programmed endpoints. Their open connections stay, and are no longer answered.

        Example: remove_websocket_mock(["prices", "/login"]).
        """
        with translated():
            space = one_namespace(state, namespace)
            known = [name for name in names if space.get(name) is not None]
            state.gateway.put_mocks(space, (), known)
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
        namespace: InNamespace = None,
    ) -> ExplainResult:
        """Tell for each rule of an endpoint whether a message matches it, and if not, why.

        For an endpoint with a script, the same for each step that expects something. Nothing is
        sent or counted.

        Example: explain_websocket_message("prices", text='{"type": "subscribe"}').
        """
        with translated():
            found = _require(one_namespace(state, namespace), endpoint)
            message = _seen(state, text, binary, seq, namespace)
            return _explain(state, found, message, in_state)


def _list(state: BridgeState, name: str | None, namespace: Namespace) -> MocksResult:
    gateway = state.gateway
    clients = gateway.count_by_endpoint(namespace.name)
    if name is not None:
        endpoint = _require(namespace, name)
        shown = EndpointModel.of(endpoint, clients.get(name, 0), with_definition=True)
        return MocksResult(endpoints=[shown], total=1)
    endpoints = namespace.book.endpoints
    names = gateway.library.names() if namespace.name is None else None
    shown_names = None if names is None else names[:MAX_NAMES]
    models = take_fitting(
        (EndpointModel.of(one, clients.get(one.name, 0)) for one in endpoints),
        spent=len("".join(shown_names or ())) + 4 * len(shown_names or ()),
    )
    hints = [MORE_MOCKS if len(models) < len(endpoints) else "" if models else NO_MOCKS]
    if names and len(names) > MAX_NAMES:
        hints.append(f"There are {len(names):,} namespaces, the first are listed.")
    return MocksResult(
        endpoints=models,
        total=len(endpoints),
        namespaces=shown_names,
        hint=" ".join(filter(None, hints)) or None,
    )


def _set(
    state: BridgeState,
    namespace: Namespace,
    definition: dict[str, Any],
    seed: int | str,
    *,
    dry_run: bool,
) -> SetMockResult:
    try:
        mocks = parse_mocks({"seed": seed, "endpoints": [definition]})
        compiled = compile_mocks(mocks)
    except BadMocks as error:
        problems = [str(problem).removeprefix("endpoints[0].") for problem in error.problems]
        return SetMockResult(
            status="error", name=None, replaced=False, url=None, warnings=[], errors=problems
        )
    (endpoint,) = compiled.endpoints
    replaced = namespace.get(endpoint.name) is not None
    if not dry_run:
        state.gateway.put_mocks(namespace, [endpoint])
    return SetMockResult(
        status="valid" if dry_run else "set",
        name=endpoint.name,
        replaced=replaced and not dry_run,
        url=url_of(state.gateway.status(), namespace.name) + endpoint.source.path,
        warnings=[str(warning).removeprefix("endpoints[0].") for warning in compiled.warnings],
        errors=[],
    )


def _require(namespace: Namespace, name: str) -> CompiledEndpoint:
    endpoint = namespace.get(name)
    if endpoint is None:
        known = ", ".join(one.name for one in namespace.book.endpoints) or "none"
        raise ToolError(f"There is no endpoint {name!r}. There are: {known}.")
    return endpoint


def _seen(
    state: BridgeState, text: str | None, binary: str | None, seq: int | None, scope: Scope
) -> MessageView:
    given = [one for one in (text, binary, seq) if one is not None]
    if len(given) != 1:
        raise ToolError("Give exactly one of text, binary and seq.")
    if text is not None:
        return MessageView(text=text, size=len(text.encode()))
    if binary is not None:
        try:
            data = parse_bytes(binary)
        except ValueError as error:
            raise ToolError(f"binary: {error}.") from None
        return MessageView(binary=data, size=len(data))
    history = state.gateway.history
    if not history.is_recording:
        raise ToolError(RECORDING_IS_OFF)
    message = history.see(seq or 0, scope)
    if message is None:
        raise ToolError(f"The journal has no message {seq}. Call get_websocket_traffic.")
    return message


def _explain(
    state: BridgeState, endpoint: CompiledEndpoint, message: MessageView, in_state: str | None
) -> ExplainResult:
    rules = explain(endpoint, message, in_state or endpoint.initial_state)
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
        endpoint=endpoint.name,
        acts=acting,
        otherwise=otherwise(endpoint, rules),
        rules=shown,
        rules_left_out=len(rules) - len(shown),
    )
