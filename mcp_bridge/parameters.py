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
"""Accepts an object as JSON text too: FastMCP's command line sends it so, and some models do.
Text that is not JSON is refused unchanged."""

InNamespace = Annotated[
    str | None,
    Field(
        description="the name of a namespace, whose clients connect to /ns/NAME/…; null: "
        "everything outside namespaces"
    ),
]
OfNamespaces = Annotated[
    str | None,
    Field(
        description="the name of a namespace, whose clients connect to /ns/NAME/…; null: "
        'everything outside namespaces; "*": everything'
    ),
]
TargetClient = Annotated[
    str | None,
    Field(description="the `id` of one client, from get_websocket_clients; null: all"),
]
TargetGroup = Annotated[
    str | None,
    Field(max_length=200, description="instead of target_client: all clients in this group"),
]
TargetEndpoint = Annotated[
    str | None,
    Field(max_length=200, description="instead of target_client: all clients of this endpoint"),
]
