"""A plain message in one frame of which a part has arrived: the rest is put to it read by read."""

from codecs import utf_8_decode
from io import BytesIO, StringIO

from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived
from websocket_mock.transport.framing import apply_mask

MASK_BYTES = 4
"""How many bytes the mask of a frame has (RFC 6455 section 5.3)."""


class ArrivingMessage:
    """The part of an unfragmented, uncompressed message that has arrived. Each byte is kept once.

    Args:
        head: the head of the frame, as it came; its last four bytes are the mask.
        length: bytes of the payload.
        is_text: whether it is a text message.
        is_screened: whether text is checked while it arrives, and not only at its end.
    """

    __slots__ = ("_data", "_head", "_is_text", "_length", "_mask", "_rest", "_text", "missing")

    def __init__(self, head: bytes, length: int, *, is_text: bool, is_screened: bool) -> None:
        self.missing = length
        """Bytes of the payload that have not arrived yet."""
        self._head = head
        self._mask = head[-MASK_BYTES:]
        self._length = length
        self._is_text = is_text
        # Not lists: a client that sends single bytes must not cost an object for each of them.
        self._data = BytesIO()
        self._text = StringIO() if is_text and is_screened else None
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
        if self._text is None:
            self._data.write(part)
            return
        self._rest += part
        try:
            text, used = utf_8_decode(self._rest, "strict", not self.missing)
        except UnicodeDecodeError:
            if not self.missing:
                str(self._payload(), "utf-8")
            raise
        self._text.write(text)
        self._rest = self._rest[used:]

    def finish(self) -> TextReceived | BinaryReceived:
        """Return the message, once nothing is missing.

        Raises:
            UnicodeDecodeError: a text that was not screened is invalid.
        """
        if self._text is not None:
            return TextReceived(self._text.getvalue(), self._length)
        data = self._data.getvalue()
        if self._is_text:
            return TextReceived(str(data, "utf-8"), self._length)
        return BinaryReceived(data)

    def as_it_came(self) -> bytes:
        """Return all bytes of the frame that have arrived."""
        return self._head + apply_mask(self._payload(), self._mask)

    def _payload(self) -> bytes:
        if self._text is None:
            return self._data.getvalue()
        return self._text.getvalue().encode() + self._rest
