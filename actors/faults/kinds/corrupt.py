"""The content of a message is changed."""

from random import Random
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.faults.parcels import Item, is_text, payload_of, with_payload

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class Corrupt(MessageFault):
    """The content is changed. A text stays valid UTF-8; in binary data bits are inverted."""

    key = "corrupt"
    summary = "its content is changed"
    is_two_way = True

    count: Annotated[int, Ge(1), Le(10_000)] = Field(
        default=1, description="the number of characters, or bytes, that are changed"
    )

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Change the content."""
        message.change(lambda item: _corrupted(item, self.count, random))


def _corrupted(item: Item, count: int, random: Random) -> Item:
    payload = payload_of(item)
    if not payload:
        return item
    if not is_text(item):
        data = bytearray(payload)
        for place in _places(len(data), count, random):
            data[place] ^= random.randint(1, 0xFF)
        return with_payload(item, bytes(data))
    characters = list(payload.decode())
    for place in _places(len(characters), count, random):
        others = _PRINTABLE.replace(characters[place], "")
        characters[place] = random.choice(others)
    return with_payload(item, "".join(characters).encode())


def _places(length: int, count: int, random: Random) -> list[int]:
    # All different: a second change of the same place may undo the first.
    return random.sample(range(length), min(count, length))
