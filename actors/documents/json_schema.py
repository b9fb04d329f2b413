"""The JSON Schema of a model, as editors and clients need it."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from websocket_mock.actors.matching.schema import Model

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(
    model: type[BaseModel], mode: Literal["validation", "serialization"] = "validation"
) -> dict[str, Any]:
    """Return the JSON Schema of a model, with the parts it refers to under `$defs`."""
    made = model.model_json_schema(by_alias=True, mode=mode, schema_generator=_Generator)
    schema: dict[str, Any] = _without_one_of(made)
    return schema


def without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that may be missing, but not null."""
    kept = {key: schema[key] for key in schema if key != "anyOf"}
    if "default" in kept and kept["default"] is None:
        del kept["default"]
    members = [
        without_null(one) if "anyOf" in one else one
        for one in schema.get("anyOf", ())
        if one != {"type": "null"}
    ]
    if len(members) == 1:
        return {**members[0], **kept}
    return {**kept, "anyOf": members} if members else kept


class _Generator(GenerateJsonSchema):
    """Says that null is not allowed where a part of a document refuses it."""

    def model_schema(self, schema: Any) -> JsonSchemaValue:  # noqa: ANN401 - of pydantic's core
        made: JsonSchemaValue = _without_one_of(super().model_schema(schema))
        model = schema["cls"]
        if issubclass(model, Model):
            # A model that has a short form describes it beside the long one, which has the keys.
            for form in (made, *made.get("anyOf", ())):
                if "properties" in form:
                    form["properties"] = _refusing_null(form["properties"], model)
        return made


def _refusing_null(properties: Mapping[str, Any], model: type[Model]) -> dict[str, Any]:
    allowed = {*model.null_keys, *model.bare_keys}
    return {
        key: value if key in allowed else without_null(value) for key, value in properties.items()
    }


def _without_one_of(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    # Pydantic writes oneOf for a union with a discriminator function. Its members may overlap, and
    # then an editor that applies oneOf strictly refuses documents that we accept.
    if isinstance(node, list):
        return [_without_one_of(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {"anyOf" if key == "oneOf" else key: _without_one_of(item) for key, item in node.items()}
