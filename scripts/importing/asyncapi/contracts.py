"""Makes the contracts of an endpoint: what its messages must look like."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from websocket_mock.actors.matching.json_schema import make_validator
from websocket_mock.scripts.importing.asyncapi.bundle import closed
from websocket_mock.scripts.importing.asyncapi.model import Message


def contract(
    key: str,
    messages: Sequence[Message],
    definitions: Mapping[str, Any],
    breaking: Collection[str] = (),
) -> tuple[Any, list[str]]:
    """Return a JSON Schema that each of the messages conforms to, or None, and comments.

    Args:
        key: `accepts` or `sends`.
        messages: what goes in this direction.
        definitions: the schemas that those of the messages refer to.
        breaking: the names of messages that will not conform.
    """
    of_text = [one for one in messages if one.form != "binary"]
    if not of_text:
        return None, []
    for one in of_text:
        if one.form == "text":
            return None, [f"There is no `{key}`, because {one.name} is no JSON."]
        if one.name in breaking:
            text = f"There is no `{key}`, because {one.name} does not conform to its own schema."
            return None, [text]
        if one.schema is None:
            return None, [f"There is no `{key}`, because {one.name} has no JSON Schema."]
    schemas = [one.schema for one in of_text]
    if any(one is True or one == {} for one in schemas):
        return None, [f"There is no `{key}`, because a message can be any JSON."]
    whole = schemas[0] if len(schemas) == 1 else {"anyOf": _distinct(schemas)}
    if len(schemas) > 1 and len(whole["anyOf"]) == 1:
        whole = schemas[0]
    schema = _without_lone_reference(closed(whole, definitions))
    try:
        make_validator(schema)
    except ValueError as error:
        return None, [f"There is no `{key}`: {error}."]
    return schema, []


def _distinct(schemas: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for one in schemas:
        if one not in found:
            found.append(one)
    return found


def _without_lone_reference(schema: Any) -> Any:  # noqa: ANN401 - a JSON Schema
    """Return a schema with its first reference written out, if nothing else refers there."""
    if not isinstance(schema, dict) or set(schema) != {"$ref", "$defs"}:
        return schema
    name = schema["$ref"].removeprefix("#/$defs/")
    others = {key: one for key, one in schema["$defs"].items() if key != name}
    inner = schema["$defs"][name]
    if not isinstance(inner, dict) or _refers_to([inner, others], schema["$ref"]):
        return schema
    return {**inner, "$defs": others} if others else inner


def _refers_to(part: Any, reference: str) -> bool:  # noqa: ANN401 - a part of a JSON Schema
    if isinstance(part, dict):
        return part.get("$ref") == reference or any(
            _refers_to(one, reference) for one in part.values()
        )
    return isinstance(part, list) and any(_refers_to(one, reference) for one in part)
