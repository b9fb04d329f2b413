"""Frames and timing on the wire, for faults of the protocol and of the line."""

from dataclasses import dataclass

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
"""Opcodes (RFC 6455 section 5.2)."""

MAX_CONTROL_PAYLOAD = 125
"""Bytes of the payload of a ping, pong or close frame (RFC 6455 section 5.5)."""

MAX_REASON = MAX_CONTROL_PAYLOAD - 2
"""The most bytes of a reason: a close frame also holds the code (RFC 6455 section 5.5.1)."""


def why_unsendable(code: int) -> str:
    """Return why a close frame cannot have this code; empty if it can (RFC 6455 section 7.4)."""
    is_known = 1000 <= code <= 1014 and code not in (1004, 1005, 1006)  # noqa: PLR2004
    if is_known or 3000 <= code <= 4999:  # noqa: PLR2004
        return ""
    return f"{code} cannot be sent; use 1000 to 1014 or 3000 to 4999"


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A frame that is written exactly like this, valid or not (RFC 6455 section 5.2)."""

    opcode: int
    """Four bits."""
    payload: bytes
    fin: bool = True
    reserved: int = 0
    """RSV1, RSV2 and RSV3 as 4, 2 and 1."""
    mask: bytes | None = None
    """Four bytes; the payload is masked with them."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How bytes are cut into pieces that are sent separately."""

    interval: float
    """Seconds from one piece to the next."""
    first: int = 0
    """Bytes of the first piece; 0: the same as the others."""
    size: int = 0
    """Bytes of each further piece; 0: one piece with the rest."""

    def cut(self, data: bytes) -> list[bytes]:
        """Return the pieces, none of them empty."""
        start = self.first or self.size or len(data)
        step = self.size or max(1, len(data) - start)
        pieces = [data[:start], *(data[at : at + step] for at in range(start, len(data), step))]
        return [piece for piece in pieces if piece]
