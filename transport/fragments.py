"""Messages in several frames (RFC 6455 section 5.4), and text that is still arriving."""

import codecs

from websockets.exceptions import PayloadTooBig

from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived
from websocket_mock.transport.framing import apply_mask

DecoderState = tuple[bytes, int]
"""What an incremental decoder remembers: the beginning of a character."""

BETWEEN_CHARACTERS: DecoderState = (b"", 0)


class TooManyFrames(PayloadTooBig):
    """Raised when a message has too many frames; the connection is closed with 1009."""

    def __init__(self, limit: int) -> None:
        super().__init__(None, limit)
        self._limit = limit

    def __str__(self) -> str:
        return f"more than {self._limit} frames in one message"


class FragmentedMessage:
    """A message whose frames arrive one after the other. The reader's thread only.

    Args:
        is_text: whether it must be UTF-8.
        max_frames: how many frames it may have.
    """

    __slots__ = ("_count", "_decoder", "_fragments", "_max_frames", "_texts", "size")

    def __init__(self, max_frames: int, *, is_text: bool) -> None:
        self.size = 0
        """Bytes of the payload so far."""
        self._max_frames = max_frames
        self._count = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")() if is_text else None
        self._fragments: list[bytes | bytearray | memoryview] = []
        self._texts: list[str] = []

    @property
    def decoder_state(self) -> DecoderState | None:
        """What is left of a character at the end of the latest frame; None: it is no text."""
        return None if self._decoder is None else self._decoder.getstate()

    def add(self, data: bytes | bytearray | memoryview, *, is_last: bool) -> None:
        """Take the payload of a frame.

        Raises:
            TooManyFrames: it has more frames than it may have.
            UnicodeDecodeError: it is no UTF-8.
        """
        self._count += 1
        if self._count > self._max_frames:
            raise TooManyFrames(self._max_frames)
        self.size += len(data)
        if self._decoder is None:
            self._fragments.append(data)
        else:
            self._texts.append(self._decoder.decode(bytes(data), final=is_last))

    def whole(self) -> TextReceived | BinaryReceived:
        """Return the message, of which the last frame has arrived."""
        if self._decoder is None:
            return BinaryReceived(b"".join(self._fragments))
        return TextReceived("".join(self._texts), self.size)


class TextScreen:
    """Checks the payload of a text frame while it is still arriving. The reader's thread only.

    Args:
        state: what the frame before has left of a character.
    """

    __slots__ = ("_decoder", "_seen")

    def __init__(self, state: DecoderState) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._decoder.setstate(state)
        self._seen = 0

    def look(self, mask: bytes, arrived: bytearray) -> None:
        """Check what has arrived of the payload since the last look.

        Raises:
            UnicodeDecodeError: it is no UTF-8.
        """
        turn = self._seen % len(mask)
        news = arrived[self._seen :]
        self._seen = len(arrived)
        self._decoder.decode(apply_mask(news, mask[turn:] + mask[:turn]))
