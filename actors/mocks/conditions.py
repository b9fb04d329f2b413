"""Compiled conditions: all fields that are given must match; the first that does not tells why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

from actors.mocks import jsonpath
from actors.mocks.handshake_request import HandshakeRequest
from actors.mocks.matchers import (
    ABSENT,
    MATCHED,
    BadMatcher,
    Matcher,
    Verdict,
    compile_matcher,
)
from actors.mocks.matching_schema import HandshakeMatch, JsonMatch, MessageMatch
from actors.mocks.seen import Seen

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a condition: where its value comes from and what it must be."""

    label: str
    get: Callable[[Any], Any]
    matcher: Matcher

    def test(self, subject: object) -> Verdict:
        verdict = self.matcher(self.get(subject))
        if verdict.matched:
            return verdict
        return Verdict(matched=False, why=f"{self.label}: {verdict.why}")


class Condition:
    """A conjunction of fields. Immutable; any thread."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Sequence[_Field]) -> None:
        self._fields = tuple(fields)

    def test(self, subject: object) -> Verdict:
        """Return whether all fields match, with all captures, or the first that does not."""
        captures: dict[str, str] = {}
        for field in self._fields:
            verdict = field.test(subject)
            if not verdict.matched:
                return verdict
            captures.update(verdict.captures)
        return Verdict(matched=True, captures=captures) if captures else MATCHED

    def count_matching(self, subject: object) -> int:
        """Return how many fields match before the first that does not."""
        return sum(1 for _ in takewhile(lambda one: one.test(subject).matched, self._fields))

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything."""
        return not self._fields


def compile_message_match(schema: MessageMatch) -> Condition:
    """Return the condition on a `Seen`.

    Raises:
        BadMatcher: a part of it cannot be compiled; the text begins with where.
    """
    fields: list[_Field] = []
    for name in sorted(schema.model_fields_set):
        value = getattr(schema, name)
        if name == "json_":
            fields += _json_fields(value)
        else:
            matcher = _compile(name, value, is_binary=name == "binary")
            fields.append(_Field(name, _present(name), matcher))
    # By name, and cheap fields first; the order in which a person wrote them means nothing.
    return Condition(sorted(fields, key=lambda field: field.label.startswith("json")))


def compile_handshake_match(schema: HandshakeMatch) -> Condition:
    """Return the condition on a `HandshakeRequest`.

    Raises:
        BadMatcher: a part of it cannot be compiled; the text begins with where.
    """
    fields: list[_Field] = []
    for name in sorted(schema.model_fields_set):
        value = getattr(schema, name)
        if name in ("query", "headers", "cookies"):
            fields += _named_fields(name, value)
        else:
            fields.append(_Field(name, _present(name), _compile(name, value)))
    return Condition(fields)


def _compile(label: str, schema: Any, *, is_binary: bool = False) -> Matcher:  # noqa: ANN401
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


def _path_field(path: str, schema: Any) -> _Field:  # noqa: ANN401
    label = f"json {path}"
    try:
        query = jsonpath.compile_path(path)
    except ValueError as error:
        raise BadMatcher(str(error)) from None
    inner = _compile(label, schema)

    def match(value: Any) -> Verdict:  # noqa: ANN401
        found = [] if value is ABSENT else jsonpath.find(query, value)
        verdicts = [inner(one) for one in found] or [inner(ABSENT)]
        return next((verdict for verdict in verdicts if verdict.matched), verdicts[0])

    return _Field(label, _json, match)


def _json(seen: Seen) -> Any:  # noqa: ANN401
    value = seen.json
    return value if seen.is_json else ABSENT
