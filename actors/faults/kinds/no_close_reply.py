"""Close frames are not answered."""

from websocket_mock.actors.faults.kind import AnswerFault
from websocket_mock.actors.faults.parcels import Item
from websocket_mock.actors.values.effects import AnswerClose


class NoCloseReply(AnswerFault):
    """Close frames are not answered."""

    key = "no_close_reply"
    summary = "close frames are not answered"

    def hits(self, item: Item) -> bool:
        """Tell whether something answers a close frame."""
        return isinstance(item, AnswerClose)
