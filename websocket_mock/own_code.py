"""For functions that mocks files `call`: what they get, and the effects that they return.

A function takes an event and the connection, and returns effects::

    from websocket_mock.own_code import Connection, Event, send_json

    def answer(event: Event, connection: Connection):
        return [send_json({"echo": event.json, "attempt": connection.attempt})]

It is pure: it changes nothing, and what it returns is done by the server. It must not block,
because it runs on the thread that serves many connections. An exception is an error in the journal,
and the connection goes on.
"""

from typing import Any

from websocket_mock.actors.conversation.core import JoinGroup, LeaveGroup, Publish
from websocket_mock.actors.conversation.own_code import (
    Connection,
    Event,
    Function,
    OwnEffect,
    SetState,
    SetVariables,
)
from websocket_mock.actors.conversation.variables import ScopeName
from websocket_mock.actors.values.codec import encode
from websocket_mock.actors.values.effects import (
    Abort,
    SendBinary,
    SendPing,
    SendText,
    StartClose,
)
from websocket_mock.actors.values.frames import why_unsendable
from websocket_mock.actors.values.targets import Everyone, InGroup

__all__ = [
    "Connection",
    "Event",
    "Function",
    "OwnEffect",
    "abort",
    "close",
    "join",
    "leave",
    "ping",
    "publish",
    "send_binary",
    "send_json",
    "send_text",
    "set_state",
    "set_variables",
]


def send_text(text: str) -> SendText:
    """Return the effect that sends a text message to the client."""
    return SendText(text.encode())


def send_json(value: Any) -> SendText:  # noqa: ANN401 - any JSON value
    """Return the effect that sends a JSON value as a text message to the client.

    Raises:
        TypeError: the value is not JSON.
    """
    return SendText(encode(value))


def send_binary(data: bytes) -> SendBinary:
    """Return the effect that sends a binary message to the client."""
    return SendBinary(bytes(data))


def publish(text: str, *, group: str | None = None) -> Publish:
    """Return the effect that sends a text to a group; None: to all clients of the namespace."""
    target = Everyone() if group is None else InGroup(group)
    return Publish(target, text.encode(), is_text=True)


def ping(payload: bytes = b"") -> SendPing:
    """Return the effect that sends a ping with at most 125 bytes.

    Raises:
        ValueError: the payload is longer (RFC 6455 section 5.5).
    """
    if len(payload) > 125:  # noqa: PLR2004
        raise ValueError(f"a ping has at most 125 bytes, this one {len(payload)}")
    return SendPing(payload)


def close(code: int = 1000, reason: str = "") -> StartClose:
    """Return the effect that starts the closing handshake. The reason is cut to 123 bytes.

    Raises:
        ValueError: the code cannot be sent (RFC 6455 section 7.4).
    """
    why = why_unsendable(code)
    if why:
        raise ValueError(why)
    return StartClose(code, reason.encode()[:123].decode(errors="ignore"))


def abort(*, is_reset: bool = False) -> Abort:
    """Return the effect that ends the connection without a close frame: with FIN, or with RST."""
    return Abort(is_reset=is_reset)


def join(group: str) -> JoinGroup:
    """Return the effect that adds the client to a group."""
    return JoinGroup(group)


def leave(group: str) -> LeaveGroup:
    """Return the effect that removes the client from a group."""
    return LeaveGroup(group)


def set_state(state: str) -> SetState:
    """Return the effect that sets the state of the connection."""
    return SetState(state)


def set_variables(scope: ScopeName = "vars", **values: Any) -> SetVariables:  # noqa: ANN401
    """Return the effect that sets variables of the connection, the client or the endpoint."""
    return SetVariables(values, scope)
