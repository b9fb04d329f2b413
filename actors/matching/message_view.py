"""An event from a client in the form that conditions and templates use."""

from collections.abc import Mapping
from typing import Any, Literal

from websocket_mock.actors.matching.layout import Layout
from websocket_mock.actors.values.codec import decode
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    TextReceived,
)

_NOT_READ = object()

_Bytes = bytes
"""In `MessageView`, `bytes` is a property."""

_NO_FIELDS: dict[str, Any] = {}

ClientEvent = TextReceived | BinaryReceived | PingReceived | PongReceived | CloseReceived


class MessageView:
    """A message, ping, pong or close. Missing parts are None.

    What has to be computed, such as the JSON, is computed at most once, and only on demand.
    """

    __slots__ = (
        "_bytes",
        "_fields",
        "_hex",
        "_json",
        "_layout",
        "binary",
        "code",
        "is_json",
        "reason",
        "size",
        "text",
    )

    _bytes: _Bytes
    _fields: Mapping[str, Any]
    _hex: str | None

    def __init__(
        self,
        text: str | None = None,
        size: int = 0,
        # Not keyword-only: to fill in their defaults would take half of the time of all this.
        binary: _Bytes | None = None,
        code: int | None = None,
        reason: str | None = None,
        layout: Layout | None = None,
    ) -> None:
        self.text = text
        self.binary = binary
        self.code = code
        self.reason = reason
        self.size = size
        self.is_json = True
        """Whether the text is JSON. Only valid after `json` was read."""
        self._json: Any = _NOT_READ
        self._layout = layout

    @property
    def type(self) -> Literal["text", "binary"] | None:
        """The type of the payload; None: there is none."""
        if self.text is not None:
            return "text"
        return None if self.binary is None else "binary"

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The text, parsed as JSON; also None if it is not JSON, see `is_json`."""
        if self._json is _NOT_READ:
            value = None
            try:
                value = None if self.text is None else decode(self.text)
                self.is_json = self.text is not None
            except ValueError:
                self.is_json = False
            # Last, because it says that `is_json` is valid, and readers share `NOTHING`.
            self._json = value
        return self._json

    # The slots of the properties below are empty until they are read, so that a message whose
    # bytes nobody asks for pays nothing for them.

    @property
    def bytes(self) -> _Bytes | None:
        """The payload: of a text, its UTF-8."""
        if self.text is None:
            return self.binary
        try:
            return self._bytes
        except AttributeError:
            self._bytes = self.text.encode()
            return self._bytes

    @property
    def hex(self) -> str | None:
        """The payload as hexadecimal digits, in lower case."""
        try:
            return self._hex
        except AttributeError:
            payload = self.bytes
            self._hex = None if payload is None else payload.hex()
            return self._hex

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields that the binary payload has, by their names in the layout."""
        if self._layout is None or self.binary is None:
            return _NO_FIELDS
        try:
            return self._fields
        except AttributeError:
            self._fields = self._layout.read(self.binary)
            return self._fields


def view_message(event: ClientEvent, layout: Layout | None = None) -> MessageView:
    """Return an event in the form that conditions use.

    Args:
        event: what came from the client.
        layout: names the parts of binary payloads; None: they have no names.
    """
    # Most events are texts, and to match a pattern takes twice as long.
    if isinstance(event, TextReceived):
        return MessageView(event.text, event.size)
    match event:
        case BinaryReceived(data=data):
            return MessageView(binary=data, size=len(data), layout=layout)
        case PingReceived(payload=payload) | PongReceived(payload=payload):
            return MessageView(binary=payload, size=len(payload), layout=layout)
        case CloseReceived(code=code, reason=reason):
            return MessageView(code=code, reason=reason)


def with_layout(message: MessageView, layout: Layout) -> MessageView:
    """Return the same message with names for the parts of its binary payload."""
    return MessageView(
        text=message.text,
        binary=message.binary,
        code=message.code,
        reason=message.reason,
        size=message.size,
        layout=layout,
    )


NOTHING = MessageView()
"""The view for triggers without a message: connect, idle, timer."""
