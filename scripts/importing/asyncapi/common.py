"""Reads what AsyncAPI 2 and 3 write in the same way."""

from typing import Any

from websocket_mock.scripts.importing.asyncapi.bundle import Schemas, resolve
from websocket_mock.scripts.importing.asyncapi.messages import Overlaid
from websocket_mock.scripts.importing.asyncapi.model import Parameter
from websocket_mock.scripts.importing.nodes import Node


def parameter(name: str, node: Node) -> Parameter:
    """Return a parameter of a channel. AsyncAPI 2 has its values in a schema, 3 beside it."""
    schema = node.get("schema")
    owner = schema or node
    allowed = tuple(one.as_text() for one in owner.get("enum").members())
    return Parameter(name, node.text("description"), allowed)


def bindings(channel: Node, schemas: Schemas) -> tuple[Any, Any, list[str]]:
    """Return the schemas of the query and of the headers of a channel, and comments."""
    binding = channel.get("bindings").get("ws")
    notes: list[str] = []
    method = binding.text("method")
    if method and method.upper() != "GET":
        notes.append(f"The method is {method}; a WebSocket handshake is always a GET.")
    found: list[Any] = []
    for key in ("query", "headers"):
        schema = schemas.add(binding.child(key)) if binding.get(key) else None
        flat = resolve(schema, schemas.definitions)
        found.append(schema if isinstance(flat, dict) else None)
    notes += [f"{one}." for one in schemas.take_left_out()]
    return found[0], found[1], notes


def is_secured(operation: Overlaid, name: str) -> tuple[str, ...]:
    """Return a comment if an operation has a security of its own."""
    if not operation.get("security"):
        return ()
    return (f"{name} has a security of its own; the mock asks for none after the handshake.",)
