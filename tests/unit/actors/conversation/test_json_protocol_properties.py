"""What holds for any text and any JSON value that a client may send."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.json_behaviour import ID, handle_json, handle_text, sent
from tests.helpers.json_values import BIG_INTEGERS, JSON_VALUES
from websocket_mock.actors.conversation.core import BroadcastText, CountError, Effect
from websocket_mock.actors.conversation.json_protocol import (
    CAPABILITIES,
    ERROR_TYPES,
    SimulatedError,
)
from websocket_mock.actors.values.codec import decode
from websocket_mock.actors.values.effects import SendText

DIGITS = "123456789012345678901234567890"

NEARLY_JSON = st.text(alphabet='{}[]":,.-+eE0123456789 truefalsn\\/u\n\x00', max_size=60)

FIELDS = st.dictionaries(
    st.sampled_from(["test_id", "message", "delay_seconds", "error_type", "other"]), JSON_VALUES
)
KINDS = st.sampled_from(CAPABILITIES) | JSON_VALUES

BRACKETS = st.tuples(st.integers(0, 1100), st.sampled_from(["", "0", DIGITS]))


def handle_any(text: str) -> tuple[Effect, ...]:
    """Handle a text; only an error on purpose may be raised."""
    with suppress(SimulatedError):
        return handle_text(text)
    return ()


def assert_answers_are_sound(effects: tuple[Effect, ...], *, is_gibberish_meant: bool) -> None:
    for effect in effects:
        match effect:
            case SendText(payload=payload) if not is_gibberish_meant:
                answer = json.loads(payload)
                assert isinstance(answer["type"], str)
                assert answer["client_id"] == ID
            case BroadcastText(payload=payload):
                assert json.loads(payload)["from_client"] == ID


@given(st.text() | NEARLY_JSON)
@example("")
@example("\ufeff{}")
@example('{"type":"ping","test_id":"\\ud800"}')
def test_any_text_is_answered_without_an_error(text: str) -> None:
    assert_answers_are_sound(handle_any(text), is_gibberish_meant=False)


@given(JSON_VALUES)
def test_any_json_value_is_answered_without_an_error(value: Any) -> None:
    assert_answers_are_sound(handle_any(json.dumps(value)), is_gibberish_meant=False)


@given(KINDS, FIELDS)
def test_any_fields_of_any_type_are_answered_without_an_error(
    kind: Any, fields: dict[str, Any]
) -> None:
    effects = handle_any(json.dumps({**fields, "type": kind}))
    is_meant = kind == "error_test" and fields.get("error_type") == "invalid_json"
    assert_answers_are_sound(effects, is_gibberish_meant=is_meant)


@given(BRACKETS, st.sampled_from(["echo", "broadcast", "ping"]))
def test_any_depth_is_answered_without_an_error(brackets: tuple[int, str], kind: str) -> None:
    depth, inside = brackets
    nested = "[" * depth + inside + "]" * depth
    handle_any(f'{{"type": "{kind}", "message": {nested}, "test_id": {nested or 0}}}')


@given(KINDS.filter(lambda kind: kind not in CAPABILITIES), FIELDS)
def test_message_of_no_known_type_is_counted_as_an_error_once(
    kind: Any, fields: dict[str, Any]
) -> None:
    effects = handle_json(**{**fields, "type": kind})
    assert effects.count(CountError()) == 1
    assert sent(effects)["type"] == "error"


@given(FIELDS, st.sampled_from([None, 2]), st.booleans())
def test_echo_returns_the_exact_text(
    fields: dict[str, Any], indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps({**fields, "type": "echo"}, indent=indent, ensure_ascii=is_ascii)
    (effect,) = handle_text(text)
    assert isinstance(effect, SendText)
    assert text.encode() in effect.payload
    assert decode(effect.payload.decode())["original_message"] == decode(text)


@given(JSON_VALUES)
def test_any_message_survives_a_broadcast(message: Any) -> None:
    assert broadcast(json.dumps(message)) == message


@given(BIG_INTEGERS, st.integers(0, 5))
def test_big_integers_survive_a_broadcast(number: int, depth: int) -> None:
    text = '{"n": [' * depth + str(number) + "]}" * depth
    assert broadcast(text) == json.loads(text)


def broadcast(text: str) -> Any:
    (effect,) = handle_text(f'{{"type": "broadcast", "message": {text}}}')
    assert isinstance(effect, BroadcastText)
    return json.loads(effect.payload)["message"]


@given(BIG_INTEGERS)
def test_big_integers_survive_as_a_test_id(number: int) -> None:
    assert sent(handle_json(type="ping", test_id=number))["test_id"] == number


@given(st.sampled_from(ERROR_TYPES))
def test_only_the_error_type_exception_raises(kind: str) -> None:
    has_raised = False
    try:
        handle_json(type="error_test", error_type=kind)
    except SimulatedError:
        has_raised = True
    assert has_raised == (kind == "exception")
