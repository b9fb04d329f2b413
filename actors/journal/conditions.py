"""Compiled conditions on journal entries: an entry in, a verdict out. Pure; any thread."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.matching.conditions import compile_message_match
from websocket_mock.actors.matching.matchers import (
    ABSENT,
    MATCHED,
    BadMatcher,
    Verdict,
    compile_matcher,
    refusal,
)
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.entries import JournalEntry, Record

EntryTest = Callable[[JournalEntry], Verdict]

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "message": ("text", "binary"),
    "http": ("request", "response", "event"),
}
"""What the kinds stand for that are no kinds of entries."""

_DETAILS = ("code", "method", "status", "rule", "fault", "was_clean", "by", "passed", "contract")
_SOURCES = {"endpoint": "endpoint", "client": "client_id", "path": "path", "attempt": "attempt"}


def compile_entry_match(schema: EntryMatch) -> EntryTest:
    """Return the test that a schema describes.

    Raises:
        BadMatcher: a part of it cannot be compiled.
    """
    tests = [_compile(name, getattr(schema, name)) for name in _ordered(schema)]

    def test(entry: JournalEntry) -> Verdict:
        for one in tests:
            try:
                verdict = one(entry)
            except Exception as error:  # noqa: BLE001 - a JSON Schema may lead anywhere
                return Verdict(matched=False, why=partial(_describe_error, error))
            if not verdict.matched:
                return verdict
        return MATCHED

    return test


def compile_record_filter(schema: EntryMatch) -> Callable[[Record], bool]:
    """Return a quick test of a record: False if its entry cannot match.

    It skips most of a long history before records are made into entries.
    """
    kinds = None if schema.kind is None else _kinds(schema.kind)
    direction, endpoint, client = schema.direction, schema.endpoint, schema.client

    def may_match(record: Record) -> bool:
        source = record[1]
        return (
            (kinds is None or record[2] in kinds)
            and (direction is None or record[3] == direction)
            and (endpoint is None or source[1] == endpoint)
            and (client is None or source[0] == client)
        )

    return may_match


def _describe_error(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _ordered(schema: EntryMatch) -> list[str]:
    names = [name for name in EntryMatch.model_fields if name in schema.model_fields_set]
    # The content of a message comes last, because it costs the most.
    return sorted(names, key=lambda name: name == "match")


def _compile(name: str, schema: Any) -> EntryTest:  # noqa: ANN401 - the field's type
    if name == "kind":
        return _kind(schema)
    if name == "match":
        return _message(schema)
    try:
        matcher = compile_matcher(schema)
    except BadMatcher as error:
        raise BadMatcher(f"{name}: {error}") from None

    def test(entry: JournalEntry) -> Verdict:
        verdict = matcher(_value(entry, name))
        if verdict.matched:
            return verdict
        return Verdict(matched=False, why=lambda: f"{name}: {verdict.why}")

    return test


def _value(entry: JournalEntry, name: str) -> Any:  # noqa: ANN401 - the field's type
    if name in _SOURCES:
        value = getattr(entry.source, _SOURCES[name])
    elif name in _DETAILS:
        value = entry.details.get(name)
    else:
        value = getattr(entry, name)
    return ABSENT if value is None else value


def _kinds(wanted: str) -> tuple[str, ...]:
    return _GROUPS.get(wanted, (wanted,))


def _kind(wanted: str) -> EntryTest:
    kinds = _kinds(wanted)

    def refuse_kind(entry: JournalEntry) -> str:
        return f"kind: {refusal(wanted, entry.kind)}"

    def test(entry: JournalEntry) -> Verdict:
        if entry.kind in kinds:
            return MATCHED
        return Verdict(matched=False, why=partial(refuse_kind, entry))

    return test


def _message(schema: Any) -> EntryTest:  # noqa: ANN401 - a MessageMatch
    condition = compile_message_match(schema)
    return lambda entry: condition.test(seen_in(entry))


def seen_in(entry: JournalEntry) -> MessageView:
    """Return an entry in the form that conditions on messages use."""
    payload = entry.payload
    if entry.kind == "text" or isinstance(payload, str):
        text = payload.decode(errors="replace") if isinstance(payload, bytes) else payload
        return MessageView(text=text, size=entry.size)
    binary = payload if isinstance(payload, bytes) else None
    details = entry.details
    return MessageView(
        binary=binary, size=entry.size, code=details.get("code"), reason=details.get("reason")
    )
