"""The verb `traffic`: reads the journal in pages that fit into a result."""

import base64
import json
import sys
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.entries import KEPT_BYTES, JournalEntry
from websocket_mock.actors.values.http_request import FORM
from websocket_mock.actors.values.models import iso_time
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.mcp_bridge.service.errors import NotPossible, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.history import RECORDING_IS_OFF, History
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.redaction import Redaction
from websocket_mock.mcp_bridge.service.sizes import CONCISE_CHARACTERS, shorten, take_fitting
from websocket_mock.mcp_bridge.service.unknown_names import unknown_names

Detail = Literal["summary", "concise", "full"]

FULL_CHARACTERS = 12_000
"""The most characters of one payload in a result, as JSON. An offset reads the rest."""

MORE_ENTRIES = "There are more entries: pass next_cursor as after."
NOTHING_MATCHES = "Nothing matches. Leave out conditions to see which entries there are."
NOTHING_HAPPENED = "Nothing has happened yet, or nothing after this number."
MORE_PAYLOAD = "Payloads are cut: to read on, pass seq, and payload_next as payload_offset."


def _is_nothing(value: object) -> bool:
    return value is None or value is False or value == {}


_LeftOut = partial(Field, exclude_if=_is_nothing)
"""A field that is left out of the result if it says nothing: null, false or an empty mapping."""


class EntryModel(BaseModel):
    """One entry of the journal. What it does not have is left out."""

    seq: int
    time: str = Field(description="ISO 8601, UTC")
    kind: str
    direction: str | None = _LeftOut(None, description="received: from the client; sent: to it")
    client: str | None = _LeftOut(None)
    namespace: str | None = _LeftOut(None)
    endpoint: str | None = _LeftOut(None)
    attempt: int
    size: int | None = _LeftOut(None, description="bytes of the whole payload")
    payload: str | None = _LeftOut(None, description="text, or base64 of binary; see payload_next")
    payload_next: int | None = _LeftOut(
        None, description="in full detail: pass it as payload_offset, with seq, to read on"
    )
    truncated: bool = _LeftOut(default=False, description="true: a part of the payload is missing")
    sha256: str | None = _LeftOut(None, description="in full detail: of the whole payload")
    details: dict[str, Any] = _LeftOut(default_factory=dict)

    @classmethod
    def of(
        cls,
        entry: JournalEntry,
        detail: Detail,
        redaction: Redaction,
        payload_offset: int = 0,
        limit: int | None = None,
    ) -> "EntryModel":
        """Return the public form of an entry, redacted.

        Args:
            entry: the entry.
            detail: how much of it.
            redaction: masks credentials.
            payload_offset: the first byte of the payload; for full detail only.
            limit: the most characters of the payload; None: as the detail says.
        """
        payload, following = _payload(entry, detail, redaction, payload_offset, limit)
        is_cut = entry.is_truncated or following is not None or payload_offset > 0
        return cls(
            seq=entry.sequence,
            time=iso_time(entry.time),
            kind=entry.kind,
            direction=entry.direction,
            client=entry.source.client_id,
            namespace=entry.source.namespace,
            endpoint=entry.source.endpoint,
            attempt=entry.source.attempt,
            size=None if entry.payload is None else entry.size,
            payload=payload,
            payload_next=following if detail == "full" else None,
            truncated=is_cut,
            sha256=entry.sha256 if detail == "full" else None,
            details=_details(entry, detail, redaction),
        )


class TrafficResult(BaseModel):
    """A page of the journal, oldest entry first."""

    entries: list[EntryModel]
    matched: int = Field(description="the number of all matching entries after the cursor")
    next_cursor: int = Field(description="pass it as `after` for the next entries")
    hint: str | None = None


@verb
def read_traffic(
    gateway: Gateway,
    match: EntryMatch,
    after: int = 0,
    limit: int = 50,
    detail: Detail = "concise",
    namespace: str | None = None,
    *,
    newest: bool = False,
) -> TrafficResult:
    """Return the matching entries of the journal, oldest first. Blocks for at most 5 s.

    Args:
        gateway: gives access to the actors.
        match: conditions that must all hold.
        after: only entries after this sequence number.
        limit: the most entries to return; fewer if they do not fit into a result.
        detail: summary: no payloads; concise: their beginning; full: up to `FULL_CHARACTERS`.
        namespace: of the entries; None: outside namespaces, "*": all.
        newest: whether to return the newest entries if there are more than the limit.

    Raises:
        ServiceError: the conditions or the namespace cannot be used, or nothing answers.
    """
    scope = scope_of(gateway, namespace)
    found = flushed(gateway).read(match, after, limit, scope, newest=newest)
    redaction = gateway.redaction
    order = reversed(found.entries) if newest else found.entries
    entries = take_fitting(EntryModel.of(entry, detail, redaction) for entry in order)
    if newest:
        entries.reverse()
    left_out = found.matched - len(entries)
    is_end = newest or not left_out
    hints = []
    if left_out:
        hints = [f"There are {left_out:,} entries before these." if newest else MORE_ENTRIES]
    if any(entry.payload_next is not None for entry in entries):
        hints.append(MORE_PAYLOAD)
    if not gateway.history.is_recording:
        hints = [RECORDING_IS_OFF]
    elif not found.matched:
        hints = [_why_nothing(gateway, match, after, scope)]
    return TrafficResult(
        entries=entries,
        matched=found.matched,
        next_cursor=found.last if is_end else entries[-1].seq,
        hint=" ".join(hints) or None,
    )


def _why_nothing(gateway: Gateway, match: EntryMatch, after: int, scope: Scope) -> str:
    has_conditions = bool(match.model_fields_set)
    is_empty = not has_conditions and not after
    unknown = unknown_names(gateway, scope, [match], entries=0 if is_empty else 1)
    if unknown:
        return f"Nothing was found: {unknown}"
    return NOTHING_MATCHES if has_conditions else NOTHING_HAPPENED


@verb
def read_everything(
    gateway: Gateway, match: EntryMatch, after: int = 0, namespace: str | None = None
) -> list[EntryModel]:
    """Return all matching entries of the journal in full, oldest first.

    It is for callers in this process. Unlike `read_traffic` it reads the journal once, however long
    the result is. It may block for some seconds with a full journal.

    Args:
        gateway: gives access to the actors.
        match: conditions that must all hold.
        after: only entries after this sequence number.
        namespace: of the entries; None: outside namespaces, "*": all.

    Raises:
        ServiceError: the conditions or the namespace cannot be used, or nothing answers.
    """
    scope = scope_of(gateway, namespace)
    found = flushed(gateway).read(match, after, sys.maxsize, scope)
    redaction = gateway.redaction
    return [EntryModel.of(one, "full", redaction, limit=sys.maxsize) for one in found.entries]


@verb
def read_entry(
    gateway: Gateway, seq: int, payload_offset: int = 0, namespace: str | None = None
) -> TrafficResult:
    """Return one entry in full detail. Blocks for at most 5 s.

    Args:
        gateway: gives access to the actors.
        seq: the sequence number of the entry.
        payload_offset: the first byte of the payload to return.
        namespace: of the entries; None: outside namespaces, "*": all.

    Raises:
        ServiceError: the namespace cannot be used, or nothing answers.
    """
    entry = flushed(gateway).get(seq, scope_of(gateway, namespace))
    if entry is None:
        is_on = gateway.history.is_recording
        missing = (
            f"The journal has no entry {seq}, or no longer has it." if is_on else RECORDING_IS_OFF
        )
        return TrafficResult(entries=[], matched=0, next_cursor=seq, hint=missing)
    model = EntryModel.of(entry, "full", gateway.redaction, payload_offset)
    hint: str | None = None
    if model.payload_next is not None:
        hint = f"Read on with payload_offset={model.payload_next}."
    elif entry.is_truncated:
        hint = f"The journal keeps the first {KEPT_BYTES} bytes of a payload."
    return TrafficResult(entries=[model], matched=1, next_cursor=seq, hint=hint)


def flushed(gateway: Gateway) -> History:
    """Return the history. It has everything that happened before the call."""
    gateway.flush()
    return gateway.history


def recorded(gateway: Gateway) -> History:
    """Return the history as `flushed` does.

    Raises:
        NotPossible: nothing is recorded.
    """
    if not gateway.history.is_recording:
        raise NotPossible(RECORDING_IS_OFF)
    return flushed(gateway)


def _details(entry: JournalEntry, detail: Detail, redaction: Redaction) -> dict[str, Any]:
    if detail == "summary":
        return {}
    masked = redaction.details(entry)
    if entry.kind in ("handshake", "request", "response"):
        # A refused one may have no endpoint, so only its path says what was asked for.
        masked["path"] = entry.source.path
    shown: dict[str, Any] = masked if detail == "full" else shorten(masked)
    return shown


def _payload(
    entry: JournalEntry,
    detail: Detail,
    redaction: Redaction,
    offset: int,
    limit: int | None = None,
) -> tuple[str | None, int | None]:
    """Return the shown part of a payload, and the byte at which the rest begins, if any."""
    if entry.payload is None or detail == "summary":
        return None, None
    if limit is None:
        limit = FULL_CHARACTERS if detail == "full" else CONCISE_CHARACTERS
    if isinstance(entry.payload, bytes) and entry.kind != "text":
        kept = entry.payload
        piece = kept[offset : offset + limit // 4 * 3]
        shown, end = base64.b64encode(piece).decode(), offset + len(piece)
    else:
        whole = entry.payload
        text = whole if isinstance(whole, str) else whole.decode(errors="replace")
        masked = redaction.form(text) if _is_form(entry) else text
        kept = redaction.text(masked, is_whole=not entry.is_truncated).encode()
        # If the offset cuts a character in two, the page before has shown it.
        rest = kept[offset:].lstrip(_CONTINUATION) if offset else kept
        shown = _fitting(rest.decode(errors="replace"), limit)
        end = len(kept) - len(rest) + len(shown.encode())
    return shown, end if end < len(kept) else None


def _is_form(entry: JournalEntry) -> bool:
    if entry.kind != "request":
        return False
    content_type: str = entry.details["headers"].get("content-type", "")
    return content_type.lower().startswith(FORM)


_CONTINUATION = bytes(range(0x80, 0xC0))
"""The bytes that cannot begin a character (RFC 3629 section 3)."""


def _fitting(text: str, limit: int) -> str:
    """Return the beginning of a text that takes at most `limit` characters as JSON."""
    shown = text[:limit]
    while (length := len(json.dumps(shown, ensure_ascii=False)) - 2) > limit:
        shown = shown[: len(shown) * limit // length]
    return shown
