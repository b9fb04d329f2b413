"""The command `schema`: the JSON Schema of mocks files, for completion in editors."""

import json
from collections.abc import Sequence
from typing import Any

from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.scripts.arguments import OneLineParser

DIALECT = "https://json-schema.org/draft/2020-12/schema"
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
    described: dict[str, Any] = _without_one_of(Mocks.model_json_schema(by_alias=True))
    return {"$schema": DIALECT, **described, "title": TITLE}


def _without_one_of(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    # Pydantic writes oneOf for a union with a discriminator function. Its members may overlap, and
    # then an editor that applies oneOf strictly refuses documents that we accept.
    if isinstance(node, list):
        return [_without_one_of(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {"anyOf" if key == "oneOf" else key: _without_one_of(item) for key, item in node.items()}
