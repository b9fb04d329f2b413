"""The command `schema`: the JSON Schema of mocks files, for completion in editors."""

import json
from collections.abc import Sequence
from typing import Any

from websocket_mock.actors.documents.json_schema import DIALECT, json_schema
from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.scripts.arguments import OneLineParser

TITLE = "Mocks of the WebSocket mock server"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the JSON Schema of mocks files; return 0.

    Raises:
        SystemExit: wrong usage (code 2), or help was asked for (0).
    """
    parser = OneLineParser(
        prog="websocket-mock-server schema",
        description="Print the JSON Schema of mocks files, for completion in editors.",
    )
    parser.parse_args(arguments)
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a mocks file."""
    return {"$schema": DIALECT, **json_schema(Mocks), "title": TITLE}
