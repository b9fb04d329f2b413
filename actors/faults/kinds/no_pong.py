"""Pings are not answered."""

from websocket_mock.actors.faults.kind import AnswerFault
from websocket_mock.actors.faults.parcels import Item
from websocket_mock.actors.values.effects import SendPong


class NoPong(AnswerFault):
    """Pings are not answered."""

    key = "no_pong"
    summary = "pings are not answered"

    def hits(self, item: Item) -> bool:
        """Tell whether something is a pong."""
        return isinstance(item, SendPong)
