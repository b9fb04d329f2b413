"""Parameters that several tools share, and how they come from clients."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from websocket_mock.actors.matching.units import Duration
from websocket_mock.actors.values.codec import decode
from websocket_mock.actors.values.namespaces import NAME_PATTERN


def read_json_text(value: Any) -> Any:  # noqa: ANN401 - whatever the client sent
    """Return the value of a JSON text; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return decode(value)
    except (ValueError, RecursionError):
        return value


AlsoAsText = BeforeValidator(read_json_text)
"""Accepts an object as JSON text too: FastMCP's command line sends it so, and some models do.
Text that is not JSON is refused unchanged."""


@dataclass(frozen=True, slots=True)
class Brief:
    """In an annotation: how the list of tools shows the type, instead of the whole schema.

    A model pays for each character of the list. What it sends is checked against the whole type.
    """

    schema: dict[str, Any]


Seconds = Annotated[Duration, AlsoAsText]
"""Seconds as a number, as the text of a number, or as a duration such as 250ms."""

AnObject = Brief({"type": "object"})

InNamespace = Annotated[
    str | None,
    Field(
        description="name of a namespace (clients: /ns/NAME/…); default: outside all",
        json_schema_extra={"pattern": f"^{NAME_PATTERN}$"},
    ),
]
OfNamespaces = Annotated[
    str | None,
    Field(
        description='name of a namespace (clients: /ns/NAME/…); default: outside all; "*": any',
        json_schema_extra={"pattern": rf"^({NAME_PATTERN}|\*)$"},
    ),
]
TargetClient = Annotated[str | None, Field(description="`id` of one client; default: all")]
TargetGroup = Annotated[
    str | None, Field(max_length=200, description="instead: all clients in this group")
]
TargetEndpoint = Annotated[
    str | None, Field(max_length=200, description="instead: all clients of this endpoint")
]
