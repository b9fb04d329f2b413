"""What a WebSocket client sends, as bytes and without any library, so that it can be wrong, too."""

import struct
from base64 import b64encode

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

MASK = b"\x1f\x2e\x3d\x4c"

KEY = b64encode(b"sixteen bytes ..").decode()


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    mask: bytes | None = MASK,
) -> bytes:
    """One frame as a client sends it; `reserved` holds RSV1 to RSV3 as 4, 2 and 1."""
    head = (fin << 7) | (reserved << 4) | opcode
    return head_only(head, len(payload), mask) + (payload if mask is None else xor(payload, mask))


def head_only(head: int, length: int, mask: bytes | None = MASK) -> bytes:
    """The beginning of a frame up to its payload."""
    masked = 0 if mask is None else 0x80
    if length < 126:
        start = struct.pack("!BB", head, masked | length)
    elif length < 0x1_0000:
        start = struct.pack("!BBH", head, masked | 126, length)
    else:
        start = struct.pack("!BBQ", head, masked | 127, length)
    return start + (mask or b"")


def xor(data: bytes, mask: bytes) -> bytes:
    key = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(len(data))


def text(message: str, *, fin: bool = True) -> bytes:
    return frame(TEXT, message.encode(), fin=fin)


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def request(path: str = "/echo", method: str = "GET", /, **headers: str | None) -> bytes:
    """A handshake request; a header is named with underscores, and left out where None."""
    fields: dict[str, str | None] = {
        "Host": "localhost",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    fields.update((name.replace("_", "-"), value) for name, value in headers.items())
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join((*lines, "", "")).encode()
