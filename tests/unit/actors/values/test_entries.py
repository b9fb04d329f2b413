"""What is kept of what happened."""

import hashlib

import pytest

from tests.helpers.journal import event_of, record_of
from websocket_mock.actors.values.entries import KEPT_BYTES, OVERHEAD_BYTES, cut, read, weight_of

LARGE = KEPT_BYTES + 1


def test_entry_has_everything_of_its_record() -> None:
    entry = read(7, record_of(b"\x01", "binary", "sent", at=1, frames=2))

    assert (entry.sequence, entry.kind, entry.direction) == (7, "binary", "sent")
    assert (entry.payload, entry.size, entry.details) == (b"\x01", 1, {"frames": 2})
    assert entry.source.client_id == "0000000a"


def test_received_text_is_a_text_in_its_entry() -> None:
    assert read(1, record_of("5 €".encode(), "text", "received")).payload == "5 €"


def test_entry_without_details_has_an_empty_mapping() -> None:
    assert read(1, record_of()).details == {}


@pytest.mark.parametrize("payload", ["ü" * LARGE, b"\x00\xff" * LARGE], ids=["text", "binary"])
def test_large_payload_is_cut_and_keeps_its_size_and_hash(payload: str | bytes) -> None:
    whole = payload.encode() if isinstance(payload, str) else payload
    entry = read(1, cut(record_of(payload, "text" if isinstance(payload, str) else "binary")))
    assert entry.payload is not None
    kept = entry.payload.encode() if isinstance(entry.payload, str) else entry.payload

    assert entry.is_truncated
    assert kept == whole[:KEPT_BYTES]
    assert entry.size == len(whole)
    assert entry.sha256 == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize("is_encoded", [True, False])
def test_cut_never_splits_a_character(is_encoded: bool) -> None:
    text = "x" + "€" * KEPT_BYTES
    entry = read(1, cut(record_of(text.encode() if is_encoded else text)))

    assert isinstance(entry.payload, str)
    assert len(entry.payload.encode()) <= KEPT_BYTES
    assert set(entry.payload) == {"x", "€"}


def test_cut_keeps_details() -> None:
    assert read(1, cut(record_of(b"x" * LARGE, frames=3))).details["frames"] == 3


def test_small_payload_is_whole_and_has_a_hash() -> None:
    entry = read(1, record_of("hé"))

    assert not entry.is_truncated
    assert entry.sha256 == hashlib.sha256("hé".encode()).hexdigest()


def test_entry_without_payload_has_no_hash() -> None:
    entry = read(1, event_of("open"))

    assert entry.sha256 is None
    assert not entry.is_truncated
    assert cut(event_of("open")) == event_of("open")


def test_record_weighs_what_is_kept_and_a_share() -> None:
    assert weight_of(record_of("12345")) == 5 + OVERHEAD_BYTES
    assert weight_of(record_of(b"x" * 10 * LARGE)) == KEPT_BYTES + OVERHEAD_BYTES
    assert weight_of(event_of("open")) == OVERHEAD_BYTES
