"""The built-in JSON protocol, message by message."""

from typing import Any

import pytest

from tests.helpers.client_bench import client_snapshot
from tests.helpers.json_behaviour import ID, NOW, STATUS, handle, handle_json, handle_text, sent
from websocket_mock.actors.conversation.core import (
    AskClients,
    AskStats,
    BroadcastDone,
    BroadcastText,
    ClientsKnown,
    CountError,
    Effect,
    Event,
    HandlerFailed,
    NotePing,
    Opened,
    StartTimer,
    StatsKnown,
    TimerFired,
)
from websocket_mock.actors.conversation.json_protocol import CAPABILITIES, SimulatedError
from websocket_mock.actors.values.codec import decode
from websocket_mock.actors.values.effects import AnswerClose, FailConnection, SendPong, SendText
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    ProtocolViolated,
)
from websocket_mock.actors.values.models import ServerStats

STAMP = {"client_id": ID, "timestamp": NOW}
STATS = ServerStats(1, 1, 2, 3, 4, 5, 6, 7, 0.0, 8.5)


def assert_refused(effects: tuple[Effect, ...], message: str, **fields: Any) -> None:
    assert effects[0] == CountError()
    assert sent(effects) == {"type": "error", "error": message, **fields, **STAMP}
    assert len(effects) == 2


# --- unasked --------------------------------------------------------------------------------------


def test_welcome_tells_who_and_what() -> None:
    assert sent(handle(Opened())) == {
        "type": "welcome",
        "server_info": {
            "name": "WebSocket Mock Server",
            "version": "1.2.3",
            "capabilities": list(CAPABILITIES),
        },
        **STAMP,
    }


def test_capabilities_are_every_type_of_the_protocol() -> None:
    assert set(CAPABILITIES) == {
        "ping",
        "echo",
        "broadcast",
        "get_clients",
        "get_stats",
        "simulate_delay",
        "error_test",
    }


@pytest.mark.parametrize("kind", CAPABILITIES)
def test_every_capability_is_a_type_that_is_known(kind: str) -> None:
    message = {"type": kind, "message": "hello"}
    assert not [effect for effect in handle_json(**message) if effect == CountError()]


@pytest.mark.parametrize(
    ("event", "effect"),
    [
        (PingReceived(b"pay"), SendPong(b"pay")),
        (CloseReceived(1000, ""), AnswerClose()),
        (ProtocolViolated(1002, ""), FailConnection()),
    ],
)
def test_control_frames_are_answered_as_the_rfc_says(event: Event, effect: Effect) -> None:
    assert handle(event) == (effect,)


def test_pong_is_not_answered() -> None:
    assert handle(PongReceived(b"")) == ()


# --- ping and echo --------------------------------------------------------------------------------


def test_ping_is_noted_and_answered_with_the_time() -> None:
    effects = handle_json(type="ping")
    assert effects[0] == NotePing()
    assert sent(effects) == {"type": "pong", "server_time": "2025-06-15T15:06:40.250Z", **STAMP}


@pytest.mark.parametrize("test_id", ["a", "", 7, 0, 1.5, True, None, 2**70])
def test_pong_returns_the_test_id(test_id: Any) -> None:
    assert sent(handle_json(type="ping", test_id=test_id))["test_id"] == test_id


@pytest.mark.parametrize(("test_id", "name"), [([1], "an array"), ({}, "an object")])
def test_test_id_is_no_collection(test_id: Any, name: str) -> None:
    problem = f"Field 'test_id' is {name}, expected a string or number"
    assert_refused(handle_json(type="ping", test_id=test_id), problem)


def test_echo_returns_the_whole_message() -> None:
    message = {"type": "echo", "text": "grün", "more": [1, None, {"a": True}]}
    expected = {"type": "echo_response", "original_message": message, **STAMP}
    assert sent(handle_json(**message)) == expected


def test_echo_keeps_what_a_parser_would_lose() -> None:
    text = '{ "type":"echo", "a":1.0, "a":1e2, "n":123456789012345678901234567890, "s":"\\u0041" }'
    (effect,) = handle_text(text)
    assert isinstance(effect, SendText)
    assert text.encode() in effect.payload


# --- broadcast, clients and statistics ------------------------------------------------------------


@pytest.mark.parametrize("message", ["hello", {"a": [1]}, None, 0, 2**70])
def test_broadcast_names_its_sender(message: Any) -> None:
    (effect,) = handle_json(type="broadcast", message=message)
    assert isinstance(effect, BroadcastText)
    assert decode(effect.payload.decode()) == {
        "type": "broadcast",
        "from_client": ID,
        "message": message,
        "timestamp": NOW,
    }


def test_broadcast_without_a_message_is_refused() -> None:
    problem = "Field 'message' is missing, expected any JSON value"
    assert_refused(handle_json(type="broadcast"), problem)


def test_broadcast_nested_too_deeply_is_refused() -> None:
    # orjson parses 1,024 levels but writes 254, Python's encoder no more than its stack.
    text = '{"type": "broadcast", "message": ' + "[" * 1020 + "]" * 1020 + "}"
    assert_refused(handle_text(text), "Invalid JSON: nested too deeply")


def test_sender_is_told_how_many_got_its_broadcast() -> None:
    expected = {"type": "broadcast_sent", "recipients": 3, **STAMP}
    assert sent(handle(BroadcastDone(3))) == expected


def test_clients_are_asked_for_and_listed_in_their_public_form() -> None:
    assert handle_json(type="get_clients") == (AskClients(),)
    clients = (client_snapshot("0000000a"), client_snapshot("0000000b"))
    assert sent(handle(ClientsKnown(clients))) == {
        "type": "clients_list",
        "clients": [client.as_json() for client in clients],
        "total_clients": 2,
        **STAMP,
    }


def test_statistics_are_asked_for_and_reported_in_their_public_form() -> None:
    assert handle_json(type="get_stats") == (AskStats(),)
    expected = {"type": "server_stats", "stats": STATS.as_json(STATUS), **STAMP}
    assert sent(handle(StatsKnown(STATS))) == expected


# --- delays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_delay", "used"),
    [(2, 2), (0.5, 0.5), (0, 0), (-3, 0), (10, 10), (10.5, 10.0), (2**70, 10.0), (-1e300, 0)],
)
def test_delay_is_clamped_to_its_range(given_delay: float, used: float) -> None:
    effects = handle_json(type="simulate_delay", delay_seconds=given_delay)
    assert effects == (StartTimer(float(used), used),)


def test_delay_is_one_second_by_default() -> None:
    assert handle_json(type="simulate_delay") == (StartTimer(1.0, 1),)


@pytest.mark.parametrize(
    ("delay", "name"),
    [("1", "a string"), (True, "a boolean"), (None, "null"), ([], "an array"), ({}, "an object")],
)
def test_delay_is_a_number(delay: Any, name: str) -> None:
    problem = f"Field 'delay_seconds' is {name}, expected a number of seconds"
    assert_refused(handle_json(type="simulate_delay", delay_seconds=delay), problem)


def test_end_of_a_delay_tells_its_length() -> None:
    expected = {"type": "delay_completed", "delay_seconds": 2, **STAMP}
    assert sent(handle(TimerFired(2))) == expected


# --- errors on purpose ----------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"error_type": "generic"}])
def test_generic_error_is_an_answer_and_counts_as_none(fields: dict[str, str]) -> None:
    (effect,) = handle_json(type="error_test", **fields)
    assert sent((effect,)) == {
        "type": "error_test_response",
        "error_type": "generic",
        "message": "Simulated error",
        **STAMP,
    }


def test_exception_is_really_raised() -> None:
    with pytest.raises(SimulatedError, match="Simulated exception"):
        handle_json(type="error_test", error_type="exception")


def test_failed_handler_is_told_without_counting_it_again() -> None:
    (effect,) = handle(HandlerFailed(SimulatedError("Simulated exception")))
    message = "Internal error: Simulated exception"
    assert sent((effect,)) == {"type": "error", "error": message, **STAMP}


def test_timeout_is_never_answered() -> None:
    assert handle_json(type="error_test", error_type="timeout") == ()


def test_invalid_json_is_sent_as_text_that_is_no_json() -> None:
    (effect,) = handle_json(type="error_test", error_type="invalid_json")
    assert isinstance(effect, SendText)
    with pytest.raises(ValueError, match="column"):
        decode(effect.payload.decode())


@pytest.mark.parametrize("kind", ["other", None, 1, ["generic"], {}])
def test_unknown_error_type_lists_the_known_ones(kind: Any) -> None:
    problem = "Field 'error_type' must be one of: generic, exception, timeout, invalid_json"
    assert_refused(handle_json(type="error_test", error_type=kind), problem)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["unknown", "", "Ping", "welcome"])
def test_unknown_type_lists_the_known_ones(kind: str) -> None:
    problem = f"Unknown message type: {kind}"
    assert_refused(handle_json(type=kind), problem, available_types=list(CAPABILITIES))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[]", "an array"),
        ('"ping"', "a string"),
        ("1", "a number"),
        ("1.5", "a number"),
        (str(2**70), "a number"),
        ("true", "a boolean"),
        ("null", "null"),
    ],
)
def test_message_is_an_object(text: str, name: str) -> None:
    assert_refused(handle_text(text), f"Invalid JSON: expected an object, got {name}")


def test_type_is_required() -> None:
    assert_refused(handle_text("{}"), "Field 'type' is missing, expected a string")


@pytest.mark.parametrize(
    ("kind", "name"),
    [(1, "a number"), (None, "null"), (["ping"], "an array"), (False, "a boolean")],
)
def test_type_is_a_string(kind: Any, name: str) -> None:
    assert_refused(handle_json(type=kind), f"Field 'type' is {name}, expected a string")


@pytest.mark.parametrize("text", ["", "{", "nope", '{"type": "ping"', "\x00", "{'type': 'ping'}"])
def test_what_is_no_json_is_refused_with_its_place(text: str) -> None:
    effects = handle_text(text)
    assert_refused(effects, sent(effects)["error"])
    assert sent(effects)["error"].startswith("Invalid JSON: ")
    assert "column" in sent(effects)["error"]


@pytest.mark.parametrize("number", ["1e400", "-1E+999", "9" * 400, "9" * 5000])
def test_number_beyond_a_double_is_echoed_as_it_is(number: str) -> None:
    text = f'{{"type": "echo", "n": {number}}}'
    (effect,) = handle_text(text)
    assert isinstance(effect, SendText)
    assert text.encode() in effect.payload


def test_binary_message_is_refused() -> None:
    problem = "Invalid JSON: a binary message; send JSON as text"
    assert_refused(handle(BinaryReceived(b'{"type": "ping"}')), problem)
