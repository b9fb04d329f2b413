"""The verb `send`: sends a message to connected clients now."""

import time
from typing import Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.values.targets import AtEndpoint, InGroup, OneClient, Target
from websocket_mock.mcp_bridge.service.errors import BadArgument, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.messages import decode_binary, encode_message
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.targets import why_nobody


class SendResult(BaseModel):
    """The result of sending a message."""

    status: Literal["sent", "no_clients", "server_not_running", "error"]
    message_type: str | None = Field(description="null for raw text and binary")
    target_client: str | None
    target_group: str | None
    target_endpoint: str | None
    sent_to_clients: int
    total_clients: int
    errors: list[str]
    timestamp: float = Field(description="Unix seconds")


@verb
def send_message(
    gateway: Gateway,
    target: Target,
    message_type: str | None = None,
    payload: object = None,
    text: str | None = None,
    binary: str | None = None,
    namespace: str | None = None,
) -> SendResult:
    """Send a message to one client, a group, an endpoint, or all. Blocks for at most 5 s.

    Args:
        gateway: gives access to the actors.
        target: which clients.
        message_type: the `type` of a JSON message.
        payload: with `message_type`: any JSON value.
        text: instead of `message_type`: a text message, sent unchanged.
        binary: instead of `message_type`: a binary message as base64, hex:… or base64:….
        namespace: of the clients; None: outside namespaces, "*": all.

    Raises:
        ServiceError: an argument cannot be used, or nothing answers.
    """
    content, is_text = _encode(message_type, payload, text, binary)
    scope = scope_of(gateway, namespace)
    result = SendResult(
        status="sent",
        message_type=message_type,
        target_client=target.client_id if isinstance(target, OneClient) else None,
        target_group=target.group if isinstance(target, InGroup) else None,
        target_endpoint=target.endpoint if isinstance(target, AtEndpoint) else None,
        sent_to_clients=0,
        total_clients=0,
        errors=[],
        timestamp=time.time(),
    )
    server = gateway.status()
    if not server.is_running:
        result.status, result.errors = "server_not_running", [f"WebSocket server: {server.reason}"]
        return result
    report = gateway.push(content, target, scope, is_text=is_text)
    result.sent_to_clients, result.total_clients = report.delivered, report.total
    if not report.delivered:
        result.status = "no_clients" if report.is_target_known else "error"
        result.errors = why_nobody(target, scope)
    return result


def _encode(
    message_type: str | None, payload: object, text: str | None, binary: str | None
) -> tuple[bytes, bool]:
    """Return what is sent, and whether it is text."""
    if sum(one is not None for one in (message_type, text, binary)) != 1:
        raise BadArgument("Give exactly one of message_type, text and binary.")
    if message_type is not None:
        return encode_message(message_type, payload), True
    if payload is not None:
        raise BadArgument(
            "payload: it goes with message_type only. Put the whole message into text."
        )
    if text is not None:
        return text.encode(), True
    try:
        return decode_binary(binary or ""), False
    except ValueError as error:
        raise BadArgument(f"binary: {error}; give base64, hex:… or base64:….") from None
