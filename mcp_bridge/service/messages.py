"""The form of the messages that `send` sends to WebSocket clients."""

import time

from websocket_mock.actors.matching.units import parse_bytes
from websocket_mock.actors.values.codec import encode


def encode_message(message_type: str, payload: object) -> bytes:
    """Return a message as JSON in UTF-8.

    Raises:
        TypeError: the payload holds a value that JSON cannot express.
    """
    return encode(
        {
            "type": message_type,
            "from_mcp_server": True,
            "payload": payload,
            "timestamp": time.time(),
        }
    )


def decode_binary(text: str) -> bytes:
    """Return the bytes of a binary message in base64, or written as ``hex:…`` or ``base64:…``.

    Raises:
        ValueError: it is none of these.
    """
    return parse_bytes(text if text.startswith(("hex:", "base64:")) else f"base64:{text}")
