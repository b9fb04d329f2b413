"""A client of server-sent events that is nothing but a socket: it sees each line."""

import json
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from typing import Any
from urllib.parse import urlencode

from tests.helpers.wait import PATIENCE

_FAST_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Block:
    """One event, or what stands in its place: a comment, or an id alone."""

    name: str | None = None
    data: Any = None
    id: int | None = None
    comment: str | None = None


class EventStream:
    """An open stream; every wait ends after `PATIENCE`."""

    def __init__(self, raw: socket.socket, request: bytes) -> None:
        self.socket = raw
        self._file: BufferedReader = raw.makefile("rb")
        raw.sendall(request)
        self.status = int(self._file.readline().split(b" ")[1])
        self.headers = dict(self._read_headers())
        self._text = b""

    def _read_headers(self) -> Iterator[tuple[str, str]]:
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(": ")
            yield name.lower(), value

    def read_body(self) -> str:
        return self._file.read(int(self.headers["content-length"])).decode()

    def read(self) -> Block | None:
        """Return the next block; None at the regular end of the stream."""
        while b"\n\n" not in self._text:
            chunk = self._read_chunk()
            if not chunk:
                return None
            self._text += chunk
        text, _, self._text = self._text.partition(b"\n\n")
        return _parse(text.decode())

    def read_event(self, name: str) -> Block:
        """Return the next event of a name."""
        while (block := self.read()) is not None:
            if block.name == name:
                return block
        raise EOFError("the stream ended")

    def read_rest(self) -> list[Block]:
        """Read to the regular end of the stream."""
        blocks = []
        while (block := self.read()) is not None:
            blocks.append(block)
        return blocks

    def payloads(self, count: int) -> list[str]:
        return [self.read_event("entry").data["payload"] for _ in range(count)]

    def _read_chunk(self) -> bytes:
        size = self._file.readline()
        if not size:
            raise EOFError("the server hung up in the middle of the stream")
        chunk = self._file.read(int(size, 16))
        self._file.readline()
        return chunk

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def vanish(self) -> None:
        """Close with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _FAST_CLOSE)
        self.close()


def _parse(text: str) -> Block:
    fields = dict[str, str]()
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        fields[name] = value.removeprefix(" ")
    data, number = fields.get("data"), fields.get("id")
    return Block(
        fields.get("event"),
        None if data is None else json.loads(data),
        None if number is None else int(number),
        fields.get(""),
    )


@contextmanager
def streaming(
    port: int,
    headers: Mapping[str, str] | None = None,
    *,
    receive_buffer: int | None = None,
    method: str = "GET",
    **query: Any,
) -> Iterator[EventStream]:
    """Ask for events; a value of the query that is no text is sent as JSON."""
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in query.items()}
    lines = [f"{method} /events?{urlencode(texts)} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    with socket.socket() as raw:
        raw.settimeout(PATIENCE)
        if receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.connect(("127.0.0.1", port))
        stream = EventStream(raw, "\r\n".join([*lines, "", ""]).encode())
        try:
            yield stream
        finally:
            stream.close()
