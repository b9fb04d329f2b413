"""Every check of the scripted client fails when the server's answer is wrong."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers.program import RunningServer
from tests.helpers.tampering import Data, Tamper, tampering_server
from websocket_mock.scripts.clients.checks import CHECKS, run_check
from websocket_mock.scripts.clients.ctrl_c import CtrlC
from websocket_mock.scripts.clients.session import Lab

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
BY_NAME = dict(CHECKS)


def on(message_type: str, *changes: Callable[[Json], Json]) -> Tamper:
    """For each message of a type: one message per change. Without changes it is dropped."""

    def tamper(data: Data) -> list[Data]:
        message = parse(data)
        if message.get("type") != message_type:
            return [data]
        return [json.dumps(change(message)) for change in changes]

    return tamper


def instead(message_type: str, *texts: Data) -> Tamper:
    """For each message of a type: these messages."""
    return lambda data: texts if parse(data).get("type") == message_type else [data]


def parse(data: Data) -> Json:
    try:
        message = json.loads(data)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def same(message: Json) -> Json:
    return message


def put(**fields: Any) -> Callable[[Json], Json]:
    return lambda message: {**message, **fields}


def without(name: str) -> Callable[[Json], Json]:
    return lambda message: {key: value for key, value in message.items() if key != name}


def inside(field: str, change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    return lambda message: {**message, field: change(message[field])}


def as_floats(value: Any) -> Any:
    """What a server that reads JSON numbers as 64-bit values gives back."""
    return json.loads(json.dumps(value), parse_int=float)


def one_client_less(message: Json) -> Json:
    others = message["clients"][1:]
    return {**message, "clients": others, "total_clients": len(others)}


def counting(name: str, factor: float) -> Tamper:
    def scale(stats: Json) -> Json:
        return {**stats, name: int(stats[name] * factor)}

    return on("server_stats", inside("stats", scale))


def error_for_silence(data: Data) -> list[Data]:
    if parse(data).get("test_id") == "after no answer":
        return ['{"type": "error", "error": "late"}', data]
    return [data]


def late_error_for_silence(data: Data) -> list[Data]:
    return list(reversed(error_for_silence(data)))


def keep_type_of_frames(data: Data) -> list[Data]:
    return [data if isinstance(data, bytes) else data.encode()]


WRONG: list[tuple[str, Tamper, str]] = [
    ("welcome", on("welcome", put(client_id="1234ABCD")), "8 lower-case hex"),
    ("welcome", on("welcome", put(timestamp="now")), "'timestamp'"),
    ("welcome", on("welcome", inside("server_info", put(name="Other"))), "server_info.name"),
    ("welcome", on("welcome", inside("server_info", put(capabilities=["ping"]))), "lacks echo"),
    ("welcome", on("welcome"), "no welcome came in time"),
    ("ping", on("pong", put(test_id=None)), "was not sent"),
    ("ping", on("pong", put(client_id="00000000")), "client_id is"),
    ("ping", on("pong", without("server_time")), "'server_time' is missing"),
    ("ping with test_id", on("pong", lambda m: put(test_id=str(m["test_id"]))(m)), "test_id is"),
    ("echo", on("echo_response", inside("original_message", without("unicode"))), "sent was"),
    ("echo", on("echo_response", inside("original_message", as_floats)), "sent was"),
    ("echo of big integers", on("echo_response", inside("original_message", as_floats)), "sent"),
    ("broadcast", on("broadcast"), "no broadcast came in time"),
    ("broadcast", on("broadcast", same, same), "the broadcast came twice"),
    ("broadcast", on("broadcast", put(message="other")), "no broadcast came in time"),
    ("broadcast", on("broadcast_sent", put(recipients=0)), "recipients is 0"),
    ("broadcast", on("broadcast_sent", put(recipients="1")), "'recipients' is '1'"),
    ("get_clients", on("clients_list", one_client_less), "listed 0 times"),
    ("get_clients", on("clients_list", put(total_clients=99)), "total_clients is 99"),
    (
        "get_clients",
        on("clients_list", lambda m: {**m, "clients": [{"id": c["id"]} for c in m["clients"]]}),
        "has no field 'connected_at'",
    ),
    ("get_stats", counting("total_messages", 2), "total_messages grew by"),
    ("get_stats", counting("errors", 2), "errors grew by 2, expected 1"),
    ("get_stats", counting("broadcasts", 0), "broadcasts grew by 0, expected 1"),
    ("get_stats", counting("messages_sent", 0.5), "messages_sent grew by"),
    ("get_stats", counting("bytes_received", 0.5), "bytes_received grew by"),
    ("get_stats", counting("bytes_sent", 0.5), "bytes_sent grew by"),
    ("get_stats", on("server_stats", inside("stats", without("uptime_seconds"))), "uptime"),
    ("get_stats", on("server_stats", inside("stats", put(server_info={}))), "'host' is missing"),
    ("simulate_delay", on("delay_completed", put(delay_seconds=9)), "delay_seconds is 9"),
    ("simulate_delay", on("delay_completed"), "no delay_completed came"),
    ("simulate_delay", on("pong", put(type="delay_completed")), "type is"),
    ("simulate_delay, clamped", on("delay_completed", put(delay_seconds=-5)), "clamped"),
    ("error_test generic", on("error_test_response", put(error_type="x")), "error_type is"),
    ("error_test exception", on("error", put(type="pong")), "type is"),
    ("error_test exception", on("error", without("error")), "'error' is missing"),
    ("error_test exception", on("pong"), "no pong came in time"),
    ("error_test timeout", error_for_silence, "type is"),
    ("error_test timeout", late_error_for_silence, "expected no answer, got"),
    ("error_test invalid_json", lambda d: [d if parse(d) else "[]"], "not JSON, got []"),
    ("error_test invalid_json", lambda d: [d if parse(d) else b"x"], "expected a text message"),
    ("unknown type", on("error", put(available_types=["ping"])), "available_types lacks echo"),
    ("unknown type", on("error", put(error="Unknown")), "expected 'Unknown message type: "),
    ("not JSON", on("error", put(error="Bad")), "expected an error 'Invalid JSON: '"),
    ("not an object", on("error", put(error="Bad")), "expected an error 'Invalid JSON: '"),
    ("no type", on("error", put(error="Something is missing")), "does not name 'type'"),
    ("wrong field type", on("error", put(error="Bad")), "does not name 'delay_seconds'"),
    ("binary on the JSON endpoint", instead("error", '{"type": "pong"}'), "type is"),
    ("raw echo of text", lambda d: ['{"type": "welcome"}', d], "expected no JSON"),
    ("raw echo of text", keep_type_of_frames, "bytes: "),
    ("raw echo of binary", lambda d: [d[:-1]], "back, got"),
    ("raw echo of binary", lambda _: [], "no echo came in time"),
]


def test_every_check_is_proven_to_fail() -> None:
    assert {name for name, _, _ in WRONG} == set(BY_NAME)


@pytest.mark.parametrize(
    ("name", "tamper", "problem"), WRONG, ids=[f"{name}: {problem}" for name, _, problem in WRONG]
)
def test_wrong_answer_fails_the_check(
    running_server: RunningServer, name: str, tamper: Tamper, problem: str
) -> None:
    with tampering_server(running_server.websocket_url, tamper) as url:
        result = run_check(name, BY_NAME[name], Lab(url, 0.6, CtrlC()))
    assert problem in result.detail
    assert not result.passed
    assert result.milliseconds < 3000


def test_unchanged_answers_pass(running_server: RunningServer) -> None:
    with tampering_server(running_server.websocket_url, lambda data: [data]) as url:
        results = [run_check(name, check, Lab(url, 5, CtrlC())) for name, check in CHECKS]
    assert [result for result in results if not result.passed] == []
