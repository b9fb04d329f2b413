"""A text that is not UTF-8."""

from random import Random

from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item, is_text, payload_of
from websocket_mock.actors.values.effects import SendRaw
from websocket_mock.actors.values.frames import TEXT, RawFrame

NOT_UTF8 = b"\xff"
"""A byte that no UTF-8 text contains (RFC 3629 section 3)."""


class InvalidUtf8(FrameFault):
    """A text message ends in a byte that is not UTF-8."""

    key = "invalid_utf8"
    summary = "a text message ends in a byte that is not UTF-8 (FF)"

    def hits(self, item: Item) -> bool:
        """Tell whether something is a text message."""
        return is_text(item)

    def frames(self, item: Item, random: Random) -> SendRaw:  # noqa: ARG002 - the base's signature
        """Return the frame with the byte after its payload."""
        return SendRaw((RawFrame(TEXT, (payload_of(item) or b"") + NOT_UTF8),))
