"""The raw echo: it sends every data message back unchanged, and nothing else."""

from websocket_mock.actors.conversation.core import (
    ConnectionContext,
    Effects,
    Event,
    answer_control,
)
from websocket_mock.actors.values.effects import SendBinary, SendText
from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived


class Echo:
    """The behaviour of ``/echo``."""

    __slots__ = ()

    def __init__(self, context: ConnectionContext) -> None:
        """Ignore the context; an echo needs none."""

    def handle(self, event: Event, now: float) -> Effects:  # noqa: ARG002 - the time is not needed
        """Return the same message, or what RFC 6455 requires."""
        # Most events are texts, and to match a pattern takes twice as long.
        if isinstance(event, TextReceived):
            data = event.data
            return (SendText(event.text.encode() if data is None else data),)
        match event:
            case BinaryReceived(data=data):
                return (SendBinary(data),)
            case _:
                return answer_control(event)
