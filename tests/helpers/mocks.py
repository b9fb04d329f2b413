"""Mocks as a person writes them, compiled."""

from typing import Any

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.documents.problems import parse_mocks
from websocket_mock.actors.library.compiler import compile_mocks


def compile_endpoints(*endpoints: dict[str, Any], seed: int | str = 0) -> list[CompiledEndpoint]:
    """The endpoints of a document; they must be valid."""
    document = {"seed": seed, "endpoints": list(endpoints)}
    return list(compile_mocks(parse_mocks(document)).endpoints)


def compile_endpoint(**fields: Any) -> CompiledEndpoint:
    """One endpoint, by default at the path `/mock`."""
    (endpoint,) = compile_endpoints({"path": "/mock", **fields})
    return endpoint
