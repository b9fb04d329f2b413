"""How arguments of tools come: as objects, or, from some MCP clients, as the JSON text of one."""

import json
from typing import Any

from pydantic import BeforeValidator


def _read(value: Any) -> Any:  # noqa: ANN401 - whatever the client sent
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


AlsoAsText = BeforeValidator(_read)
"""An object may come as JSON text: the command line of FastMCP sends those with a schema of their
own so, and so do models now and then. What is no JSON is refused as it is."""
