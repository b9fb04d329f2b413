"""The JSON Schemas of a tool: short for the models that read them, whole for everything else."""

from collections.abc import Mapping
from typing import Any

from websocket_mock.actors.documents.json_schema import json_schema
from websocket_mock.mcp_bridge.tools.parameters import Brief
from websocket_mock.mcp_bridge.tools.tool import Tool

KEYWORDS = ("type", "enum", "const", "items", "anyOf", "minimum", "maximum", "exclusiveMinimum")
"""What a model should know of a value. Other keywords are checked, and told in the error."""


def brief_input(tool: Tool) -> dict[str, Any]:
    """Return the schema of a tool's arguments in as few characters as a model needs.

    It has no null: leaving an argument out means the same, and null is accepted too.
    """
    whole = tool.arguments.model_json_schema()
    briefs = {
        name: entry.schema
        for name, field in tool.arguments.model_fields.items()
        for entry in field.metadata
        if isinstance(entry, Brief)
    }
    properties = {
        name: _described(briefs[name] if name in briefs else _brief(schema), schema)
        for name, schema in whole.get("properties", {}).items()
    }
    required = whole.get("required")
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
    }


def whole_input(tool: Tool) -> dict[str, Any]:
    """Return the whole schema of a tool's arguments, with `$defs`."""
    return json_schema(tool.arguments)


def whole_output(tool: Tool) -> dict[str, Any]:
    """Return the whole schema of a tool's result, with `$defs`."""
    return json_schema(tool.result, mode="serialization")


def _described(brief: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    default = whole.get("default")
    # Objects have all their keys here, and those that were not given are null.
    says_something = any(default.values()) if isinstance(default, dict) else default not in _NOTHING
    told = {"default": default} if says_something else {}
    return {**brief, "description": whole["description"], **told}


_NOTHING: tuple[object, ...] = (None, "", [])


def _brief(schema: Mapping[str, Any]) -> dict[str, Any]:
    members = [_brief(one) for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(members) == 1:
        return members[0]
    if members:
        return {"anyOf": members}
    kept = {key: schema[key] for key in KEYWORDS if key in schema}
    return {**kept, "items": _brief(kept["items"])} if "items" in kept else kept
