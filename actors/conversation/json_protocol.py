"""The built-in JSON protocol: each text message is a JSON object, answered by its `type`.

The fields named `timestamp` are in Unix seconds; other times are ISO 8601 in UTC.
"""

from typing import Any

import orjson

from websocket_mock.actors.conversation.core import (
    AskClients,
    AskStats,
    BroadcastDone,
    BroadcastText,
    ClientsKnown,
    ConnectionContext,
    CountError,
    Effects,
    Event,
    HandlerFailed,
    NotePing,
    Opened,
    StartTimer,
    StatsKnown,
    TimerFired,
    answer_control,
)
from websocket_mock.actors.values.codec import decode, encode
from websocket_mock.actors.values.effects import SendText
from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived
from websocket_mock.actors.values.models import SERVER_NAME, iso_time

MAX_DELAY = 10.0
"""The longest `simulate_delay` in seconds; a longer one is shortened to it."""

CAPABILITIES = (
    "ping",
    "echo",
    "broadcast",
    "get_clients",
    "get_stats",
    "simulate_delay",
    "error_test",
)
"""All message types that a client may send."""

ERROR_TYPES = ("generic", "exception", "timeout", "invalid_json")

_NOTE_PING = NotePing()

_NOT_JSON = b'{"type": "error_test_response", "error_type": "invalid_json", "message": '

_JSON_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


class InvalidMessageError(ValueError):
    """Raised when a message is refused; the text is sent to the client."""


class SimulatedError(RuntimeError):
    """Raised on purpose, when a client sends an `error_test` of the type `exception`."""


class JsonProtocol:
    """The behaviour of paths that no endpoint has, and of `unmatched: builtin`."""

    __slots__ = ("_context", "_id")

    def __init__(self, context: ConnectionContext) -> None:
        self._context = context
        self._id = context.client_id

    def handle(self, event: Event, now: float) -> Effects:
        """Return the answer of the protocol."""
        # Most events are texts, and to match a pattern takes twice as long.
        if isinstance(event, TextReceived):
            return self._on_text(event.text, now)
        match event:
            case Opened():
                return (self._send(now, type="welcome", server_info=self._server_info()),)
            case TimerFired(payload=delay):
                return (self._send(now, type="delay_completed", delay_seconds=delay),)
            case BroadcastDone(recipients=recipients):
                return (self._send(now, type="broadcast_sent", recipients=recipients),)
            case ClientsKnown():
                return (self._clients_list(event, now),)
            case StatsKnown(stats=stats):
                figures = stats.as_json(self._context.server_status())
                return (self._send(now, type="server_stats", stats=figures),)
            case BinaryReceived():
                return self._refuse("Invalid JSON: a binary message; send JSON as text", now)
            case HandlerFailed(error=error):
                # The client actor has already counted the failure.
                return (self._send(now, type="error", error=f"Internal error: {error}"),)
            case _:
                return answer_control(event)

    def _on_text(self, text: str, now: float) -> Effects:
        try:
            return self._answer(_parse(text), text, now)
        except InvalidMessageError as error:
            return self._refuse(str(error), now)
        except RecursionError:
            return self._refuse("Invalid JSON: nested too deeply", now)

    def _answer(self, message: dict[str, Any], text: str, now: float) -> Effects:
        match message["type"]:
            case "ping":
                return self._pong(message, now)
            case "echo":
                # The original text keeps the numbers, the order and repeated keys as they were.
                original = orjson.Fragment(text)
                return (self._send(now, type="echo_response", original_message=original),)
            case "broadcast":
                return self._broadcast(message, now)
            case "get_clients":
                return (AskClients(),)
            case "get_stats":
                return (AskStats(),)
            case "simulate_delay":
                return _start_delay(message)
            case "error_test":
                return self._error_test(message.get("error_type", "generic"), now)
            case unknown:
                problem = f"Unknown message type: {unknown}"
                return self._refuse(problem, now, available_types=CAPABILITIES)

    def _send(self, now: float, **fields: Any) -> SendText:  # noqa: ANN401 - JSON values
        return SendText(encode({**fields, "client_id": self._id, "timestamp": now}))

    def _refuse(self, problem: str, now: float, **fields: Any) -> Effects:  # noqa: ANN401
        return (CountError(), self._send(now, type="error", error=problem, **fields))

    def _server_info(self) -> dict[str, Any]:
        version = self._context.server_version
        return {"name": SERVER_NAME, "version": version, "capabilities": CAPABILITIES}

    def _clients_list(self, known: ClientsKnown, now: float) -> SendText:
        clients = [client.as_json() for client in known.clients]
        return self._send(now, type="clients_list", clients=clients, total_clients=len(clients))

    def _pong(self, message: dict[str, Any], now: float) -> Effects:
        answer = {
            "type": "pong",
            "client_id": self._id,
            "timestamp": now,
            "server_time": iso_time(now),
        }
        if "test_id" in message:
            answer["test_id"] = _scalar(message, "test_id")
        return (_NOTE_PING, SendText(encode(answer)))

    def _broadcast(self, message: dict[str, Any], now: float) -> Effects:
        if "message" not in message:
            raise InvalidMessageError("Field 'message' is missing, expected any JSON value")
        shout = {
            "type": "broadcast",
            "from_client": self._id,
            "message": message["message"],
            "timestamp": now,
        }
        return (BroadcastText(encode(shout)),)

    def _error_test(self, kind: object, now: float) -> Effects:
        match kind:
            case "generic":
                fields = {"error_type": kind, "message": "Simulated error"}
                return (self._send(now, type="error_test_response", **fields),)
            case "exception":
                raise SimulatedError("Simulated exception")
            case "timeout":
                return ()
            case "invalid_json":
                return (SendText(_NOT_JSON),)
            case _:
                choices = ", ".join(ERROR_TYPES)
                raise InvalidMessageError(f"Field 'error_type' must be one of: {choices}")


def _parse(text: str) -> dict[str, Any]:
    try:
        message = decode(text)
    except ValueError as error:
        raise InvalidMessageError(f"Invalid JSON: {error}") from None
    if not isinstance(message, dict):
        raise InvalidMessageError(f"Invalid JSON: expected an object, got {_name(message)}")
    if "type" not in message:
        raise InvalidMessageError("Field 'type' is missing, expected a string")
    if not isinstance(message["type"], str):
        raise InvalidMessageError(f"Field 'type' is {_name(message['type'])}, expected a string")
    return message


def _start_delay(message: dict[str, Any]) -> Effects:
    delay = message.get("delay_seconds", 1)
    if isinstance(delay, bool) or not isinstance(delay, int | float):
        problem = f"Field 'delay_seconds' is {_name(delay)}, expected a number of seconds"
        raise InvalidMessageError(problem)
    delay = min(max(delay, 0), MAX_DELAY)
    return (StartTimer(float(delay), delay),)


def _scalar(message: dict[str, Any], field: str) -> Any:  # noqa: ANN401 - a JSON scalar
    value = message[field]
    if isinstance(value, dict | list):
        raise InvalidMessageError(f"Field '{field}' is {_name(value)}, expected a string or number")
    return value


def _name(value: object) -> str:
    return _JSON_NAMES.get(type(value), "a number")
