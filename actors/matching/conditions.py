"""Compiled conditions. All given fields must match; the first that does not gives the reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from websocket_mock.actors.matching import jsonpath
from websocket_mock.actors.matching.matchers import (
    ABSENT,
    MATCHED,
    NO_CAPTURES,
    BadMatcher,
    Captures,
    CompiledMatcher,
    Verdict,
    compile_matcher,
)
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.schema import HandshakeMatch, JsonMatch, MessageMatch
from websocket_mock.actors.values.handshake_request import HandshakeRequest


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a condition: where its value comes from and what it must be."""

    label: str
    get: Callable[[Any], Any]
    matcher: CompiledMatcher


class Condition:
    """A conjunction of fields. Immutable; any thread."""

    __slots__ = ("_fields", "_tests")

    def __init__(self, fields: Sequence[_Field]) -> None:
        self._fields = tuple(fields)
        self._tests = tuple((field.get, field.matcher.match) for field in fields)

    def match(self, subject: object) -> Captures | None:
        """Return all captures; None: a field does not match."""
        captures: Captures = NO_CAPTURES
        for get, match in self._tests:
            found = match(get(subject))
            if found is None:
                return None
            if found:
                captures = {**captures, **found}
        return captures

    def test(self, subject: object) -> Verdict:
        """Return the verdict: all captures, or why the first field that fails does not match."""
        captures = self.match(subject)
        if captures is None:
            return Verdict(matched=False, why=partial(self._why_not, subject))
        return Verdict(matched=True, captures=captures) if captures else MATCHED

    def _why_not(self, subject: object) -> str:
        return next(
            f"{field.label}: {field.matcher.why_not(value)}"
            for field in self._fields
            if field.matcher.match(value := field.get(subject)) is None
        )

    def count_matching(self, subject: object) -> int:
        """Return how many fields match before the first that does not."""
        found = (field.matcher.match(field.get(subject)) for field in self._fields)
        return sum(1 for _ in takewhile(lambda captures: captures is not None, found))

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything."""
        return not self._fields


def compile_message_match(schema: MessageMatch) -> Condition:
    """Return the condition on a `MessageView`.

    Raises:
        BadMatcher: a part of it cannot be compiled; the text begins with its place.
    """
    fields: list[_Field] = []
    for name in sorted(schema.model_fields_set):
        value = getattr(schema, name)
        if name == "json_":
            fields += _json_fields(value)
        else:
            matcher = _compile(name, value, is_binary=name == "binary")
            fields.append(_Field(name, _present(name), matcher))
    # Sorted by name, cheap fields first. The order in which they were written has no meaning.
    return Condition(sorted(fields, key=lambda field: field.label.startswith("json")))


def compile_handshake_match(schema: HandshakeMatch) -> Condition:
    """Return the condition on a `HandshakeRequest`.

    Raises:
        BadMatcher: a part of it cannot be compiled; the text begins with its place.
    """
    fields: list[_Field] = []
    for name in sorted(schema.model_fields_set):
        value = getattr(schema, name)
        if name in ("query", "headers", "cookies"):
            fields += _named_fields(name, value)
        else:
            fields.append(_Field(name, _present(name), _compile(name, value)))
    return Condition(fields)


def _compile(label: str, schema: Any, *, is_binary: bool = False) -> CompiledMatcher:  # noqa: ANN401
    try:
        return compile_matcher(schema, is_binary=is_binary)
    except BadMatcher as error:
        raise BadMatcher(f"{label}: {error}") from None


def _present(name: str) -> Callable[[Any], Any]:
    def get(subject: object) -> Any:  # noqa: ANN401
        value = getattr(subject, name)
        return ABSENT if value is None else value

    return get


def _named_fields(group: str, matchers: Mapping[str, Any]) -> list[_Field]:
    fields = []
    for key, schema in matchers.items():
        label = f"{group}.{key}"
        wanted = key.lower() if group == "headers" else key
        fields.append(_Field(label, _item(group, wanted), _compile(label, schema)))
    return fields


def _item(group: str, key: str) -> Callable[[HandshakeRequest], Any]:
    return lambda request: getattr(request, group).get(key, ABSENT)


def _json_fields(schema: JsonMatch) -> list[_Field]:
    if not isinstance(schema, dict):
        return [_Field("json", _json, _compile("json", schema))]
    return [_path_field(path, inner) for path, inner in schema.items()]


_NOTHING_FOUND = (ABSENT,)


def _path_field(path: str, schema: Any) -> _Field:  # noqa: ANN401
    label = f"json {path}"
    try:
        find = jsonpath.compile_query(path)
    except ValueError as error:
        raise BadMatcher(str(error)) from None
    inner = _compile(label, schema)

    def match(value: Any) -> Captures | None:  # noqa: ANN401
        for one in find(value) or _NOTHING_FOUND:
            captures = inner.match(one)
            if captures is not None:
                return captures
        return None

    def why_not(value: Any) -> str:  # noqa: ANN401
        return inner.why_not((find(value) or _NOTHING_FOUND)[0])

    return _Field(label, _json, CompiledMatcher(match, why_not))


def _json(message: MessageView) -> Any:  # noqa: ANN401
    value = message.json
    return value if message.is_json else ABSENT
