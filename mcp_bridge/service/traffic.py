"""The verb `traffic`: the journal, read in pages that fit into a result."""

import base64
import json
from typing import Any, Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.entries import KEPT_BYTES, JournalEntry
from websocket_mock.actors.values.models import iso_time
from websocket_mock.mcp_bridge.service.errors import NotPossible, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.history import RECORDING_IS_OFF, History
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.redaction import Redaction
from websocket_mock.mcp_bridge.service.sizes import CONCISE_CHARACTERS, shorten, take_fitting

Detail = Literal["summary", "concise", "full"]

FULL_CHARACTERS = 12_000
"""Most that a result shows of one payload, as JSON; what is behind it is read with an offset."""

MORE_ENTRIES = "There are more: pass next_cursor as after."
MORE_PAYLOAD = "Payloads are cut: read on with seq, and payload_next as payload_offset."


class EntryModel(BaseModel):
    """One entry of the journal."""

    seq: int
    time: str = Field(description="ISO 8601, UTC")
    kind: str
    direction: str | None = Field(description="received: from the client; sent: to it")
    client: str | None
    namespace: str | None
    endpoint: str | None
    attempt: int
    size: int | None = Field(description="bytes of the whole payload")
    payload: str | None = Field(description="text, or base64 of binary; see payload_next")
    payload_next: int | None = Field(
        default=None, description="pass as payload_offset, with seq, to read on; in full detail"
    )
    truncated: bool = Field(description="whether this is not the whole payload")
    sha256: str | None = Field(default=None, description="of the whole payload, in full detail")
    details: dict[str, Any]

    @classmethod
    def of(
        cls, entry: JournalEntry, detail: Detail, redaction: Redaction, payload_offset: int = 0
    ) -> "EntryModel":
        """Return the public form of an entry, redacted; in full detail from an offset on."""
        payload, following = _payload(entry, detail, redaction, payload_offset)
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
    """Some of the journal, oldest first."""

    entries: list[EntryModel]
    matched: int = Field(description="entries that match in all, behind the cursor")
    next_cursor: int = Field(description="pass as `after` for what comes next")
    hint: str | None = None


@verb
def read_traffic(
    gateway: Gateway,
    match: EntryMatch,
    after: int = 0,
    limit: int = 50,
    detail: Detail = "concise",
    namespace: str | None = None,
) -> TrafficResult:
    """Return the entries of the journal that match, oldest first; blocks for 5 s at most.

    Args:
        gateway: the way to the server.
        match: conditions; all must hold.
        after: only entries behind this sequence number.
        limit: most entries to return; fewer where they do not fit into a result.
        detail: summary: no payloads; concise: cut short; full: up to `FULL_CHARACTERS` of each.
        namespace: whose entries; None: outside of any, "*": all.

    Raises:
        ServiceError: the conditions or the namespace cannot be used, or nothing answers.
    """
    scope = scope_of(gateway, namespace)
    found = flushed(gateway).read(match, after, limit, scope)
    redaction = gateway.redaction
    entries = take_fitting(EntryModel.of(entry, detail, redaction) for entry in found.entries)
    is_all = len(entries) == found.matched
    hints = [] if is_all else [MORE_ENTRIES]
    if any(entry.payload_next is not None for entry in entries):
        hints.append(MORE_PAYLOAD)
    if not gateway.history.is_recording:
        hints = [RECORDING_IS_OFF]
    elif not found.matched:
        hints = ["Nothing matches; leave out conditions to see what there is."]
    return TrafficResult(
        entries=entries,
        matched=found.matched,
        next_cursor=found.last if is_all else entries[-1].seq,
        hint=" ".join(hints) or None,
    )


@verb
def read_entry(
    gateway: Gateway, seq: int, payload_offset: int = 0, namespace: str | None = None
) -> TrafficResult:
    """Return one entry in full detail, its payload from an offset on; blocks for 5 s at most.

    Args:
        gateway: the way to the server.
        seq: its sequence number.
        payload_offset: bytes of the payload to leave out at its beginning.
        namespace: whose entries; None: outside of any, "*": all.

    Raises:
        ServiceError: the namespace cannot be used, or nothing answers.
    """
    entry = flushed(gateway).get(seq, scope_of(gateway, namespace))
    if entry is None:
        is_on = gateway.history.is_recording
        missing = f"Entry {seq} is not kept (any more)." if is_on else RECORDING_IS_OFF
        return TrafficResult(entries=[], matched=0, next_cursor=seq, hint=missing)
    model = EntryModel.of(entry, "full", gateway.redaction, payload_offset)
    hint: str | None = None
    if model.payload_next is not None:
        hint = f"Read on with payload_offset={model.payload_next}."
    elif entry.is_truncated:
        hint = f"The journal keeps the first {KEPT_BYTES} bytes of a payload."
    return TrafficResult(entries=[model], matched=1, next_cursor=seq, hint=hint)


def flushed(gateway: Gateway) -> History:
    """Return the history, with everything in it that happened before the call."""
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
    shown: dict[str, Any] = masked if detail == "full" else shorten(masked)
    return shown


def _payload(
    entry: JournalEntry, detail: Detail, redaction: Redaction, offset: int
) -> tuple[str | None, int | None]:
    """Return what is shown of a payload, and at which byte of it the rest begins, if any."""
    if entry.payload is None or detail == "summary":
        return None, None
    limit = FULL_CHARACTERS if detail == "full" else CONCISE_CHARACTERS
    if isinstance(entry.payload, bytes) and entry.kind != "text":
        kept = entry.payload
        piece = kept[offset : offset + limit // 4 * 3]
        shown, end = base64.b64encode(piece).decode(), offset + len(piece)
    else:
        whole = entry.payload
        text = whole if isinstance(whole, str) else whole.decode(errors="replace")
        kept = redaction.text(text, is_whole=not entry.is_truncated).encode()
        # A character that the offset cuts in two was shown before.
        rest = kept[offset:].lstrip(_CONTINUATION) if offset else kept
        shown = _fitting(rest.decode(errors="replace"), limit)
        end = len(kept) - len(rest) + len(shown.encode())
    return shown, end if end < len(kept) else None


_CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes that begin no character (RFC 3629 section 3)."""


def _fitting(text: str, limit: int) -> str:
    """Return the beginning of a text that takes so many characters as JSON at most."""
    shown = text[:limit]
    while (length := len(json.dumps(shown, ensure_ascii=False)) - 2) > limit:
        shown = shown[: len(shown) * limit // length]
    return shown
