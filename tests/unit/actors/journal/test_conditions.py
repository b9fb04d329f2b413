"""Questions about entries: what matches, and why not."""

import hashlib
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.helpers.journal import event_of, match_of, question_of, record_of
from websocket_mock.actors.journal.conditions import compile_entry_match, seen_in
from websocket_mock.actors.journal.schema import EntryKind, EntryMatch
from websocket_mock.actors.matching.matchers import BadMatcher
from websocket_mock.actors.values.entries import Record, Source, read

MINE = Source("0000000a", "prices", 4, "127.0.0.1:40001", "/prices/eur", "one")

TEXT = record_of('{"type": "subscribe", "depth": 5}', source=MINE)
SENT = record_of(b'{"tick": 1}', "text", "sent", source=MINE)
BINARY = record_of(b"\x0a\x0b", "binary", source=MINE)
CLOSE = event_of("close", code=1006, reason="gone", was_clean=False, by="server")
HANDSHAKE = event_of("handshake", status=503)
REQUEST = record_of("grant=1", "request")
RESPONSE = event_of("response", method="POST", status=200, rule="token")
RULE = event_of("rule", rule="greet")
VERDICT = event_of("verdict", passed=False)
BREACH = event_of("verdict", passed=False, contract="sends")
FAULT = event_of("fault", fault="late ticks", type="latency")

HOLDS: list[tuple[Record, dict[str, Any]]] = [
    (TEXT, {}),
    (TEXT, {"kind": "text"}),
    (TEXT, {"kind": "message"}),
    (BINARY, {"kind": "message"}),
    (BINARY, {"kind": "binary", "match": {"binary": "hex:0a0b"}}),
    (BINARY, {"match": {"type": "binary", "size": 2}}),
    (TEXT, {"direction": "received", "endpoint": "prices", "client": "0000000a"}),
    (TEXT, {"path": {"starts_with": "/prices"}, "attempt": {"at_least": 4}}),
    (TEXT, {"match": {"json": {"$.type": "subscribe", "$.depth": {"greater_than": 4}}}}),
    (TEXT, {"match": {"text": {"matches": "sub.*be"}}}),
    (TEXT, {"match": {"json_of": {"prefix": '{"type": ', "suffix": ', "depth": 5}'}}}),
    (SENT, {"direction": "sent", "match": {"json": {"$.tick": 1}}}),
    (CLOSE, {"kind": "close", "code": 1006, "was_clean": False, "by": "server"}),
    (CLOSE, {"code": {"one_of": [1000, 1006]}, "match": {"reason": "gone"}}),
    (HANDSHAKE, {"kind": "handshake", "status": {"at_least": 400}}),
    (REQUEST, {"kind": "http", "match": {"text": "grant=1"}}),
    (RESPONSE, {"kind": "http", "method": "POST", "status": 200, "rule": "token"}),
    (RESPONSE, {"kind": "response"}),
    (RULE, {"rule": "greet"}),
    (VERDICT, {"passed": False}),
    (BREACH, {"kind": "verdict", "contract": "sends"}),
    (FAULT, {"kind": "fault", "fault": {"starts_with": "late"}}),
]

FAILS: list[tuple[Record, dict[str, Any], str]] = [
    (TEXT, {"kind": "binary"}, 'kind: expected binary, got "text"'),
    (CLOSE, {"kind": "message"}, 'kind: expected message, got "close"'),
    (TEXT, {"direction": "sent"}, 'direction: expected "sent", got "received"'),
    (CLOSE, {"direction": "sent"}, 'direction: expected "sent", got nothing'),
    (TEXT, {"endpoint": "chat"}, 'endpoint: expected "chat", got "prices"'),
    (TEXT, {"client": "0000000b"}, 'client: expected "0000000b", got "0000000a"'),
    (TEXT, {"attempt": 3}, "attempt: expected 3, got 4"),
    (TEXT, {"path": "/"}, 'path: expected "/", got "/prices/eur"'),
    (TEXT, {"match": {"json": {"$.depth": 4}}}, "json $.depth: expected 4, got 5"),
    (TEXT, {"match": {"json": {"$.no": 4}}}, "json $.no: expected 4, got nothing"),
    (BINARY, {"match": {"text": "x"}}, 'text: expected "x", got nothing'),
    (CLOSE, {"code": 1000}, "code: expected 1000, got 1006"),
    (TEXT, {"code": 1000}, "code: expected 1000, got nothing"),
    (CLOSE, {"was_clean": True}, "was_clean: expected true, got false"),
    (CLOSE, {"by": "client"}, 'by: expected "client", got "server"'),
    (HANDSHAKE, {"status": 101}, "status: expected 101, got 503"),
    (REQUEST, {"kind": "message"}, 'kind: expected message, got "request"'),
    (RESPONSE, {"method": "GET"}, 'method: expected "GET", got "POST"'),
    (RULE, {"rule": "bye"}, 'rule: expected "bye", got "greet"'),
    (VERDICT, {"passed": True}, "passed: expected true, got false"),
    (BREACH, {"contract": "accepts"}, 'contract: expected "accepts", got "sends"'),
    (VERDICT, {"contract": "accepts"}, 'contract: expected "accepts", got nothing'),
    (FAULT, {"fault": "early"}, 'fault: expected "early", got "late ticks"'),
]


@pytest.mark.parametrize(("record", "conditions"), HOLDS, ids=str)
def test_entry_matches(record: Record, conditions: dict[str, Any]) -> None:
    verdict = question_of(**conditions)(read(1, record))

    assert verdict.matched, verdict.why


@pytest.mark.parametrize(("record", "conditions", "why"), FAILS, ids=str)
def test_entry_that_does_not_match_tells_why(
    record: Record, conditions: dict[str, Any], why: str
) -> None:
    verdict = question_of(**conditions)(read(1, record))

    assert not verdict.matched
    assert verdict.why == why


def test_what_a_message_says_is_looked_at_last() -> None:
    question = question_of(match={"json": {"$.type": "no"}}, kind="text", code=1000)

    assert question(read(1, TEXT)).why.startswith("code: ")


def test_condition_that_raises_does_not_match_and_says_so() -> None:
    schema = {"$ref": "#/nowhere"}
    verdict = question_of(match={"json": {"$.type": {"schema": schema}}})(read(1, TEXT))

    assert not verdict.matched
    assert "nowhere" in verdict.why


@pytest.mark.parametrize(
    ("conditions", "complaint"),
    [
        ({"path": {"matches": "("}}, "path: "),
        ({"match": {"text": {"matches": "("}}}, "text: "),
        ({"match": {"json": {"$[": 1}}}, "$["),
        ({"match": {"fields": {"id": 1}}}, "fields: nothing names the parts of binary messages"),
    ],
    ids=str,
)
def test_condition_that_cannot_be_compiled_is_named(
    conditions: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(BadMatcher) as refused:
        compile_entry_match(match_of(**conditions))

    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    "conditions",
    [{"kinds": "text"}, {"kind": "texts"}, {"direction": "in"}, {"match": {"txt": 1}}],
    ids=str,
)
def test_condition_that_does_not_exist_is_refused(conditions: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        match_of(**conditions)


def test_every_condition_has_a_case_above() -> None:
    used = {name for _, conditions in HOLDS for name in conditions}

    assert used == set(EntryMatch.model_fields)


def test_text_that_was_sent_is_seen_as_text() -> None:
    assert seen_in(read(1, SENT)).text == '{"tick": 1}'
    assert seen_in(read(1, BINARY)).binary == b"\x0a\x0b"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(kind=st.sampled_from(get_args(EntryKind)), wanted=JSON, payload=st.text() | st.binary())
def test_no_question_raises_whatever_an_entry_holds(
    kind: str, wanted: Any, payload: str | bytes
) -> None:
    record_kind: Any = "text" if isinstance(payload, str) else "binary"
    digest = hashlib.sha256(str(payload).encode()).hexdigest()
    entry = read(1, record_of(payload, record_kind, digest=digest))
    question = question_of(kind=kind, match={"json": {"equals": wanted}, "text": {"present": True}})

    verdict = question(entry)
    assert verdict.matched == (not verdict.why)
