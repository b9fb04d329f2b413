"""A plain message in one frame of which a part has arrived: the rest is put to it read by read."""

from codecs import utf_8_decode
from typing import AnyStr

from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived
from websocket_mock.transport.framing import apply_mask

MASK_BYTES = 4
"""How many bytes the mask of a frame has (RFC 6455 section 5.3)."""


_SMALL = 4096
"""A part that is smaller is joined to the next one: a client that sends single bytes must not cost
an object for each of them. To join all parts in the end takes half as long as a growing buffer."""


class ArrivingMessage:
    """The part of an unfragmented, uncompressed message that has arrived. Each byte is kept once.

    Args:
        head: the head of the frame, as it came; its last four bytes are the mask.
        length: bytes of the payload.
        is_text: whether it is a text message.
        is_screened: whether text is checked while it arrives, and not only at its end.
    """

    __slots__ = ("_data", "_head", "_is_text", "_length", "_mask", "_rest", "_texts", "missing")

    def __init__(self, head: bytes, length: int, *, is_text: bool, is_screened: bool) -> None:
        self.missing = length
        """Bytes of the payload that have not arrived yet."""
        self._head = head
        self._mask = head[-MASK_BYTES:]
        self._length = length
        self._is_text = is_text
        self._data: list[bytes] = []
        self._texts: list[str] | None = [] if is_text and is_screened else None
        self._rest = b""
        """The beginning of a character that the next part ends, or what is no text."""

    def add(self, data: bytes | memoryview) -> None:
        """Put the next bytes of the payload to it, as they came, and at most `missing`.

        Raises:
            UnicodeDecodeError: these bytes make a screened text invalid. Its position counts from
                them, or from the beginning of the message once nothing is missing.
        """
        turn = (self._length - self.missing) % MASK_BYTES
        part = apply_mask(data, self._mask[turn:] + self._mask[:turn])
        self.missing -= len(part)
        if self._texts is None:
            _put(self._data, part)
            return
        self._rest += part
        try:
            text, used = utf_8_decode(self._rest, "strict", not self.missing)
        except UnicodeDecodeError:
            if not self.missing:
                str(self._payload(), "utf-8")
            raise
        _put(self._texts, text)
        self._rest = self._rest[used:]

    def finish(self) -> TextReceived | BinaryReceived:
        """Return the message, once nothing is missing.

        Raises:
            UnicodeDecodeError: a text that was not screened is invalid.
        """
        if self._texts is not None:
            text = "".join(self._texts)
            # To encode the text takes less time than to keep the bytes beside it.
            return TextReceived(text, self._length, text.encode())
        data = b"".join(self._data)
        if self._is_text:
            return TextReceived(str(data, "utf-8"), self._length, data)
        return BinaryReceived(data)

    def as_it_came(self) -> bytes:
        """Return all bytes of the frame that have arrived."""
        return self._head + apply_mask(self._payload(), self._mask)

    def _payload(self) -> bytes:
        if self._texts is None:
            return b"".join(self._data)
        return "".join(self._texts).encode() + self._rest


def _put(parts: list[AnyStr], part: AnyStr) -> None:
    if parts and len(parts[-1]) < _SMALL:
        parts[-1] += part
    else:
        parts.append(part)
