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

    def __init__(self, context: ConnectionContext) -> None:
        """Ignore the context; an echo needs none."""

    def handle(self, event: Event, now: float) -> Effects:  # noqa: ARG002 - the time is not needed
        """Return the same message, or what RFC 6455 requires."""
        match event:
            case TextReceived():
                data = event.data
                return (SendText(event.text.encode() if data is None else data),)
            case BinaryReceived(data=data):
                return (SendBinary(data),)
            case _:
                return answer_control(event)
