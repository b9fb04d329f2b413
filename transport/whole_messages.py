"""Takes messages that come in one frame from the bytes of a read, without the library's parser.

Most messages to a server are of this kind, and parsing them was a third of the cost of answering
them. What is not of this kind, and a frame that is wrong, is left to the parser of `websockets`. A
payload that is wrong raises what the parser would raise.
"""

import struct
from collections.abc import Sequence

from websockets.exceptions import PayloadTooBig
from websockets.extensions import Extension

from websocket_mock.actors.values.frames import MAX_CONTROL_PAYLOAD
from websocket_mock.actors.values.inbound import BinaryReceived, Inbound, TextReceived
from websocket_mock.transport.arriving import MASK_BYTES, ArrivingMessage
from websocket_mock.transport.deflate import inflate
from websocket_mock.transport.framing import apply_mask

_MASKED = 0b1000_0000
_TEXT = 0x81
_PLAIN_KINDS = (_TEXT, 0x82)
_COMPRESSED_TEXT = 0xC1
_COMPRESSED_KINDS = (_COMPRESSED_TEXT, 0xC2)
_FIRST_BYTES = 2
"""How many bytes tell the kind of a frame and its length, or the form of its length."""
_SHORT_HEAD = _FIRST_BYTES + MASK_BYTES
"""How many bytes the head of a short masked frame has (RFC 6455 section 5.2)."""
_LONG_FORMS = {126: struct.Struct("!H"), 127: struct.Struct("!Q")}


class WholeMessages:
    """The messages in one frame of one connection. The reader's thread only.

    Args:
        max_bytes: the limit of a message.
        max_inflated: the limit at which the library stops to inflate a message.
    """

    __slots__ = (
        "_arriving",
        "_head",
        "_max_bytes",
        "_max_inflated",
        "inbound",
        "latest_length",
        "missing",
    )

    def __init__(self, max_bytes: int, max_inflated: int) -> None:
        self.inbound: list[Inbound] = []
        """What has arrived. The owner takes it, and may add to it."""
        self.missing = 0
        """How many bytes of the frame that is waiting are still to come, as far as it is known.

        With 0, no part of a frame is waiting."""
        self.latest_length = 0
        """Bytes of the latest message, even if it is still arriving."""
        self._max_bytes = max_bytes
        self._max_inflated = max_inflated
        self._arriving: ArrivingMessage | None = None
        self._head = b""
        """The beginning of the head of a frame, whose rest is still to come."""

    def take_back(self) -> bytes:
        """Return what has come of the frame that is waiting, and forget it."""
        arriving, head = self._arriving, self._head
        self._arriving, self._head, self.missing = None, b"", 0
        return head if arriving is None else arriving.as_it_came()

    def go_on(self, data: bytes | bytearray | memoryview) -> bytes | memoryview:
        """Put bytes to the frame that is waiting; return those that come after them.

        Raises:
            UnicodeDecodeError: these bytes make a text invalid.
        """
        arriving, self.missing = self._arriving, 0
        if arriving is None:
            head, self._head = self._head, b""
            return head + data
        view = memoryview(data)
        size = arriving.missing
        self._arriving = None
        arriving.add(view[:size])
        if arriving.missing:
            self._arriving, self.missing = arriving, arriving.missing
        else:
            self.inbound.append(arriving.finish())
        return view[size:]

    def take(self, data: bytes | memoryview, extensions: Sequence[Extension]) -> bytes | memoryview:
        """Take messages; return the bytes that are for the parser. Keeps no reference to `data`.

        Raises:
            UnicodeDecodeError, PayloadTooBig, ProtocolError: as the parser would.
        """
        position, end, length = 0, len(data), 0
        while position < end:
            kind = data[position]
            is_compressed = kind not in _PLAIN_KINDS
            if is_compressed and not (extensions and kind in _COMPRESSED_KINDS):
                break
            if end - position < _FIRST_BYTES:
                return self._hold(bytes(data[position:]))
            length = data[position + 1] - _MASKED
            start = position + _SHORT_HEAD
            if length < 0:
                break
            if length > MAX_CONTROL_PAYLOAD:
                form = _LONG_FORMS[length]
                start += form.size
                if start - MASK_BYTES > end:
                    return self._hold(bytes(data[position:]))
                (length,) = form.unpack_from(data, position + _FIRST_BYTES)
            if length > self._max_bytes:
                break
            if start > end:
                return self._hold(bytes(data[position:]))
            stop = start + length
            if stop > end:
                if is_compressed:
                    break
                head = bytes(data[position:start])
                return self._begin(head, length, data[start:], is_screened=not extensions)
            mask = data[start - MASK_BYTES : start]
            # Without its C extension, the library needs bytes.
            payload = apply_mask(data[start:stop], mask if isinstance(mask, bytes) else bytes(mask))
            if kind == _TEXT:
                self.inbound.append(TextReceived(str(payload, "utf-8"), length, payload))
            elif not is_compressed:
                self.inbound.append(BinaryReceived(payload))
            elif not self._inflate(kind, payload, extensions):
                break
            position = stop
        self.latest_length = length
        return data[position:]

    def _hold(self, head: bytes) -> bytes:
        self._head, self.missing = head, 1
        return b""

    def _begin(
        self, head: bytes, length: int, data: bytes | memoryview, *, is_screened: bool
    ) -> bytes:
        is_text = head[0] == _TEXT
        self._arriving = ArrivingMessage(head, length, is_text=is_text, is_screened=is_screened)
        self.latest_length = length
        self.go_on(data)
        return b""

    def _inflate(self, kind: int, payload: bytes, extensions: Sequence[Extension]) -> bool:
        """Take a compressed message; return False if the library must do it."""
        message = inflate(extensions, payload, self._max_inflated)
        if message is None:
            return False
        size = len(message)
        if size > self._max_bytes:
            raise PayloadTooBig(size, self._max_bytes)
        if kind == _COMPRESSED_TEXT:
            self.inbound.append(TextReceived(str(message, "utf-8"), size, message))
        else:
            self.inbound.append(BinaryReceived(message))
        return True
