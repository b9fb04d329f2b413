"""An event from a client in the form that conditions and templates use."""

from typing import Any

from websocket_mock.actors.values.codec import decode
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    TextReceived,
)

_NOT_READ = object()

ClientEvent = TextReceived | BinaryReceived | PingReceived | PongReceived | CloseReceived


class MessageView:
    """A message, ping, pong or close. Missing parts are None. JSON is parsed at most once."""

    __slots__ = ("_json", "binary", "code", "is_json", "reason", "size", "text", "type")

    def __init__(
        self,
        *,
        text: str | None = None,
        binary: bytes | None = None,
        code: int | None = None,
        reason: str | None = None,
        size: int = 0,
    ) -> None:
        self.text = text
        self.binary = binary
        self.code = code
        self.reason = reason
        self.size = size
        self.type = (
            None if text is None and binary is None else "binary" if text is None else "text"
        )
        self.is_json = True
        """Whether the text is JSON. Only valid after `json` was read."""
        self._json: Any = _NOT_READ

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The text, parsed as JSON; also None if it is not JSON, see `is_json`."""
        if self._json is _NOT_READ:
            try:
                self._json = None if self.text is None else decode(self.text)
                self.is_json = self.text is not None
            except ValueError:
                self._json, self.is_json = None, False
        return self._json


def view_message(event: ClientEvent) -> MessageView:
    """Return an event in the form that conditions use."""
    match event:
        case TextReceived(text=text, size=size):
            return MessageView(text=text, size=size)
        case BinaryReceived(data=data):
            return MessageView(binary=data, size=len(data))
        case PingReceived(payload=payload) | PongReceived(payload=payload):
            return MessageView(binary=payload, size=len(payload))
        case CloseReceived(code=code, reason=reason):
            return MessageView(code=code, reason=reason)


NOTHING = MessageView()
"""The view for triggers without a message: connect, idle, timer."""
