"""Several messages in one: a text is split at a separator, and bytes are cut into packets. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from websocket_mock.actors.conversation.core import Effect, ReportProblem
from websocket_mock.actors.matching.layout import PacketEnd
from websocket_mock.actors.values.effects import Abort, AnswerClose, FailConnection, StartClose
from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived

MAX_PARTS = 1_000
"""The most parts of one message that are handled."""

TOO_MANY_PARTS = f"the message has more than {MAX_PARTS:,} parts; the others are not handled"

MAX_REST = 1024 * 1024
"""The most bytes of a packet that wait for the rest of it."""

MESSAGE_TOO_BIG = StartClose(1009, f"a packet has more than {MAX_REST:,} bytes")
"""How a connection ends that sends a packet without an end (RFC 6455 section 7.4.1)."""

Part = TypeVar("Part", TextReceived, BinaryReceived)

_ENDS = (Abort, AnswerClose, FailConnection, StartClose)


def split_text(event: TextReceived, separator: str) -> list[TextReceived]:
    """Return the parts of a text that are not empty, each as a message of its own."""
    parts = [part for part in event.text.split(separator) if part]
    if parts == [event.text]:
        return [event]
    return [TextReceived(part, len(part.encode())) for part in parts]


class Packets:
    """Cuts the binary messages of one connection into packets: they are one stream of bytes."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, event: BinaryReceived, packet_end: PacketEnd) -> list[BinaryReceived]:
        """Return the packets that are complete with a message, one more than `MAX_PARTS` at most.

        The rest waits for the next message. What is behind too many packets is forgotten.
        """
        data = self._rest + event.data
        packets: list[BinaryReceived] = []
        base = 0
        while base < len(data) and len(packets) <= MAX_PARTS:
            end = packet_end.find(data, base)
            if end is None:
                break
            # Fields that have no bytes at all would give packets without end.
            end = end if end > base else len(data)
            packets.append(BinaryReceived(data[base:end]))
            base = end
        self._rest = data[base:] if len(packets) <= MAX_PARTS else b""
        return packets

    @property
    def has_too_much(self) -> bool:
        """Whether more bytes wait than may."""
        return len(self._rest) > MAX_REST


def first_packet(data: bytes, packet_end: PacketEnd) -> bytes:
    """Return the first packet of some bytes, or all of them if it is incomplete."""
    return data[: packet_end.find(data, 0)]


def handle_parts(
    parts: Sequence[Part], handle: Callable[[Part], Sequence[Effect]], key: str = "split_by"
) -> list[Effect]:
    """Return the effects of all parts, up to one that ends the connection.

    Args:
        parts: the parts, in their order.
        handle: returns the effects of one part.
        key: the key of the endpoint that splits.
    """
    effects: list[Effect] = []
    for part in parts[:MAX_PARTS]:
        caused = handle(part)
        effects += caused
        if any(isinstance(one, _ENDS) for one in caused):
            return effects
    if len(parts) > MAX_PARTS:
        effects.append(ReportProblem(key, TOO_MANY_PARTS))
    return effects
