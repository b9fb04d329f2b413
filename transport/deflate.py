"""The compression of whole messages, without the frames that `websockets` makes for it.

The library's extension keeps the state of both directions. Here its two zlib objects are used
directly, so that fragments can still go through the library.
"""

import zlib
from collections.abc import Sequence

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate

_EMPTY_BLOCK = b"\x00\x00\xff\xff"
"""What a sender leaves out at the end of a message (RFC 7692 section 7.2.1)."""

MAX_AT_ONCE = 2043
"""The longest payload that the library, too, inflates in one step."""


def inflate(extensions: Sequence[Extension], payload: bytes, max_size: int) -> bytes | None:
    """Return the message of a payload; None if the library must do it.

    Raises:
        PayloadTooBig: the message is larger than `max_size`.
        ProtocolError: the payload is not compressed.
    """
    deflate = _find(extensions)
    if deflate is None or deflate.remote_no_context_takeover or len(payload) > MAX_AT_ONCE:
        return None
    decoder = deflate.decoder
    try:
        message: bytes = decoder.decompress(payload + _EMPTY_BLOCK, max_size)
    except zlib.error as error:
        raise ProtocolError("decompression failed") from error
    if decoder.unconsumed_tail:
        raise PayloadTooBig(None, max_size)
    return message


def compress(extensions: Sequence[Extension], message: bytes) -> bytes | None:
    """Return the payload of a message; None if the library must do it."""
    deflate = _find(extensions)
    if deflate is None or deflate.local_no_context_takeover:
        return None
    encoder = deflate.encoder
    payload: bytes = encoder.compress(message) + encoder.flush(zlib.Z_SYNC_FLUSH)
    return payload[: -len(_EMPTY_BLOCK)]


def _find(extensions: Sequence[Extension]) -> PerMessageDeflate | None:
    extension = extensions[0] if len(extensions) == 1 else None
    return extension if isinstance(extension, PerMessageDeflate) else None
