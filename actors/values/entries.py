"""What the journal keeps: records, which are noted, and entries, which are read."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "handshake",
    "open",
    "text",
    "binary",
    "ping",
    "pong",
    "close",
    "request",
    "response",
    "event",
    "error",
    "rule",
    "verdict",
    "fault",
]
Direction = Literal["received", "sent"]

KEPT_BYTES = 64 * 1024
"""The most payload bytes kept of an entry. A longer payload is cut; its size and hash stay."""

OVERHEAD_BYTES = 200
"""Bytes that are counted for each entry in addition to its payload."""


@dataclass(frozen=True, slots=True)
class Source:
    """The connection of a record; one object per connection."""

    client_id: str | None = None
    """None for a handshake that did not lead to a connection."""
    endpoint: str | None = None
    attempt: int = 1
    remote_address: str = ""
    path: str = ""
    namespace: str | None = None

    def packed(self) -> "PackedSource":
        """Return the form that records hold."""
        return (
            self.client_id,
            self.endpoint,
            self.attempt,
            self.remote_address,
            self.path,
            self.namespace,
        )


PackedSource = tuple[str | None, str | None, int, str, str, str | None]
"""The fields of a `Source`, in their order."""

Record = tuple[
    float, PackedSource, Kind, Direction | None, str | bytes | None, int, Mapping[str, Any] | None
]
"""One thing that happened, noted on the thread where it did: time (Unix seconds), source, kind,
direction, payload, its size in bytes, details.

It is a bare tuple of plain values, because each message makes two records. A class with named
fields took four times as long. The garbage collector skips tuples of plain values; with a class
inside it took an eighth of the time."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A record with its sequence number, in the form that everyone except the journal uses."""

    sequence: int
    time: float
    """Unix seconds."""
    source: Source
    kind: Kind
    direction: Direction | None
    payload: str | bytes | None
    """At most the first `KEPT_BYTES`."""
    size: int
    """Bytes of the whole payload."""
    details: Mapping[str, Any]
    """By kind: method, status, headers, code, reason, was_clean, by, rule, passed, contract,
    frames, sha256."""

    @property
    def is_truncated(self) -> bool:
        """Whether a part of the payload is missing."""
        return self.payload is not None and self.size > KEPT_BYTES

    @property
    def sha256(self) -> str | None:
        """The hash of the whole payload, in hexadecimal; None without a payload."""
        if self.payload is None:
            return None
        payload = self.payload
        whole = payload.encode() if isinstance(payload, str) else payload
        digest: str = self.details.get("sha256") or sha256_of(whole)
        return digest


def namespace_of(record: Record) -> str | None:
    """Return the namespace of a record."""
    return record[1][5]


def weight_of(record: Record) -> int:
    """Return the bytes that a record counts for."""
    return OVERHEAD_BYTES + min(record[5], KEPT_BYTES) + further_weight_of(record)


def further_weight_of(record: Record) -> int:
    """Return what a record counts for in addition: the headers of an HTTP request with a body."""
    details = record[6]
    if record[2] != "request" or record[4] is None or details is None:
        return 0
    return sum(len(name) + len(value) for name, value in details["headers"].items())


def sha256_of(payload: bytes) -> str:
    """Return the hash of a payload, in hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


def cut(record: Record, hash_of: Callable[[bytes], str] = sha256_of) -> Record:
    """Return a record with only the beginning of its payload, and with its hash."""
    time, source, kind, direction, payload, size, details = record
    if payload is None:
        return record
    whole = payload.encode() if isinstance(payload, str) else payload
    kept: str | bytes = whole[:KEPT_BYTES]
    if kind == "text" or isinstance(payload, str):
        # A character that was cut in two is left out.
        kept = whole[:KEPT_BYTES].decode(errors="ignore")
    details = {**(details or {}), "sha256": hash_of(whole)}
    return time, source, kind, direction, kept, size, details


def read(sequence: int, record: Record) -> JournalEntry:
    """Return the entry of a record."""
    time, source, kind, direction, payload, size, details = record
    if kind == "text" and direction == "received" and isinstance(payload, bytes):
        # The record shares the bytes with that of an echo.
        payload = payload.decode()
    return JournalEntry(
        sequence, time, Source(*source), kind, direction, payload, size, details or _NO_DETAILS
    )


_NO_DETAILS: Mapping[str, Any] = {}
