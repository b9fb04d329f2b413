"""Conditions on messages and on handshakes."""

from typing import Any

import pytest

from websocket_mock.actors.matching.conditions import (
    Condition,
    compile_handshake_match,
    compile_message_match,
)
from websocket_mock.actors.matching.matchers import BadMatcher
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.schema import HandshakeMatch, MessageMatch
from websocket_mock.actors.values.handshake_request import HandshakeRequest

REQUEST = HandshakeRequest(
    path="/orders/acme",
    query={"device": "d1", "empty": ""},
    headers={"authorization": "Bearer x", "x-many": "a, b"},
    cookies={"session": "s1"},
    origin="https://example.test",
    subprotocols=["v2", "v1"],
    remote_address="127.0.0.1",
    attempt=3,
)


def on_message(**match: Any) -> Condition:
    return compile_message_match(MessageMatch.model_validate(match))


def on_handshake(**match: Any) -> Condition:
    return compile_handshake_match(HandshakeMatch.model_validate(match))


def text(value: str) -> MessageView:
    return MessageView(text=value, size=len(value.encode()))


# --- messages -------------------------------------------------------------------------------------


def test_condition_without_fields_takes_everything() -> None:
    condition = on_message()
    assert condition.is_empty
    assert condition.test(MessageView()).matched
    assert not on_message(text="a").is_empty


@pytest.mark.parametrize(
    ("match", "taken", "refused"),
    [
        ({"text": "a"}, [text("a")], [text("b"), MessageView(binary=b"a"), MessageView()]),
        ({"binary": "hex:61"}, [MessageView(binary=b"a")], [text("a"), MessageView(binary=b"b")]),
        ({"type": "text"}, [text("a")], [MessageView(binary=b"a"), MessageView()]),
        ({"type": "binary"}, [MessageView(binary=b"a")], [text("a")]),
        ({"size": {"at_most": 2}}, [text("ab"), MessageView(binary=b"a", size=1)], [text("€")]),
        (
            {"code": 1001},
            [MessageView(code=1001, reason="")],
            [MessageView(code=1000), text("1001")],
        ),
        (
            {"reason": {"contains": "bye"}},
            [MessageView(code=1000, reason="bye!")],
            [MessageView(code=1000)],
        ),
        ({"json": {"$.a": 1}}, [text('{"a": 1}')], [text('{"a": 2}'), text("{}"), text("no")]),
        ({"json": {"$.a": 1, "$.b": 2}}, [text('{"a": 1, "b": 2}')], [text('{"a": 1}')]),
        ({"json": {"$.a": {"present": False}}}, [text("{}"), text("[]")], [text('{"a": null}')]),
        ({"json": {"$.a": {"present": True}}}, [text('{"a": null}')], [text("{}"), text("x")]),
        ({"json": {"$[*]": 1}}, [text("[2, 1]")], [text("[2, 3]"), text("[]")]),
        ({"json": [1, 2]}, [text("[1, 2]")], [text("[1]"), text("no")]),
        ({"json": None}, [text("null")], [text("0"), text(""), MessageView(binary=b"null")]),
        ({"json": {"includes": {"a": 1}}}, [text('{"a": 1, "b": 2}')], [text('{"b": 2}')]),
        (
            {"json": {"present": True}},
            [text("1"), text("null")],
            [text("no"), MessageView(binary=b"1")],
        ),
        ({"json": {"not": {"present": True}}}, [text("no")], [text("1")]),
        ({"text": {"starts_with": "{"}, "json": {"$.a": 1}}, [text('{"a":1}')], [text(' {"a":1}')]),
    ],
)
def test_message_is_taken_or_refused(
    match: dict[str, Any], taken: list[MessageView], refused: list[MessageView]
) -> None:
    condition = on_message(**match)
    assert all(condition.test(seen).matched for seen in taken)
    assert not any(condition.test(seen).matched for seen in refused)


def test_captures_of_all_fields_come_together() -> None:
    condition = on_message(
        text={"matches": r"^(?P<first>.)"},
        json={"$.id": {"matches": "^(?P<prefix>[a-z]+)-"}},
    )
    assert condition.test(text('{"id": "ab-1"}')).captures == {"first": "{", "prefix": "ab"}


@pytest.mark.parametrize(
    ("match", "seen", "why"),
    [
        ({"text": "a"}, text("b"), 'text: expected "a", got "b"'),
        ({"json": {"$.a": 1}}, text('{"a": 2}'), "json $.a: expected 1, got 2"),
        ({"json": {"$.a": 1}}, text("no"), "json $.a: expected 1, got nothing"),
        ({"json": {"$[*]": 1}}, text("[2, 3]"), "json $[*]: expected 1, got 2"),
        ({"json": 1}, text("2"), "json: expected 1, got 2"),
        ({"binary": "hex:00"}, MessageView(binary=b"\x01"), "binary: expected hex:00, got hex:01"),
        ({"type": "text"}, MessageView(binary=b""), 'type: expected "text", got "binary"'),
    ],
)
def test_reason_begins_with_the_field(match: dict[str, Any], seen: MessageView, why: str) -> None:
    assert on_message(**match).test(seen).why == why


def test_first_reason_does_not_depend_on_the_order_in_which_fields_were_written() -> None:
    fields: dict[str, Any] = {
        "json": {"$.a": 1},
        "type": "binary",
        "text": "other",
        "size": 99,
        "binary": "hex:00",
    }
    seen = text('{"a": 2}')
    forth = on_message(**fields).test(seen).why
    back = on_message(**dict(reversed(fields.items()))).test(seen).why
    assert forth == back
    # By name, and JSON last, because it costs most.
    assert forth.startswith("binary: ")


def test_json_is_not_read_when_a_cheaper_field_differs() -> None:
    class Unreadable(MessageView):
        __slots__ = ()

        @property
        def json(self) -> Any:
            raise AssertionError("read without need")

    condition = on_message(json={"$.a": 1}, text="other")
    assert not condition.test(Unreadable(text="{}")).matched


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"text": {"matches": "("}}, "text: not a valid regular expression"),
        ({"binary": "0a"}, "binary: give binary data as hex"),
        ({"json": {"$.a": {"matches": "("}}}, r"json \$.a: not a valid regular expression"),
        ({"json": {"$[": 1}}, r"'\$\[' is not a valid JSONPath"),
        ({"json": {"schema": {"type": 1}}}, "json: not a valid JSON Schema"),
    ],
)
def test_condition_that_cannot_work_is_refused_with_its_place(
    match: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadMatcher, match=f"^{why}"):
        on_message(**match)


# --- handshakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "match",
    [
        {},
        {"path": "/orders/acme"},
        {"path": {"starts_with": "/orders/"}},
        {"query": {"device": "d1"}},
        {"query": {"empty": ""}},
        {"query": {"missing": {"present": False}}},
        {"headers": {"Authorization": {"starts_with": "Bearer "}}},
        {"headers": {"X-MANY": "a, b"}},
        {"headers": {"missing": {"not": {"present": True}}}},
        {"cookies": {"session": "s1"}},
        {"origin": {"matches": r"example\.test$"}},
        {"subprotocols": {"contains": "v1"}},
        {"subprotocols": ["v2", "v1"]},
        {"remote_address": "127.0.0.1"},
        {"attempt": 3},
        {"attempt": {"less_than": 4}},
        {"attempt": {"at_least": 2}, "query": {"device": {"length": 2}}},
    ],
)
def test_handshake_is_taken(match: dict[str, Any]) -> None:
    assert on_handshake(**match).test(REQUEST).matched


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"path": "/"}, 'path: expected "/", got "/orders/acme"'),
        ({"query": {"device": "d2"}}, 'query.device: expected "d2", got "d1"'),
        ({"query": {"Device": "d1"}}, 'query.Device: expected "d1", got nothing'),
        ({"headers": {"X-A": "1"}}, 'headers.X-A: expected "1", got nothing'),
        ({"cookies": {"session": "s2"}}, 'cookies.session: expected "s2", got "s1"'),
        ({"origin": "null"}, 'origin: expected "null", got "https://example.test"'),
        ({"subprotocols": []}, 'subprotocols: expected [], got ["v2", "v1"]'),
        ({"attempt": 1}, "attempt: expected 1, got 3"),
        ({"attempt": 1, "path": "/"}, "attempt: expected 1, got 3"),
        ({"path": "/", "attempt": 1}, "attempt: expected 1, got 3"),
    ],
)
def test_handshake_is_refused_with_the_field(match: dict[str, Any], why: str) -> None:
    assert on_handshake(**match).test(REQUEST).why == why


def test_client_without_an_origin_has_none() -> None:
    request = HandshakeRequest("/")
    assert on_handshake(origin={"present": False}).test(request).matched
    assert not on_handshake(origin={"present": True}).test(request).matched


def test_handshake_condition_that_cannot_work_is_refused_with_its_place() -> None:
    with pytest.raises(BadMatcher, match=r"^headers\.X-A: not a valid regular expression"):
        on_handshake(headers={"X-A": {"matches": "("}})
