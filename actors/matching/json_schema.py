"""JSON Schema validation without network access and in linear time.

The library would fetch references from other addresses, and search patterns with an engine that
may never end. Both would block the thread that serves the connections.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing.jsonschema import EMPTY_REGISTRY

from websocket_mock.actors.matching.regex import compile_pattern

_FORMATS = jsonschema.FormatChecker(())

_Errors = Iterator[ValidationError]


def make_validator(schema: Any) -> Validator:  # noqa: ANN401 - an object, or true or false
    """Return a validator for the draft that the schema names; the default is 2020-12.

    Raises:
        ValueError: it is not a valid JSON Schema, or RE2 does not accept one of its patterns.
    """
    draft: Any = validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        draft.check_schema(schema, format_checker=_FORMATS)
    except SchemaError as error:
        raise ValueError(f"not a valid JSON Schema: {error.message}") from None
    text = json.dumps(schema)
    if '"patternProperties"' in text and '"unevaluatedProperties"' in text:
        # The library would search the patterns with its own engine.
        raise ValueError("patternProperties and unevaluatedProperties cannot be used together")
    validator: Validator = _in_linear_time(draft)(schema, registry=EMPTY_REGISTRY)
    return validator


def why_invalid(validator: Validator, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return where and why a value is not valid; empty if it is valid."""
    error = best_match(validator.iter_errors(value))
    return "" if error is None else f"not valid at {error.json_path}: {error.message}"


@lru_cache
def _in_linear_time(draft: Any) -> Any:  # noqa: ANN401 - a class of the library
    keywords = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    return extend(draft, keywords)  # type: ignore[no-untyped-call] # the library's own


@_FORMATS.checks("regex", raises=ValueError)
def _is_pattern(value: object) -> bool:
    return not isinstance(value, str) or bool(compile_pattern(value))


def _has(pattern: str, text: str) -> bool:
    return compile_pattern(pattern).search(text) is not None


def _pattern(validator: Any, pattern: str, instance: Any, _: object) -> _Errors:  # noqa: ANN401
    if validator.is_type(instance, "string") and not _has(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any,  # noqa: ANN401
    patterns: Mapping[str, Any],
    instance: Any,  # noqa: ANN401
    _: object,
) -> _Errors:
    if not validator.is_type(instance, "object"):
        return
    for pattern, schema in patterns.items():
        for key, value in instance.items():
            if _has(pattern, key):
                yield from validator.descend(value, schema, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any,  # noqa: ANN401
    allowed: Any,  # noqa: ANN401
    instance: Any,  # noqa: ANN401
    schema: Mapping[str, Any],
) -> _Errors:
    if not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extra = [
        key
        for key in instance
        if key not in known and not any(_has(pattern, key) for pattern in patterns)
    ]
    if validator.is_type(allowed, "object"):
        for key in extra:
            yield from validator.descend(instance[key], allowed, path=key)
    elif not allowed and extra:
        names = ", ".join(map(repr, extra))
        yield ValidationError(f"additional properties are not allowed: {names}")
