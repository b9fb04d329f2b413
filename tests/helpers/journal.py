"""Records and entries of a journal, and questions about them, as a test writes them down."""

from typing import Any

from tests.helpers.fakes import START_TIME
from websocket_mock.actors.journal.conditions import EntryTest, compile_entry_match
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.entries import Direction, JournalEntry, Kind, Record, Source, read

CLIENT = Source(client_id="0000000a")


def record_of(
    payload: str | bytes | None = "hello",
    kind: Kind = "text",
    direction: Direction | None = "received",
    *,
    at: float = 0.0,
    source: Source = CLIENT,
    **details: Any,
) -> Record:
    """A record, by default a text message from a client; `at` in seconds from the start."""
    whole = payload.encode() if isinstance(payload, str) else payload or b""
    return START_TIME + at, source.packed(), kind, direction, payload, len(whole), details or None


def event_of(kind: Kind, *, at: float = 0.0, **details: Any) -> Record:
    """A record without a payload."""
    return record_of(None, kind, None, at=at, **details)


def entries_of(*records: Record) -> list[JournalEntry]:
    """The entries of records, numbered from 1."""
    return [read(sequence, record) for sequence, record in enumerate(records, 1)]


def match_of(**conditions: Any) -> EntryMatch:
    return EntryMatch.model_validate(conditions)


def question_of(**conditions: Any) -> EntryTest:
    return compile_entry_match(match_of(**conditions))
