"""JSON Schema validation without network access and in bounded time.

The library would fetch references from other addresses, search patterns with an engine that may
never end, and compare each item of a list with all others. References that lead to two others each
take a time that doubles with each. All of this would block the thread that serves the connections.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema
from jsonschema.exceptions import SchemaError, ValidationError, relevance
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing import Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012, EMPTY_REGISTRY

from websocket_mock.actors.matching.keys import deep_key
from websocket_mock.actors.matching.regex import compile_pattern
from websocket_mock.actors.matching.steps import Steps, TooManySteps

MAX_WHY = 200
"""The most characters of the reason why a value does not conform."""

MAX_STEPS = 100_000
"""The most subschemas that one check may apply to parts of a value. They take about a second."""

MAX_DEPTH = 100
"""The most lists and objects in each other in a value that is checked."""

CHARACTERS = 1000
"""The characters of an error that count as a step, once for each level of the value.

Errors have the text of the whole value, and Python copies all of it at each level.
"""

_MAX_INSTANCE = 80

_FORMATS = jsonschema.FormatChecker(())

_Errors = Iterator[ValidationError]


def make_validator(schema: Any) -> Validator:  # noqa: ANN401 - an object, or true or false
    """Return a validator for the draft that the schema names; the default is 2020-12.

    Raises:
        ValueError: it is not a valid JSON Schema, or RE2 does not accept one of its patterns.
    """
    try:
        text = json.dumps(schema)
        # Keys that YAML reads as numbers become texts, as they are in messages.
        schema = json.loads(text)
        _check_form(schema)
        draft: Any = validator_for(schema, default=jsonschema.Draft202012Validator)
        draft.check_schema(schema, format_checker=_FORMATS)
    except SchemaError as error:
        raise ValueError(f"not a valid JSON Schema: {error.message}") from None
    except RecursionError:
        raise ValueError("not a valid JSON Schema: nested too deeply") from None
    if '"patternProperties"' in text and '"unevaluatedProperties"' in text:
        # The library would search the patterns with its own engine.
        raise ValueError("patternProperties and unevaluatedProperties cannot be used together")
    validator: Validator = _in_bounded_time(draft)(schema, registry=EMPTY_REGISTRY)
    return validator


def errors_of(validator: Validator, value: Any) -> _Errors:  # noqa: ANN401 - any JSON value
    """Yield all errors of a value.

    Raises:
        TooManySteps: the check would take too long.
        Exception: any other, for example on a reference without an end.
    """
    steps = _Steps(MAX_STEPS, _depth(value))
    return validator.evolve(format_checker=steps).iter_errors(value)


def why_invalid(validator: Validator, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return where and why a value is not valid; empty if it is valid."""
    error = _closest_error(validator, value)
    return "" if error is None else f"not valid at {error.json_path}: {error.message}"


def compile_check(schema: Any) -> Callable[[Any], str]:  # noqa: ANN401 - an object, or true or false
    """Return a function that says where and why a JSON value does not conform to a schema.

    The text is like ``$.n: -1 is less than the minimum of 1``, shortened; it is empty if the value
    conforms. The function may raise any exception, for example on a reference without an end.

    Raises:
        ValueError: it is not a valid JSON Schema, or a reference in it leads out of it.
    """
    validator = make_validator(schema)
    _check_references(validator.schema)

    def check(value: Any) -> str:  # noqa: ANN401 - any JSON value
        error = _closest_error(validator, value)
        return "" if error is None else f"{error.json_path}: {_shorten(error)}"

    return check


# --- the schema -------------------------------------------------------------------------------


def _check_form(schema: Any) -> None:  # noqa: ANN401
    if not isinstance(schema, dict | bool):
        raise ValueError("not a valid JSON Schema: give a mapping, or true or false")  # noqa: TRY004
    if isinstance(schema, dict) and not isinstance(schema.get("$schema", ""), str):
        raise ValueError("not a valid JSON Schema: give the address of a draft as $schema")  # noqa: TRY004


def _check_references(schema: Any) -> None:  # noqa: ANN401
    root = Resource.from_contents(schema, default_specification=DRAFT202012)
    waiting = [(root, EMPTY_REGISTRY.resolver_with_root(root))]
    while waiting:
        resource, resolver = waiting.pop()
        contents = resource.contents
        reference = contents.get("$ref") if isinstance(contents, dict) else None
        try:
            if isinstance(reference, str):
                resolver.lookup(reference)
        except (Unresolvable, ValueError):
            raise ValueError(
                f"the reference {reference!r} leads to nothing inside the schema"
            ) from None
        waiting += [(one, resolver.in_subresource(one)) for one in resource.subresources()]


# --- the error that helps most ----------------------------------------------------------------


def _closest_error(validator: Validator, value: Any) -> ValidationError | None:  # noqa: ANN401
    """Return the most relevant error; of alternatives, one of the alternative that comes closest.

    The library's `best_match` takes the deepest error of all alternatives. That is often one of an
    alternative that was not meant: another value of ``type`` is deeper than a key that is missing.
    """
    error = max(errors_of(validator, value), key=relevance, default=None)
    while error is not None and error.context:
        error = _closest_of(error.context)
    return error


def _closest_of(errors: Iterable[ValidationError]) -> ValidationError:
    branches: dict[object, list[ValidationError]] = {}
    for error in errors:
        branches.setdefault(error.relative_schema_path[0], []).append(error)
    wrong = [next(filter(_constant_in, errors), None) for errors in branches.values()]
    constants = [error for error in wrong if error is not None]
    if 1 < len(constants) == len(branches) and _is_one_place(constants):
        return _expecting_any(constants)
    return max(min(branches.values(), key=_distance), key=relevance)


def _distance(errors: Iterable[ValidationError]) -> tuple[int, int, int]:
    """Return how far a value is from an alternative: its type, its constants, all errors."""
    errors = list(errors)
    types = sum(error.validator == "type" and not error.relative_path for error in errors)
    return types, sum(bool(_constant_in(error)) for error in errors), len(errors)


def _constant_in(error: ValidationError) -> list[Any]:
    """Return the one value that is allowed in the place of an error, in a list; else none."""
    value: Any = error.validator_value
    if error.validator == "const":
        return [value]
    is_one = error.validator == "enum" and isinstance(value, list) and len(value) == 1
    return value if is_one else []


def _is_one_place(errors: list[ValidationError]) -> bool:
    return all(error.relative_path == errors[0].relative_path for error in errors)


def _expecting_any(errors: list[ValidationError]) -> ValidationError:
    """Return one error for several alternatives that each want another constant in one place."""
    first = errors[0]
    expected = ", ".join(repr(value) for error in errors for value in _constant_in(error))
    return ValidationError(
        f"{first.instance!r} is not one of {expected}",
        path=first.relative_path,
        instance=first.instance,
        parent=first.parent,
    )


def _shorten(error: ValidationError) -> str:
    text, shown = error.message, repr(error.instance)
    if len(shown) > _MAX_INSTANCE and text.startswith(shown):
        text = f"{shown[:_MAX_INSTANCE]}…{text.removeprefix(shown)}"
    return text if len(text) <= MAX_WHY else f"{text[:MAX_WHY]}…"


# --- in bounded time --------------------------------------------------------------------------


class _Steps(Steps):
    """The steps of one check.

    They come as the checker of formats, because the library hands that on to all validators of a
    check, and to no other. Formats are not checked.

    Args:
        limit: how many there are.
        depth: of the value.
    """

    __slots__ = ("_levels",)

    def __init__(self, limit: int, depth: int) -> None:
        super().__init__(limit)
        self._levels = depth + 1

    def check(self, instance: object, format: object) -> None:  # noqa: A002 - the library's name
        """Accept everything."""

    def charge(self, error: ValidationError) -> ValidationError:
        """Take the steps for the text of an error; return the error."""
        self.take(len(error.message) * self._levels // CHARACTERS)
        return error


_PASSING_ON = frozenset(
    {
        "$dynamicRef",
        "$ref",
        "allOf",
        "dependentSchemas",
        "if",
        "items",
        "patternProperties",
        "prefixItems",
        "properties",
        "required",
    }
)
"""Keywords that write no value into a text of their own."""


def _charging(keyword: Any) -> Any:  # noqa: ANN401 - a function of the library
    """Return a keyword whose errors take steps.

    With a schema that refers to itself there are errors at each level of a message. Without a
    limit, 80 levels around a megabyte take 20 seconds.
    """

    def check(validator: Any, wanted: Any, instance: Any, schema: Any) -> Any:  # noqa: ANN401
        errors = keyword(validator, wanted, instance, schema)
        steps = validator.format_checker
        return errors if errors is None or steps is None else map(steps.charge, errors)

    return check


def _depth(value: Any) -> int:  # noqa: ANN401 - any JSON value
    """Return how many lists and objects are in each other.

    Raises:
        TooManySteps: more than `MAX_DEPTH`.
    """
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, list | dict)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise TooManySteps(f"more than {MAX_DEPTH} lists and objects in each other")
        level = [item for one in level for item in (one.values() if isinstance(one, dict) else one)]
    return depth


@lru_cache
def _in_bounded_time(draft: Any) -> Any:  # noqa: ANN401 - a class of the library
    keywords = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    keywords = {
        name: keyword if name in _PASSING_ON else _charging(keyword)
        for name, keyword in {**draft.VALIDATORS, **keywords}.items()
    }
    bounded: Any = extend(draft, keywords)  # type: ignore[no-untyped-call] # the library's own

    def evolve(self: Any, **changes: Any) -> Any:  # noqa: ANN401
        if self.format_checker is not None:
            self.format_checker.take()
        fields = {
            "schema": self.schema,
            "format_checker": self.format_checker,
            "registry": self._registry,
            "_resolver": self._resolver,
            **changes,
        }
        schema = fields["schema"]
        if isinstance(schema, dict) and "$schema" in schema:
            # A part that names its draft. The library's class for that would not be bounded.
            named = validator_for(schema, default=bounded)
            return (bounded if named is bounded else _in_bounded_time(named))(**fields)
        return bounded(**fields)

    # Each step goes through this method. That of the library does the same, without the bounds.
    bounded.evolve = evolve
    return bounded


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


def _unique_items(validator: Any, is_wanted: object, instance: Any, _: object) -> _Errors:  # noqa: ANN401
    if not is_wanted or not validator.is_type(instance, "array"):
        return
    if len(set(map(deep_key, instance))) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")
