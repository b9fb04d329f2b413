"""Compiled matchers: a value in, a verdict out, with captures or the reason why not.

The reason is made only on demand, because most rules do not match most messages.

Matchers are compiled once per rule set. They have no side effects; any thread may use them. They
may raise, for example for a JSON Schema with a broken reference; the caller contains such errors.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from websocket_mock.actors.matching import regex
from websocket_mock.actors.matching.keys import Key, keys_of
from websocket_mock.actors.matching.schema import Matcher, Tests
from websocket_mock.actors.matching.units import parse_bytes

MAX_SHOWN = 80


class _Absent:
    """Stands for a missing value. A null is not missing."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Any = _Absent()


Captures = Mapping[str, Any]
"""Named groups of regular expressions, and the value of a `json_of`."""

NO_CAPTURES: Captures = MappingProxyType({})


Nearness = tuple[int, bool]
"""Of a miss: how many fields match, and whether the first that does not has a value."""


def _not_near() -> Nearness:
    return 0, True


class Verdict:
    """Whether a value matched. Immutable by convention.

    Args:
        matched: whether the value matched.
        captures: what templates see as `match`.
        why: returns the text of the property `why`.
        nearness: returns the property `nearness`.
    """

    __slots__ = ("_nearness", "_why", "captures", "matched")

    def __init__(
        self,
        *,
        matched: bool,
        captures: Captures = NO_CAPTURES,
        why: Callable[[], str] = str,
        nearness: Callable[[], Nearness] = _not_near,
    ) -> None:
        self.matched = matched
        self.captures = captures
        self._why = why
        self._nearness = nearness

    @property
    def why(self) -> str:
        """What was expected and what was found; empty if it matched. Not kept."""
        return self._why()

    @property
    def nearness(self) -> Nearness:
        """How near a miss it is, to compare it with others. Not kept."""
        return self._nearness()


MATCHED = Verdict(matched=True)


def _is_present(value: Any) -> bool:  # noqa: ANN401 - any JSON value, or bytes
    return value is not ABSENT


@dataclass(frozen=True, slots=True)
class CompiledMatcher:
    """Tests one value, or `ABSENT`."""

    match: Callable[[Any], Captures | None]
    """Returns the captures; None: the value does not match."""
    why_not: Callable[[Any], str]
    """Returns what was expected and what was found, for a value that does not match."""
    is_present: Callable[[Any], bool] = _is_present
    """Returns whether there is a value to test."""
    keys: frozenset[Key] | None = None
    """The keys of the values that it takes, if it takes plain values by their keys alone."""

    def __call__(self, value: Any) -> Verdict:  # noqa: ANN401 - any JSON value, or bytes
        """Return the verdict."""
        captures = self.match(value)
        if captures is None:
            return Verdict(matched=False, why=partial(self.why_not, value))
        return Verdict(matched=True, captures=captures) if captures else MATCHED


class BadMatcher(ValueError):
    """Raised when a matcher cannot be compiled; the text says what is wrong with it."""


def compile_matcher(schema: Matcher, *, is_binary: bool = False) -> CompiledMatcher:
    """Return the matcher that a schema describes.

    Args:
        schema: a plain value or named tests.
        is_binary: whether its texts are bytes, written as hex:… or base64:…

    Raises:
        BadMatcher: a regular expression, a JSON Schema or binary data in it is not valid.
    """
    if not isinstance(schema, Tests):
        return _equals(_literal(schema, is_binary=is_binary))
    made = [_make(name, value, is_binary) for name, value in schema.given().items()]
    return made[0] if len(made) == 1 else _all(made)


def captured_names(schema: Matcher) -> set[str]:
    """Return the names of the groups that the regular expressions of a matcher may capture.

    Raises:
        BadMatcher: a regular expression in it is not valid.
    """
    if not isinstance(schema, Tests):
        return set()
    names = set() if schema.matches is None else set(_pattern(schema.matches).groupindex)
    for inner in (*(schema.all_ or ()), *(schema.any_ or ())):
        names |= captured_names(inner)
    return names


def describe(value: Any) -> str:  # noqa: ANN401 - any JSON value, or bytes
    """Return a value as a person would write it, shortened."""
    if isinstance(value, bytes):
        text = f"hex:{value[: MAX_SHOWN // 2].hex()}"
    elif value is ABSENT:
        text = "nothing"
    else:
        try:
            text = json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError):
            text = repr(value)
        except RecursionError:
            text = "deeply nested JSON"
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def refusal(expected: str, value: Any) -> str:  # noqa: ANN401 - any JSON value, or bytes
    """Return the text that says that a value is not as expected."""
    return f"expected {expected}, got {describe(value)}"


def _make(name: str, value: Any, is_binary: bool) -> CompiledMatcher:  # noqa: ANN401, FBT001
    match name:
        case "equals" | "contains" | "starts_with" | "ends_with":
            return _LITERAL[name](_literal(value, is_binary=is_binary))
        case "one_of":
            choices = [_literal(one, is_binary=is_binary) for one in value]
            return replace(
                _test(f"one of {describe(value)}", lambda found: _is_one_of(found, choices)),
                keys=keys_of(choices),
            )
        case "less_than" | "at_most" | "at_least" | "greater_than":
            return _compare(name, value)
        case "matches":
            return _matches(value)
        case "present":
            expected = "a value" if value else "no value"
            return _test(expected, lambda found: (found is not ABSENT) is value)
        case "includes":
            return _test(f"JSON with {describe(value)}", lambda found: _includes(found, value))
        case "schema":
            return _valid_under(value)
        case "length":
            return _length(compile_matcher(value))
        case "not":
            return _not(compile_matcher(value, is_binary=is_binary))
        case "all":
            return _all([compile_matcher(one, is_binary=is_binary) for one in value])
        case "any":
            return _any([compile_matcher(one, is_binary=is_binary) for one in value])
        case _:
            raise BadMatcher(f"there is no test {name!r}")


def _literal(value: Any, *, is_binary: bool) -> Any:  # noqa: ANN401
    if not is_binary or not isinstance(value, str):
        return value
    try:
        return parse_bytes(value)
    except ValueError as error:
        raise BadMatcher(str(error)) from None


def _test(expected: str, holds: Callable[[Any], bool]) -> CompiledMatcher:
    def match(value: Any) -> Captures | None:  # noqa: ANN401
        return NO_CAPTURES if holds(value) else None

    return CompiledMatcher(match, partial(refusal, expected))


def json_equal(left: Any, right: Any) -> bool:  # noqa: ANN401
    """Return whether two values are equal as JSON: true is not 1, but 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            json_equal(left[key], right[key]) for key in left
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    return bool(left == right)


def _equals(wanted: Any) -> CompiledMatcher:  # noqa: ANN401
    if not isinstance(wanted, str | bytes):
        equals = _test(describe(wanted), lambda value: json_equal(value, wanted))
        return replace(equals, keys=keys_of([wanted]))

    # The most frequent test. Only a text equals a text, so a plain comparison is enough.
    def match(value: Any) -> Captures | None:  # noqa: ANN401
        return NO_CAPTURES if value == wanted else None

    return CompiledMatcher(match, partial(refusal, describe(wanted)), keys=keys_of([wanted]))


def _is_one_of(value: Any, choices: Sequence[Any]) -> bool:  # noqa: ANN401
    return any(json_equal(value, choice) for choice in choices)


def _contains(part: Any) -> CompiledMatcher:  # noqa: ANN401
    def holds(value: Any) -> bool:  # noqa: ANN401
        if isinstance(value, str):
            return isinstance(part, str) and part in value
        if isinstance(value, bytes):
            return isinstance(part, bytes) and part in value
        return isinstance(value, list) and any(json_equal(item, part) for item in value)

    return _test(f"something with {describe(part)}", holds)


def _starts_with(part: Any) -> CompiledMatcher:  # noqa: ANN401
    return _test(
        f"something that starts with {describe(part)}",
        lambda value: isinstance(value, type(part)) and bool(value.startswith(part)),
    )


def _ends_with(part: Any) -> CompiledMatcher:  # noqa: ANN401
    return _test(
        f"something that ends with {describe(part)}",
        lambda value: isinstance(value, type(part)) and bool(value.endswith(part)),
    )


_LITERAL: Mapping[str, Callable[[Any], CompiledMatcher]] = {
    "equals": _equals,
    "contains": _contains,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
}

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "less_than": lambda value, limit: value < limit,
    "at_most": lambda value, limit: value <= limit,
    "at_least": lambda value, limit: value >= limit,
    "greater_than": lambda value, limit: value > limit,
}


def _compare(name: str, limit: float) -> CompiledMatcher:
    holds = _COMPARISONS[name]

    def is_right(value: Any) -> bool:  # noqa: ANN401
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and holds(value, limit)

    return _test(f"a number {name.replace('_', ' ')} {limit:g}", is_right)


def _pattern(pattern: str) -> regex.Pattern:
    try:
        return regex.compile_pattern(pattern)
    except ValueError as error:
        raise BadMatcher(str(error)) from None


def _matches(pattern: str) -> CompiledMatcher:
    compiled = _pattern(pattern)

    def match(value: Any) -> Captures | None:  # noqa: ANN401
        found = compiled.search(value) if isinstance(value, str) else None
        if found is None:
            return None
        groups: Captures = found.groupdict()
        return groups

    return CompiledMatcher(match, partial(refusal, f"text that matches /{pattern}/"))


def _includes(value: Any, wanted: Any) -> bool:  # noqa: ANN401
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            key in value and _includes(value[key], item) for key, item in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and all(
            any(_includes(item, part) for item in value) for part in wanted
        )
    return json_equal(value, wanted)


def _valid_under(schema: Any) -> CompiledMatcher:  # noqa: ANN401 - an object, or true or false
    # Imported late: the import takes longer than most files take to check.
    from websocket_mock.actors.matching.json_schema import (  # noqa: PLC0415
        errors_of,
        make_validator,
        why_invalid,
    )

    try:
        validator = make_validator(schema)
    except ValueError as error:
        raise BadMatcher(str(error)) from None

    def match(value: Any) -> Captures | None:  # noqa: ANN401
        # All errors, not only the first: a bad reference must be found wherever it is.
        return None if value is ABSENT or list(errors_of(validator, value)) else NO_CAPTURES

    def why_not(value: Any) -> str:  # noqa: ANN401
        if value is ABSENT:
            return refusal("JSON that is valid under the schema", value)
        return why_invalid(validator, value)

    return CompiledMatcher(match, why_not)


_SIZED = (str, bytes, list, dict)


def _length(inner: CompiledMatcher) -> CompiledMatcher:
    def match(value: Any) -> Captures | None:  # noqa: ANN401
        return inner.match(len(value)) if isinstance(value, _SIZED) else None

    def why_not(value: Any) -> str:  # noqa: ANN401
        if not isinstance(value, _SIZED):
            return refusal("something with a length", value)
        return f"length: {inner.why_not(len(value))}"

    return CompiledMatcher(match, why_not)


def _not(inner: CompiledMatcher) -> CompiledMatcher:
    def match(value: Any) -> Captures | None:  # noqa: ANN401
        return NO_CAPTURES if inner.match(value) is None else None

    return CompiledMatcher(match, lambda value: f"{describe(value)} is what it should not be")


def _all(inner: Sequence[CompiledMatcher]) -> CompiledMatcher:
    def match(value: Any) -> Captures | None:  # noqa: ANN401
        captures: dict[str, Any] = {}
        for one in inner:
            found = one.match(value)
            if found is None:
                return None
            captures.update(found)
        return captures

    def why_not(value: Any) -> str:  # noqa: ANN401
        return next(one.why_not(value) for one in inner if one.match(value) is None)

    return CompiledMatcher(match, why_not)


def _any(inner: Sequence[CompiledMatcher]) -> CompiledMatcher:
    def match(value: Any) -> Captures | None:  # noqa: ANN401
        return next((found for one in inner if (found := one.match(value)) is not None), None)

    return CompiledMatcher(match, lambda value: "; ".join(one.why_not(value) for one in inner))
