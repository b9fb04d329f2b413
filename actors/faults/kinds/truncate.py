"""Only the beginning of a message arrives."""

from random import Random
from typing import Any

from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.faults.parcels import Item, is_text, payload_of, with_payload
from websocket_mock.actors.matching.units import Size


class Truncate(MessageFault):
    """Only the beginning of the message, in a frame that is valid."""

    key = "truncate"
    summary = "only its beginning arrives"
    is_two_way = True

    to: Size | None = Field(
        default=None,
        description="bytes that are left, in whole characters of a text; default: half",
    )

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Cut the message."""
        message.change(self._truncated)

    def _truncated(self, item: Item) -> Item:
        payload = payload_of(item)
        if payload is None:
            return item
        kept = payload[: len(payload) // 2 if self.to is None else self.to]
        if is_text(item):
            kept = kept.decode(errors="ignore").encode()
        return with_payload(item, kept)
