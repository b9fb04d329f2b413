"""The tools that program endpoints."""

from typing import Annotated, Any

from pydantic import Field

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
from websocket_mock.mcp_bridge.service.schemas import SchemaResult, describe_schema
from websocket_mock.mcp_bridge.tools.parameters import AlsoAsText, AnObject, Brief, InNamespace
from websocket_mock.mcp_bridge.tools.tool import Call, Effect, tool

Definition = Annotated[
    dict[str, Any] | list[Any] | str,
    AlsoAsText,
    AnObject,
    Field(
        description="the endpoint as in a mocks file, or its YAML text: path and, as needed, "
        "name, handshake, http, rules, script, unmatched, subprotocols, client_key, "
        "initial_state, accepts, sends, faults, …; see get_websocket_schema Endpoint, Rule, "
        "HttpRule, Action. For a known protocol: extends, as {from: dialect:NAME, with: "
        "{path: /x}}. Or a document with endpoints, include, seed, defaults, …: all of it is set, "
        "or nothing"
    ),
]


@tool("List WebSocket mocks", Effect.READS)
def list_websocket_mocks(
    call: Call,
    name: Annotated[
        str | None,
        Field(description="one endpoint, with its definition and variables; default: all"),
    ] = None,
    as_yaml: Annotated[bool, Field(description="with name: the definition as YAML, too")] = False,
    namespace: InNamespace = None,
) -> MocksResult:
    """List the programmed endpoints, or get the definition of one.

    Without a namespace, the result also lists the names of all namespaces.

    Example: {"name": "prices"}
    """
    return list_mocks(call.gateway, name, namespace, as_yaml=as_yaml)


@tool("Set a WebSocket mock", Effect.CHANGES)
def set_websocket_mock(
    call: Call,
    endpoint: Definition,
    seed: Annotated[
        int | str,
        Brief({"type": "integer"}),
        Field(description="seed of all random choices: jitter, random values in templates"),
    ] = 0,
    dry_run: Annotated[bool, Field(description="true: only check it")] = False,
    namespace: InNamespace = None,
) -> SetMockResult:
    """Create a programmed endpoint, or replace the one of the same name.

    Open connections stay open and follow the new rules from their next message on.

    Example, an endpoint that refuses three connections, then greets, and streams five ticks:
    {"endpoint": {"path": "/prices", "handshake": [{"match": {"attempt": {"at_most": 3}},
    "reject": {"status": 503}}], "rules": [
    {"trigger": "connect", "do": [{"send": {"json": {"type": "hello"}}}]},
    {"match": {"json": {"$.type": "subscribe"}}, "do": [{"every": {"interval": "100ms",
    "count": 5, "do": [{"send": {"json": {"tick": "{{ repeat.index }}"}}}]}}]}]}}
    """
    return set_mock(call.gateway, endpoint, seed, namespace, dry_run=dry_run)


@tool("Remove WebSocket mocks", Effect.CHANGES)
def remove_websocket_mock(
    call: Call,
    names: Annotated[
        list[str], AlsoAsText, Field(min_length=1, description="names of the endpoints")
    ],
    namespace: InNamespace = None,
) -> RemovedResult:
    """Remove programmed endpoints. Their connections stay open, but nothing answers them.

    Example: {"names": ["prices", "/login"]}
    """
    return remove_mocks(call.gateway, names, namespace)


@tool("Explain a WebSocket message", Effect.READS)
def explain_websocket_message(
    call: Call,
    endpoint: Annotated[
        str | None, Field(description="name of a programmed endpoint; or give client")
    ] = None,
    text: Annotated[str | None, Field(description="a text message to try")] = None,
    binary: Annotated[
        str | None, Field(description="instead of text: a binary message as hex:… or base64:…")
    ] = None,
    seq: Annotated[
        int | None, Field(ge=1, description="instead of text: number of a message in the traffic")
    ] = None,
    in_state: Annotated[
        str | None, Field(description="state of the connection; default: that at `seq`, or initial")
    ] = None,
    client: Annotated[
        str | None,
        Field(description="instead of endpoint: id of a client; its state, variables, counts hold"),
    ] = None,
    namespace: InNamespace = None,
) -> ExplainResult:
    """Explain for each rule of an endpoint whether a message matches it, and if not, why.

    For a script it explains each step that expects a message. `contract` says how the message
    breaks what the endpoint accepts. The call sends nothing and counts nothing.

    Example, message number 17 of the traffic: {"endpoint": "prices", "seq": 17}
    """
    tried = Tried(text, binary, seq)
    return explain_message(call.gateway, tried, endpoint, in_state, client, namespace)


@tool("Get the schema of mocks and conditions", Effect.READS)
def get_websocket_schema(
    _call: Call,
    parts: Annotated[
        list[str],
        AlsoAsText,
        Field(max_length=6, description="names of parts; default: list all parts"),
    ] = [],  # noqa: B006 - never changed
) -> SchemaResult:
    """Get the JSON Schema of what you may write in mocks, faults and conditions, in parts.

    Without parts, the result also lists the dialects, ready-made mocks for well-known protocols;
    the part dialect:NAME has the parameters of one.

    Example: {"parts": ["EntryMatch", "MessageMatch", "Tests"]}
    """
    return describe_schema(parts)


MOCK_TOOLS = (
    list_websocket_mocks,
    set_websocket_mock,
    remove_websocket_mock,
    explain_websocket_message,
    get_websocket_schema,
)
