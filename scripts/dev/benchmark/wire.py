"""The few WebSocket bytes a load generator needs: its own built once, the server's only split.

A full client library would cost more per message than the servers under test.
"""

import base64
import hashlib
import struct

_FINAL_TEXT = 0x81
_FINAL_CLOSE = 0x88
_FINAL_CONTROLS = (0x89, 0x8A)
_SIXTEEN_BIT_LENGTH = 126
_MASK = bytes.fromhex("37fa213d")
_MASKED = 0x80
_KEY = base64.b64encode(b"websocket bench!").decode("ascii")
_ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_HEAD_END = b"\r\n\r\n"
_MAX_HEAD_BYTES = 16 * 1024


class WireError(Exception):
    """Raised when a server sends what no measured server should."""


def masked_frame(first_byte: int, payload: bytes) -> bytes:
    """Return a client's frame around a payload of at most 125 bytes."""
    if len(payload) >= _SIXTEEN_BIT_LENGTH:
        raise ValueError("only short frames are built here")
    masked = bytes(byte ^ _MASK[index % 4] for index, byte in enumerate(payload))
    return bytes([first_byte, _MASKED | len(payload)]) + _MASK + masked


def text_frame(payload: bytes) -> bytes:
    """Return a server's frame around a text of at most 65,535 bytes."""
    if len(payload) < _SIXTEEN_BIT_LENGTH:
        return bytes([_FINAL_TEXT, len(payload)]) + payload
    return struct.pack("!BBH", _FINAL_TEXT, _SIXTEEN_BIT_LENGTH, len(payload)) + payload


PING = masked_frame(_FINAL_TEXT, b'{"type":"ping"}')
CLOSE = masked_frame(_FINAL_CLOSE, struct.pack("!H", 1000))

ACCEPT = base64.b64encode(
    hashlib.sha1((_KEY + _ACCEPT_SUFFIX).encode("ascii"), usedforsecurity=False).digest()
)


def handshake_request(host: str, port: int, path: str = "/") -> bytes:
    """Return an opening handshake that offers no extension, so that no server compresses."""
    return (
        f"GET {path} HTTP/1.1\r\n"
        f"Host: {host}:{port}\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {_KEY}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode("ascii")


def opening_length(data: bytes, *, has_welcome: bool) -> int | None:
    """Return how many bytes the answer to the opening handshake takes, None while it is incomplete.

    Args:
        data: All bytes received so far.
        has_welcome: Whether the server greets with one text message, which then belongs to it.

    Raises:
        WireError: The server did not accept the handshake.
    """
    end = data.find(_HEAD_END)
    if end < 0:
        if len(data) > _MAX_HEAD_BYTES:
            raise WireError("the server answered the handshake with endless headers")
        return None
    if not data.startswith(b"HTTP/1.1 101 ") or ACCEPT not in data[:end]:
        status = data.split(b"\r\n", 1)[0].decode("latin-1")
        raise WireError(f"the server refused the handshake: {status}")
    end += len(_HEAD_END)
    if not has_welcome:
        return end
    texts, used = split_texts(data[end:])
    return end + used if texts else None


def split_texts(data: bytes) -> tuple[list[bytes], int]:
    """Return the complete text messages at the start of what a server sent.

    Pings and pongs are passed over: no measurement lasts long enough to need an answer to them.

    Returns:
        The payloads of the text messages, and the number of bytes in all complete frames.

    Raises:
        WireError: The server closes, or sends something else than short unfragmented text.
    """
    texts: list[bytes] = []
    position = 0
    size = len(data)
    while position + 2 <= size:
        length = data[position + 1]
        start = position + 2
        if length >= _SIXTEEN_BIT_LENGTH:
            if length > _SIXTEEN_BIT_LENGTH:
                raise WireError("the server sent a masked frame or one of 64 KiB or more")
            if start + 2 > size:
                break
            length = data[start] << 8 | data[start + 1]
            start += 2
        end = start + length
        if end > size:
            break
        if data[position] == _FINAL_TEXT:
            texts.append(data[start:end])
        else:
            _check_passed_over(data[position])
        position = end
    return texts, position


def _check_passed_over(first_byte: int) -> None:
    if first_byte == _FINAL_CLOSE:
        raise WireError("the server closed a connection")
    if first_byte not in _FINAL_CONTROLS:
        raise WireError(f"the server sent a frame that starts with {first_byte:#04x}, not a text")
