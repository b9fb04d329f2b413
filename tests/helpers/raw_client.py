"""A client that is nothing but a socket: it sends any bytes, and reads frames and HTTP answers."""

import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.helpers.frames import CLOSE, request
from tests.helpers.wait import PATIENCE

_FAST_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Received:
    """A frame from the server."""

    opcode: int
    payload: bytes
    fin: bool = True
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str]
    """By lower-case names."""
    body: str


class RawClient:
    """One TCP connection to the server; every wait ends after `PATIENCE`."""

    def __init__(
        self, port: int, host: str = "127.0.0.1", *, receive_buffer: int | None = None
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            self.socket.connect((host, port))
        except OSError:
            self.socket.close()
            raise
        self._unread = b""

    # --- sending ------------------------------------------------------------------------------

    def send(self, *pieces: bytes) -> None:
        """Send all pieces in one call, so that the server reads them together."""
        self.socket.sendall(b"".join(pieces))

    def finish_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def vanish(self) -> None:
        """Close with a reset, as a process does that is killed with data unread."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _FAST_CLOSE)
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    # --- opening ------------------------------------------------------------------------------

    def ask(self, data: bytes) -> HttpAnswer:
        """Send an HTTP request, whole or not, and read the answer."""
        self.send(data)
        return self.read_answer()

    def read_answer(self) -> HttpAnswer:
        while b"\r\n\r\n" not in self._unread:
            self._read_more()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = self.read(int(headers.get("content-length", "0")))
        return HttpAnswer(int(first.split(" ")[1]), headers, body.decode())

    def open(self, path: str = "/echo", **headers: str | None) -> HttpAnswer:
        """Open a WebSocket connection."""
        answer = self.ask(request(path, **headers))
        assert answer.status == 101, answer
        return answer

    # --- reading ------------------------------------------------------------------------------

    def read(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._read_more()
        data, self._unread = self._unread[:size], self._unread[size:]
        return data

    def _read_more(self) -> None:
        data = self.socket.recv(1 << 20)
        if not data:
            raise EOFError(f"the server hung up after {self._unread!r}")
        self._unread += data

    def read_frame(self) -> Received:
        head, length = self.read(2)
        if length == 126:
            (length,) = struct.unpack("!H", self.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.read(8))
        assert length < 1 << 63, "a frame of a server is not masked"
        return Received(head & 0x0F, self.read(length), bool(head & 0x80), head >> 4 & 0b111)

    def read_close(self) -> tuple[int | None, str]:
        """Read a close frame; return its code, None where it has none, and its reason."""
        received = self.read_frame()
        assert received.opcode == CLOSE, received
        if not received.payload:
            return None, ""
        (code,) = struct.unpack("!H", received.payload[:2])
        return code, received.payload[2:].decode()

    def read_end(self) -> bytes:
        """Read until the server hangs up, and return what came before."""
        try:
            while True:
                self._read_more()
        except EOFError:
            rest, self._unread = self._unread, b""
            return rest

    def is_cut_off(self) -> bool:
        """Tell whether the server has closed its socket: it then answers any byte with a reset."""
        try:
            self.socket.send(b"\0")
        except OSError:
            return True
        return False


@contextmanager
def connected(port: int, host: str = "127.0.0.1", **options: Any) -> Iterator[RawClient]:
    """A TCP connection, without any handshake."""
    client = RawClient(port, host, **options)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def opened(port: int, path: str = "/echo", **options: Any) -> Iterator[RawClient]:
    """An open WebSocket connection."""
    with connected(port, **options) as client:
        client.open(path)
        yield client
