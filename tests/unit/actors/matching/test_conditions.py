"""Conditions on messages and on handshakes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.matching.conditions import (
    Condition,
    compile_handshake_match,
    compile_message_match,
)
from websocket_mock.actors.matching.layout import compile_layout
from websocket_mock.actors.matching.layout_schema import BinaryField
from websocket_mock.actors.matching.matchers import BadMatcher
from websocket_mock.actors.matching.message_view import MessageView, with_layout
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


# --- fields of binary messages --------------------------------------------------------------------

LAYOUT = compile_layout(
    {
        "id": BinaryField.model_validate({"at": 0, "as": "uint8"}),
        "name": BinaryField.model_validate({"at": 1, "as": "text", "length": 2}),
        "rest": BinaryField.model_validate({"after": "name", "as": "bytes"}),
    }
)


def on_fields(**fields: Any) -> Condition:
    return compile_message_match(MessageMatch.model_validate({"fields": fields}), LAYOUT)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": 7},
        {"id": {"at_least": 7}, "name": {"starts_with": "a"}},
        {"rest": "hex:00ff"},
        {"rest": {"ends_with": "base64:/w==", "length": 2}},
        {"name": {"present": True}},
    ],
)
def test_fields_are_matched_by_their_types(fields: dict[str, Any]) -> None:
    seen = with_layout(MessageView(binary=b"\x07ab\x00\xff"), LAYOUT)
    assert on_fields(**fields).test(seen).matched
    other = with_layout(MessageView(binary=b"\x06"), LAYOUT)
    assert not on_fields(**fields).test(other).matched


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"id": 8}, "fields.id: expected 8, got 7"),
        ({"name": "ab"}, 'fields.name: expected "ab", got nothing'),
    ],
)
def test_reason_names_the_field(fields: dict[str, Any], why: str) -> None:
    assert on_fields(**fields).test(with_layout(MessageView(binary=b"\x07"), LAYOUT)).why == why


def test_field_may_be_expected_to_be_missing() -> None:
    condition = on_fields(name={"present": False})
    assert condition.test(with_layout(MessageView(binary=b"\x07"), LAYOUT)).matched
    assert condition.test(text("abc")).matched


def test_field_that_the_layout_does_not_have_is_refused_with_the_nearest() -> None:
    why = r"^fields\.nam: the endpoint has no such field; did you mean 'name'\?"
    with pytest.raises(BadMatcher, match=why):
        on_fields(nam="a")


def test_fields_without_a_layout_are_refused() -> None:
    with pytest.raises(BadMatcher, match=r"^fields: nothing names the parts of binary messages"):
        on_message(fields={"id": 7})


# --- JSON in a part of a text ---------------------------------------------------------------------

BODY = {"matches": r"^\d+(?P<body>\[.*)$"}


@pytest.mark.parametrize(
    ("match", "taken", "refused"),
    [
        (
            {"json_of": {"prefix": "42", "json": {"$[0]": "chat"}}},
            ['42["chat",1]'],
            ['42["other"]', '["chat"]', '43["chat"]', "42", "42x", '421["chat"]'],
        ),
        ({"json_of": {"prefix": "42"}}, ["421", "42null", '42{"a":1}'], ["42", "42 x", "4"]),
        (
            {"json_of": {"suffix": "\u001e", "json": {"includes": {"a": 1}}}},
            ['{"a":1}\u001e'],
            ['{"a":1}', '{"a":2}\u001e', "\u001e"],
        ),
        ({"json_of": {"prefix": "<", "suffix": ">", "json": 1}}, ["<1>"], ["<>", "<", "1>"]),
        ({"json_of": {"prefix": "aa", "suffix": "aa"}}, ["aa1aa"], ["aaa", "aa"]),
        (
            {"text": BODY, "json_of": {"group": "body", "json": {"$[0]": "a"}}},
            ['12["a"]'],
            ['["a"]', '12["b"]', "12[no"],
        ),
        (
            {"text": {"matches": "^x(?P<body>.*)?"}, "json_of": {"group": "body", "prefix": "-"}},
            ["x-1"],
            ["x", "x1"],
        ),
        ({"json_of": {"prefix": "a", "json": None}}, ["anull"], ["a0", "a"]),
        ({"text": "a1", "json_of": {"prefix": "a"}}, ["a1"], ["a2"]),
    ],
)
def test_json_in_a_part_of_a_text_is_matched(
    match: dict[str, Any], taken: list[str], refused: list[str]
) -> None:
    condition = on_message(**match)
    assert not condition.is_empty
    assert [one for one in taken if not condition.test(text(one)).matched] == []
    assert [one for one in refused if condition.test(text(one)).matched] == []
    assert not condition.test(MessageView(binary=b"421")).matched
    assert not condition.test(MessageView()).matched


def test_json_in_a_part_of_a_text_is_captured_with_the_groups() -> None:
    condition = on_message(text=BODY, json_of={"group": "body", "as": "event"})
    assert condition.match(text('7["a",{"b":1}]')) == {
        "body": '["a",{"b":1}]',
        "event": ["a", {"b": 1}],
    }
    json = {"$": {"matches": "^(?P<first>.)"}}
    condition = on_message(json_of={"prefix": "#", "json": json})
    assert condition.match(text('#"xy"')) == {"first": "x", "json": "xy"}


@pytest.mark.parametrize(
    ("match", "seen", "why"),
    [
        (
            {"json_of": {"prefix": "42"}},
            "43[]",
            'json_of: expected a text that starts with "42", got "43[]"',
        ),
        (
            {"json_of": {"prefix": "<", "suffix": ">"}},
            "<1",
            'json_of: expected a text that starts with "<" and ends with ">", got "<1"',
        ),
        ({"json_of": {"prefix": "42"}}, "42x", 'json_of: expected JSON, got "x"'),
        (
            {"json_of": {"prefix": "42", "json": {"$[0]": "a"}}},
            '42["b"]',
            'json_of $[0]: expected "a", got "b"',
        ),
        ({"json_of": {"prefix": "42", "json": 1}}, "422", "json_of: expected 1, got 2"),
        (
            {"text": {"matches": "a(?P<body>b)?"}, "json_of": {"group": "body"}},
            "a",
            "json_of: expected in the group 'body' a text, got nothing",
        ),
        ({"text": "a", "json_of": {"prefix": "4"}}, "4", 'text: expected "a", got "4"'),
    ],
)
def test_reason_says_what_was_expected_of_the_part(
    match: dict[str, Any], seen: str, why: str
) -> None:
    assert on_message(**match).test(text(seen)).why == why


def test_all_conditions_that_hold_are_counted() -> None:
    condition = on_message(json={"$.a": 1, "$.b": 2})
    counts = [condition.count_matching(text(one)) for one in ("{}", '{"b": 2}', '{"a": 1}')]
    assert counts == [0, 1, 1]


def test_json_of_counts_as_the_last_condition() -> None:
    condition = on_message(type="text", json_of={"prefix": "4"})
    counts = [condition.count_matching(one) for one in (MessageView(), text("5"), text("41"))]
    assert counts == [0, 1, 2]


@pytest.mark.parametrize(
    ("match", "why"),
    [
        (
            {"text": BODY, "json_of": {"group": "bodi"}},
            r"json_of\.group: no regular expression .* captures 'bodi'; did you mean 'body'\?",
        ),
        (
            {"text": "a", "json_of": {"group": "body"}},
            r"json_of\.group: no regular expression of the same match captures 'body'; there is",
        ),
        ({"json_of": {"prefix": "4", "json": {"$[": 1}}}, r"'\$\[' is not a valid JSONPath"),
        (
            {"json_of": {"prefix": "4", "json": {"$": {"matches": "("}}}},
            r"json_of \$: not a valid regular expression",
        ),
    ],
)
def test_json_of_that_cannot_work_is_refused_with_its_place(
    match: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadMatcher, match=f"^{why}"):
        on_message(**match)


@pytest.mark.parametrize(
    "inner",
    [
        {"all": [{"contains": "a"}, BODY]},
        {"any": [BODY, "x"]},
        {"any": [{"all": [BODY]}]},
    ],
)
def test_group_may_be_captured_at_any_depth(inner: dict[str, Any]) -> None:
    condition = on_message(text=inner, json_of={"group": "body"})
    assert condition.test(text('1["a"]')).matched


def test_group_under_not_captures_nothing() -> None:
    with pytest.raises(BadMatcher, match=r"^json_of\.group"):
        on_message(text={"not": BODY}, json_of={"group": "body"})


@given(st.text("42[]1\u001e", max_size=8), st.text("42\u001e", min_size=1, max_size=3))
def test_any_text_is_taken_or_refused_with_a_reason(seen: str, mark: str) -> None:
    for place in ({"prefix": mark}, {"suffix": mark}, {"prefix": mark, "suffix": mark}):
        verdict = on_message(json_of=place).test(text(seen))
        assert verdict.matched != bool(verdict.why)


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
