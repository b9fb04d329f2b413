"""The JSON Schema of a model, as editors and clients need it."""

from typing import Any, Literal

from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(
    model: type[BaseModel], mode: Literal["validation", "serialization"] = "validation"
) -> dict[str, Any]:
    """Return the JSON Schema of a model, with the parts it refers to under `$defs`."""
    schema: dict[str, Any] = _without_one_of(model.model_json_schema(by_alias=True, mode=mode))
    return schema


def _without_one_of(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    # Pydantic writes oneOf for a union with a discriminator function. Its members may overlap, and
    # then an editor that applies oneOf strictly refuses documents that we accept.
    if isinstance(node, list):
        return [_without_one_of(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {"anyOf" if key == "oneOf" else key: _without_one_of(item) for key, item in node.items()}
