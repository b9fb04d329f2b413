"""The built-in JSON protocol of one connection, driven event by event."""

import json
from typing import Any

from websocket_mock.actors.conversation.core import ConnectionContext, Effect, Event
from websocket_mock.actors.conversation.json_protocol import JsonProtocol
from websocket_mock.actors.values.effects import SendText
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.actors.values.models import ClientId, TransportStatus

NOW = 1_750_000_000.25
ID = ClientId("0badcafe")
STATUS = TransportStatus("localhost", 9004, is_running=True)
CONTEXT = ConnectionContext(ID, "/", "1.2.3", lambda: STATUS, HandshakeRequest("/"))


def handle(event: Event) -> tuple[Effect, ...]:
    """Let a new connection's behaviour handle one event."""
    return tuple(JsonProtocol(CONTEXT).handle(event, NOW))


def handle_text(text: str) -> tuple[Effect, ...]:
    return handle(TextReceived(text, len(text.encode())))


def handle_json(**message: Any) -> tuple[Effect, ...]:
    return handle_text(json.dumps(message))


def sent(effects: tuple[Effect, ...]) -> Any:
    """The one text message among the effects, parsed."""
    (text,) = (effect for effect in effects if isinstance(effect, SendText))
    return json.loads(text.payload)
