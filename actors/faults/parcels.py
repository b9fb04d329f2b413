"""The items between a client and its behaviour, as faults see and change them."""

from dataclasses import replace

from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.effects import (
    Abort,
    AnswerClose,
    FailConnection,
    SendBinary,
    SendFragments,
    SendPing,
    SendPong,
    SendRaw,
    SendText,
    StartClose,
    WireEffect,
)
from websocket_mock.actors.values.frames import BINARY, TEXT, Pacing, RawFrame
from websocket_mock.actors.values.immutable import immutable
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    Inbound,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)

Item = WireEffect | Inbound

_ENDS = (StartClose, AnswerClose, FailConnection, Abort, CloseReceived, ProtocolViolated)
_CONTROL = (SendPing, SendPong, PingReceived, PongReceived)


@immutable
class Parcel:
    """An item under way, and how its bytes are sent."""

    item: Item
    pacing: Pacing | None = None

    @property
    def size(self) -> int:
        """Payload bytes."""
        return size_of(self.item)


def payload_of(item: Item) -> bytes | None:
    """Return the payload of a data message; None for anything else."""
    match item:
        case SendText(payload=payload) | SendBinary(payload=payload):
            return payload
        case SendFragments(payload=payload):
            return payload
        case TextReceived(text=text, data=payload):
            return text.encode() if payload is None else payload
        case BinaryReceived(data=data):
            return data
        case _:
            return None


def is_text(item: Item) -> bool:
    """Tell whether something is a text message."""
    return isinstance(item, SendText | TextReceived) or (
        isinstance(item, SendFragments) and item.is_text
    )


def whole_frame(item: Item) -> RawFrame:
    """Return a data message as one frame."""
    return RawFrame(TEXT if is_text(item) else BINARY, payload_of(item) or b"")


def is_message(item: Item) -> bool:
    """Tell whether something is a data message."""
    return isinstance(item, SendText | SendBinary | SendFragments | TextReceived | BinaryReceived)


def is_control(item: Item) -> bool:
    """Tell whether something is a ping or a pong."""
    return isinstance(item, _CONTROL)


def is_end(item: Item) -> bool:
    """Return whether no message can follow an item."""
    return isinstance(item, _ENDS)


def size_of(item: Item) -> int:
    """Return the number of payload bytes of any item."""
    # Most items are texts, and to match a pattern takes twice as long.
    if isinstance(item, SendText):
        return len(item.payload)
    match item:
        case TextReceived(size=size):
            return size
        case _ if isinstance(item, _CONTROL):
            return len(item.payload)
        case SendRaw(pieces=pieces):
            return sum(len(one if isinstance(one, bytes) else one.payload) for one in pieces)
        case _:
            return len(payload_of(item) or b"")


def view_item(item: Item) -> MessageView:
    """Return a data message in the form that conditions use."""
    payload = payload_of(item) or b""
    if is_text(item):
        return MessageView(text=payload.decode(errors="replace"), size=len(payload))
    return MessageView(binary=payload, size=len(payload))


def with_payload(item: Item, payload: bytes) -> Item:
    """Return a data message with another payload; that of a text must be valid UTF-8."""
    match item:
        case SendText():
            return SendText(payload)
        case SendBinary():
            return SendBinary(payload)
        case SendFragments():
            return replace(item, payload=payload)
        case TextReceived():
            return TextReceived(payload.decode(), len(payload), payload)
        case BinaryReceived():
            return BinaryReceived(payload)
        case _:
            return item
