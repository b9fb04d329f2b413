"""The verb `schema`: the JSON Schema of what mocks, faults and conditions may say, in parts.

The parameters of dialects are parts of it, too.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, Field

from websocket_mock.actors.documents.json_schema import json_schema
from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.actors.journal.schema import EntrySequence, Expectation
from websocket_mock.actors.library import dialects
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.mcp_bridge.service.errors import NotFound, verb

ROOTS: Sequence[type[BaseModel]] = (Mocks, Expectation, EntrySequence)


class SchemaPart(BaseModel):
    """A part that can be asked for."""

    name: str
    about: str


class SchemaResult(BaseModel):
    """Parts of the schema. Inside them, `#/$defs/NAME` refers to the part NAME."""

    parts: list[SchemaPart] = Field(description="all parts; empty if some were asked for")
    dialects: list[SchemaPart] = Field(
        description="ready-made mocks for well-known protocols, to include or extend as "
        "dialect:NAME; the schema of the part dialect:NAME is that of its parameters. Empty if "
        "parts were asked for"
    )
    schemas: dict[str, dict[str, Any]] = Field(description="JSON Schema (2020-12) by part")


@verb
def describe_schema(names: Sequence[str] = ()) -> SchemaResult:
    """Return parts of the schema, or the list of all parts. Does not block.

    Args:
        names: the parts; none: list them.

    Raises:
        NotFound: there is no such part.
    """
    parts = schema_parts()
    if not names:
        listed = [
            SchemaPart(name=name, about=str(part.get("description", "")))
            for name, part in parts.items()
        ]
        return SchemaResult(parts=listed, dialects=list(map(_listed, dialects.names())), schemas={})
    return SchemaResult(parts=[], dialects=[], schemas={name: _part(name) for name in names})


def _listed(name: str) -> SchemaPart:
    return SchemaPart(name=name, about=dialects.find(name).title)


def _part(name: str) -> dict[str, Any]:
    """Return a part of the schema.

    Raises:
        NotFound: there is no such part.
    """
    if name.startswith(dialects.PREFIX):
        try:
            return _parameters_of(dialects.find(name.removeprefix(dialects.PREFIX)))
        except dialects.UnknownDialect as error:
            raise NotFound(f"{error}"[:1].upper() + f"{error}"[1:]) from None
    parts = schema_parts()
    if name not in parts:
        raise NotFound(f"The schema has no part {name!r}; {nearest(name, parts)}")
    return dict(parts[name])


def _parameters_of(dialect: dialects.Dialect) -> dict[str, Any]:
    """Return the JSON Schema of what a dialect takes under `with`."""
    properties = {}
    for one in dialect.parameters:
        own = one.schema if isinstance(one.schema, dict) else {}
        default = {} if one.is_required else {"default": one.default}
        properties[one.name] = {**own, "description": one.description, **default}
    required = [one.name for one in dialect.parameters if one.is_required]
    return {
        "description": dialect.title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


@cache
def schema_parts() -> Mapping[str, Mapping[str, Any]]:
    """Return every part of the schema by its name: each model that is written in JSON or YAML."""
    parts: dict[str, Mapping[str, Any]] = {}
    for root in ROOTS:
        whole = json_schema(root)
        parts.update(whole.pop("$defs", {}))
        parts[root.__name__] = whole
    return dict(sorted(parts.items()))
