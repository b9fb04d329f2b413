"""The form of the messages that an MCP client pushes to WebSocket clients."""

import time

from actors.behaviours.json_codec import encode


def encode_message(message_type: str, payload: object) -> bytes:
    """Return the JSON text of a pushed message, in UTF-8.

    Raises:
        TypeError: the payload holds something JSON has no form for.
    """
    return encode(
        {
            "type": message_type,
            "from_mcp_server": True,
            "payload": payload,
            "timestamp": time.time(),
        }
    )
