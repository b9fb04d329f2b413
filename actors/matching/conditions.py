"""Compiled conditions. All given fields must match; the first that does not gives the reason."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from websocket_mock.actors.matching import jsonpath
from websocket_mock.actors.matching.keys import Comparison, key_of
from websocket_mock.actors.matching.layout import Layout
from websocket_mock.actors.matching.matchers import (
    ABSENT,
    MATCHED,
    NO_CAPTURES,
    BadMatcher,
    Captures,
    CompiledMatcher,
    Nearness,
    Verdict,
    captured_names,
    compile_matcher,
    describe,
    refusal,
)
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.schema import HandshakeMatch, JsonMatch, JsonOf, MessageMatch
from websocket_mock.actors.values.codec import decode
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.suggestions import nearest


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a condition: where its value comes from and what it must be."""

    label: str
    get: Callable[[Any], Any]
    matcher: CompiledMatcher
    comparison: Comparison | None = None
    """The same test as a comparison; None: it is none, or it may fail."""

    def holds_for(self, subject: object) -> bool:
        """Return whether it matches; False if that cannot be told."""
        try:
            return self.matcher.match(self.get(subject)) is not None
        except Exception:  # noqa: BLE001 - a JSON Schema may raise anything
            return False


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
            why, nearness = partial(self._why_not, subject), partial(self._nearness, subject)
            return Verdict(matched=False, why=why, nearness=nearness)
        return Verdict(matched=True, captures=captures) if captures else MATCHED

    def _why_not(self, subject: object) -> str:
        return next(
            f"{field.label}: {field.matcher.why_not(value)}"
            for field in self._fields
            if field.matcher.match(value := field.get(subject)) is None
        )

    def count_matching(self, subject: object) -> int:
        """Return how many fields match. Their order does not count, so that it has no meaning."""
        return sum(field.holds_for(subject) for field in self._fields)

    def _nearness(self, subject: object) -> Nearness:
        failing = next(one for one in self._fields if not one.holds_for(subject))
        return self.count_matching(subject), failing.matcher.is_present(failing.get(subject))

    @property
    def comparisons(self) -> list[Comparison]:
        """What it compares before anything in it can fail. It matches only if all of it holds."""
        found = (field.comparison for field in self._fields)
        return [one for one in takewhile(bool, found) if one is not None]

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything."""
        return not self._fields


class _JsonPart:
    """JSON in a part of a text: where it is and what it must be."""

    __slots__ = ("_end", "_group", "_name", "_start", "_value")

    def __init__(self, schema: JsonOf) -> None:
        self._start = schema.prefix or ""
        self._end = schema.suffix or ""
        self._group = schema.group
        self._name = schema.as_
        is_any = "json_" not in schema.model_fields_set
        self._value = Condition(() if is_any else _json_fields(schema.json_, _itself, "json_of"))

    def match(self, message: Any, captures: Captures) -> Captures | None:  # noqa: ANN401
        """Return the captures, with the JSON; None: it does not match."""
        text = self._text(message, captures)
        if text is None:
            return None
        try:
            value = decode(text)
        except ValueError:
            return None
        found = self._value.match(value)
        return None if found is None else {**found, self._name: value}

    def why_not(self, message: Any, captures: Captures) -> str:  # noqa: ANN401
        """Return what was expected and what was found, for a message that does not match."""
        text = self._text(message, captures)
        if text is None:
            return f"json_of: {refusal(self._expected(), self._whole(message, captures))}"
        try:
            value = decode(text)
        except ValueError:
            return f"json_of: {refusal('JSON', text)}"
        return self._value.test(value).why

    def _whole(self, message: Any, captures: Captures) -> Any:  # noqa: ANN401
        text = message.text if self._group is None else captures.get(self._group)
        return ABSENT if text is None else text

    def _text(self, message: Any, captures: Captures) -> str | None:  # noqa: ANN401
        """Return the text between prefix and suffix; None: it is not there."""
        text = self._whole(message, captures)
        first, last = len(self._start), len(self._end)
        if text is ABSENT or len(text) < first + last:
            return None
        if not text.startswith(self._start) or not text.endswith(self._end):
            return None
        return str(text[first : len(text) - last])

    def _expected(self) -> str:
        what = "a text" if self._group is None else f"in the group {self._group!r} a text"
        begin = f"starts with {describe(self._start)}" if self._start else ""
        end = f"ends with {describe(self._end)}" if self._end else ""
        how = " and ".join(filter(None, (begin, end)))
        return f"{what} that {how}" if how else what


class ConditionWithJson(Condition):
    """A condition that also reads JSON in a part of the text. Immutable; any thread."""

    __slots__ = ("_json_of",)

    def __init__(self, fields: Sequence[_Field], json_of: _JsonPart) -> None:
        super().__init__(fields)
        self._json_of = json_of

    def match(self, subject: object) -> Captures | None:
        """Return all captures, with the JSON; None: a field or the JSON does not match."""
        captures = super().match(subject)
        if captures is None:
            return None
        found = self._json_of.match(subject, captures)
        return None if found is None else {**captures, **found}

    def _why_not(self, subject: object) -> str:
        captures = super().match(subject)
        if captures is None:
            return super()._why_not(subject)
        return self._json_of.why_not(subject, captures)

    def count_matching(self, subject: object) -> int:
        """Return how many fields match; the JSON is one more, if they all match."""
        return super().count_matching(subject) + (self.match(subject) is not None)

    @property
    def is_empty(self) -> bool:
        """False: it takes only texts with JSON."""
        return False


def compile_message_match(schema: MessageMatch, layout: Layout | None = None) -> Condition:
    """Return the condition on a `MessageView`.

    Args:
        schema: the conditions.
        layout: names the parts of binary messages; None: they have no names.

    Raises:
        BadMatcher: a part of it cannot be compiled; the text begins with its place.
    """
    fields: list[_Field] = []
    for name in sorted(schema.model_fields_set - {"json_of"}):
        value = getattr(schema, name)
        if name == "json_":
            fields += _json_fields(value, _json, "json")
        elif name == "fields":
            fields += _binary_fields(value, layout)
        else:
            matcher, get = _compile(name, value, is_binary=name == "binary"), _present(name)
            fields.append(_Field(name, get, matcher, _comparison((name,), get, matcher)))
    # Sorted by name, cheap fields first. The order in which they were written has no meaning.
    fields.sort(key=lambda field: field.label.startswith("json"))
    if schema.json_of is None:
        return Condition(fields)
    return ConditionWithJson(fields, _json_part(schema, schema.json_of))


def compile_handshake_match(
    schema: HandshakeMatch, without: Collection[str] = frozenset()
) -> Condition:
    """Return the condition on a `HandshakeRequest`.

    Args:
        schema: the conditions.
        without: the names of those that are left out.

    Raises:
        BadMatcher: a part of it cannot be compiled; the text begins with its place.
    """
    fields: list[_Field] = []
    for name in sorted(schema.model_fields_set.difference(without)):
        value = getattr(schema, name)
        if name in ("query", "headers", "cookies", "form"):
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


def _binary_fields(matchers: Mapping[str, Any], layout: Layout | None) -> list[_Field]:
    if layout is None:
        raise BadMatcher(
            "fields: nothing names the parts of binary messages here; rules and steps can use "
            "`fields` if their endpoint has `fields`"
        )
    fields = []
    for name, schema in matchers.items():
        if name not in layout.kinds:
            hint = nearest(name, layout.kinds)
            raise BadMatcher(f"fields.{name}: the endpoint has no such field; {hint}")
        matcher = _compile(f"fields.{name}", schema, is_binary=layout.kinds[name] == "bytes")
        fields.append(_Field(f"fields.{name}", _binary_field(name), matcher))
    return fields


def _binary_field(name: str) -> Callable[[MessageView], Any]:
    return lambda message: message.fields.get(name, ABSENT)


def _json_part(schema: MessageMatch, json_of: JsonOf) -> _JsonPart:
    if json_of.group is not None:
        names = set().union(*map(captured_names, _matchers(schema)))
        if json_of.group not in names:
            hint = nearest(json_of.group, sorted(names)) if names else "there is none"
            raise BadMatcher(
                f"json_of.group: no regular expression of the same match captures "
                f"{json_of.group!r}; {hint}"
            )
    return _JsonPart(json_of)


def _matchers(schema: MessageMatch) -> Iterator[Any]:
    """Yield the matchers of a condition, without those of its `json_of`."""
    for name in sorted(schema.model_fields_set - {"json_of"}):
        value = getattr(schema, name)
        if isinstance(value, dict):
            yield from value.values()
        else:
            yield value


def _json_fields(schema: JsonMatch, get: Callable[[Any], Any], label: str) -> list[_Field]:
    if not isinstance(schema, dict):
        matcher = _compile(label, schema)
        return [_Field(label, get, matcher, _json_comparison((), get, matcher))]
    return [_path_field(path, inner, get, f"{label} {path}") for path, inner in schema.items()]


def _comparison(
    part: tuple[str, ...], get: Callable[[Any], Any], matcher: CompiledMatcher
) -> Comparison | None:
    """Return a matcher as a comparison; None: it does not only compare."""
    if matcher.keys is None:
        return None
    return Comparison(part, lambda message: key_of(get(message)), matcher.keys)


def _json_comparison(
    names: tuple[str, ...] | None, get: Callable[[Any], Any], matcher: CompiledMatcher
) -> Comparison | None:
    """Return a matcher of the value at a path as a comparison; None: it is none of a message."""
    if names is None or get is not _json:
        return None

    def get_value(message: MessageView) -> Any:  # noqa: ANN401
        found = jsonpath.follow(names, _json(message))
        return found[0] if found else ABSENT

    return _comparison(("json", *names), get_value, matcher)


_NOTHING_FOUND = (ABSENT,)


def _path_field(
    path: str,
    schema: Any,  # noqa: ANN401
    get: Callable[[Any], Any],
    label: str,
) -> _Field:
    try:
        find = jsonpath.compile_query(path)
    except ValueError as error:
        raise BadMatcher(str(error)) from None
    inner = _compile(label, schema)
    names = jsonpath.plain_names(path)

    def match(value: Any) -> Captures | None:  # noqa: ANN401
        for one in find(value) or _NOTHING_FOUND:
            captures = inner.match(one)
            if captures is not None:
                return captures
        return None

    def why_not(value: Any) -> str:  # noqa: ANN401
        return inner.why_not((find(value) or _NOTHING_FOUND)[0])

    match_plain = match if names is None else _follow_then(names, inner.match)
    matcher = CompiledMatcher(match_plain, why_not, lambda value: bool(find(value)))
    return _Field(label, get, matcher, _json_comparison(names, get, inner))


def _follow_then(
    names: Sequence[str], match: Callable[[Any], Captures | None]
) -> Callable[[Any], Captures | None]:
    """Return a matcher of the value at a path of plain names, which is the most frequent path."""

    def match_at(value: Any) -> Captures | None:  # noqa: ANN401
        for name in names:
            if not isinstance(value, dict) or name not in value:
                return match(ABSENT)
            value = value[name]
        return match(value)

    return match_at


def _itself(value: Any) -> Any:  # noqa: ANN401
    return value


def _json(message: MessageView) -> Any:  # noqa: ANN401
    value = message.json
    return value if message.is_json else ABSENT
