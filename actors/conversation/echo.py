"""Raw echo: every data message comes back as it is, and nothing else is ever said."""

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
        """Take no notice of who is connected."""

    def handle(self, event: Event, now: float) -> Effects:  # noqa: ARG002 - an echo has no time
        """Return the message, or what the protocol asks for."""
        match event:
            case TextReceived(text=text):
                return (SendText(text.encode()),)
            case BinaryReceived(data=data):
                return (SendBinary(data),)
            case _:
                return answer_control(event)
