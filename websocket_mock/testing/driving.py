"""Sends to live connections and ends them, over the tools."""

from collections.abc import Mapping
from typing import Any

from websocket_mock.testing.actions import NOT_GIVEN
from websocket_mock.testing.errors import MockError, NotConnected
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.values import binary_text, json_value


def push(
    traffic: Traffic,
    target: Mapping[str, Any],
    json: Any,  # noqa: ANN401 - any JSON value
    text: str | None,
    binary: bytes | None,
) -> int:
    """Send a message to connected clients; return how many they are.

    Raises:
        NotConnected: nobody is connected.
        MockError: the message cannot be sent.
    """
    payload = one_message(json, text, binary)
    result = traffic.call("send_websocket_message", **payload, **target)
    if not result["sent_to_clients"]:
        raise _nobody(target)
    return int(result["sent_to_clients"])


def end(traffic: Traffic, target: Mapping[str, Any], how: Mapping[str, Any]) -> int:
    """Close or abort connections; return how many they are.

    Raises:
        NotConnected: nobody is connected.
        MockError: the code or the reason cannot be sent.
    """
    result = traffic.call("close_websocket_client", **target, **how)
    if not result["total"]:
        raise _nobody(target)
    return int(result["total"])


def one_message(json: Any, text: str | None, binary: bytes | None) -> dict[str, str]:  # noqa: ANN401
    """Return the arguments of a tool for a message.

    Raises:
        MockError: not exactly one of them is given, or it is not JSON.
    """
    given = [json is not NOT_GIVEN, text is not None, binary is not None]
    if given.count(True) != 1:
        raise MockError("Give exactly one of json, text and binary.")
    if json is not NOT_GIVEN:
        return {"text": encode_text(json)}
    return {"binary": binary_text(bytes(binary))} if binary is not None else {"text": text or ""}


def encode_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the JSON text of a value.

    Raises:
        MockError: it is not JSON.
    """
    from websocket_mock.actors.values.codec import encode  # noqa: PLC0415 - not needed to load

    return encode(json_value(value)).decode()


def _nobody(target: Mapping[str, Any]) -> NotConnected:
    match dict(target):
        case {"target_client": client}:
            return NotConnected(f"The connection {str(client)[:8]} has ended.")
        case {"target_endpoint": endpoint}:
            where = f"to the endpoint {endpoint}"
        case {"target_group": group}:
            where = f"in the group {group}"
        case _:
            where = "to this mock"
    return NotConnected(
        f"No client is connected {where}. Wait for one with `endpoint.accept()` or "
        '`wait_for(kind="open")`.'
    )
