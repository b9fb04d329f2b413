"""Parameters that several tools share, and how they come from MCP clients."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def read_json_text(value: Any) -> Any:  # noqa: ANN401 - whatever the client sent
    """Return the value of a JSON text; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


AlsoAsText = BeforeValidator(read_json_text)
"""An object may come as JSON text: the command line of FastMCP sends those with a schema of their
own so, and so do models now and then. What is no JSON is refused as it is."""

InNamespace = Annotated[
    str | None,
    Field(description="name of a namespace (clients connect to /ns/NAME/…); null: outside of any"),
]
OfNamespaces = Annotated[
    str | None,
    Field(
        description="name of a namespace (clients connect to /ns/NAME/…); null: outside of any; "
        '"*": everything'
    ),
]
TargetClient = Annotated[
    str | None,
    Field(description="id of one client, as get_websocket_clients lists it; null for all"),
]
TargetGroup = Annotated[
    str | None,
    Field(max_length=200, description="instead: the clients that mocks have joined to a group"),
]
TargetEndpoint = Annotated[
    str | None,
    Field(max_length=200, description="instead: the clients of a programmed endpoint"),
]
