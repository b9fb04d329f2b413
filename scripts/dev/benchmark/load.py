"""The load generator of the benchmark: a module to run, with `stream|crowd URL …`.

One process, one thread, one epoll: it has to be faster than every server it measures. Prints one
line of JSON (a `Rate` or a `Crowd`); what goes wrong is one line on stderr and exit code 1. Linux
only, as the figures of the server's process are.
"""

import argparse
import gc
import select
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit

import orjson

from websocket_mock.scripts.dev.benchmark.results import Crowd, Rate
from websocket_mock.scripts.dev.benchmark.system import process_figures, raise_open_files_limit
from websocket_mock.scripts.dev.benchmark.wire import (
    CLOSE,
    PING,
    WireError,
    handshake_request,
    opening_length,
    split_texts,
)

CONNECT_TIMEOUT = 60.0
ANSWER_TIMEOUT = 60.0
STALL_TIMEOUT = 10.0
CLOSE_TIMEOUT = 5.0
WARM_UP_SHARE = 0.25

# The stock websocket-server listens with a backlog of 5: more at once and the kernel drops some.
STREAM_WINDOW = 4
CROWD_WINDOW = 64

_READ_BYTES = 64 * 1024


class LoadError(Exception):
    """Raised when a server fails under load; the text is the reason, in one line."""


class _Client:
    """One socket and the bytes of it that do not yet make a whole frame."""

    __slots__ = ("sock", "tail")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.tail = b""

    def read(self) -> bytes:
        """Return the unused and the newly received bytes; never blocks, the socket is ready."""
        chunk = self.sock.recv(_READ_BYTES)
        if not chunk:
            raise LoadError("the server hung up on a client")
        return self.tail + chunk


class Clients:
    """Connections to one server, all driven by the calling thread.

    Every method blocks for at most its timeout and raises `LoadError`, `WireError` or `OSError`
    when the server does not play along.
    """

    def __init__(self, url: str, *, has_welcome: bool) -> None:
        parts = urlsplit(url)
        if parts.hostname is None or parts.port is None:
            raise LoadError(f"the URL {url} must look like ws://HOST:PORT/PATH")
        self._address = (socket.gethostbyname(parts.hostname), parts.port)
        self._request = handshake_request(parts.hostname, parts.port, parts.path or "/")
        self._has_welcome = has_welcome
        self._clients: dict[int, _Client] = {}
        self._epoll = select.epoll()

    def connect(self, count: int, window: int, timeout: float) -> float:
        """Open `count` connections, at most `window` at a time, and return the seconds it took."""
        started = time.perf_counter()
        opening: dict[int, _Client] = {}
        missing = count
        while missing or opening:
            while missing and len(opening) < window:
                client = self._start_opening()
                opening[client.sock.fileno()] = client
                missing -= 1
            for fd, events in self._poll(started + timeout, "handshakes"):
                if self._advance_opening(opening[fd], fd, events):
                    del opening[fd]
        return time.perf_counter() - started

    def _start_opening(self) -> _Client:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._clients[sock.fileno()] = client = _Client(sock)
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect_ex(self._address)  # an error shows when the request is sent
        self._epoll.register(sock.fileno(), select.EPOLLOUT)
        return client

    def _advance_opening(self, client: _Client, fd: int, events: int) -> bool:
        if events & select.EPOLLOUT:
            client.sock.send(self._request)
            self._epoll.modify(fd, select.EPOLLIN)
            return False
        data = client.read()
        used = opening_length(data, has_welcome=self._has_welcome)
        client.tail = data if used is None else data[used:]
        return used is not None

    def ping_each(self, timeout: float) -> float:
        """Ping every client once, return the seconds until the last reply; replies are checked."""
        started = time.perf_counter()
        for client in self._clients.values():
            client.sock.send(PING)
        replies: list[bytes] = []
        while len(replies) < len(self._clients):
            for fd, _ in self._poll(started + timeout, "replies"):
                client = self._clients[fd]
                data = client.read()
                texts, used = split_texts(data)
                client.tail = data[used:]
                replies += texts
        seconds = time.perf_counter() - started
        for reply in replies:
            check_pong(reply)
        return seconds

    def fill(self, in_flight: int) -> None:
        """Send `in_flight` pings per client, to be kept in flight by `stream`."""
        for client in self._clients.values():
            client.sock.send(PING * in_flight)

    def stream(self, in_flight: int, seconds: float) -> Rate:
        """Answer every reply with the next ping for `seconds`, and return what was counted."""
        # Everything the loop touches is local: at 100,000 turns a second attribute look-ups show.
        poll, clients = self._epoll.poll, self._clients
        clock, split = time.perf_counter, split_texts
        bursts = [PING * size for size in range(in_flight + 1)]
        replies = 0
        cpu_started, started = time.process_time(), clock()
        end = started + seconds
        while clock() < end:
            ready = poll(STALL_TIMEOUT)
            if not ready:
                raise LoadError(f"no client got a reply for {STALL_TIMEOUT:g} s")
            for fd, _ in ready:
                client = clients[fd]
                data = client.read()
                texts, used = split(data)
                client.tail = data[used:]
                answered = len(texts)
                if answered > in_flight:
                    raise LoadError("the server sent more messages than it was sent pings")
                # Never partial: what is in flight is far below any socket buffer.
                client.sock.send(bursts[answered])
                replies += answered
        elapsed = clock() - started
        return Rate(replies, elapsed, busy=(time.process_time() - cpu_started) / elapsed)

    def close(self) -> None:
        """Say goodbye and wait, within bounds, until the server has let go of every client.

        So the next measurement finds the server idle, and its log free of broken connections.
        """
        end = time.perf_counter() + CLOSE_TIMEOUT
        for fd, client in tuple(self._clients.items()):
            try:
                client.sock.send(CLOSE)
                self._epoll.modify(fd, select.EPOLLIN)
            except OSError:
                self._forget(fd)
        while self._clients and (left := end - time.perf_counter()) > 0:
            for fd, _ in self._epoll.poll(left):
                if not self._has_more(fd):
                    self._forget(fd)
        for fd in tuple(self._clients):
            self._forget(fd)
        self._epoll.close()

    def _has_more(self, fd: int) -> bool:
        try:
            return bool(self._clients[fd].sock.recv(_READ_BYTES))
        except OSError:
            return False

    def _forget(self, fd: int) -> None:
        self._clients.pop(fd).sock.close()

    def _poll(self, end: float, awaited: str) -> list[tuple[int, int]]:
        left = end - time.perf_counter()
        ready = self._epoll.poll(left) if left > 0 else []
        if not ready:
            raise LoadError(f"the {awaited} of {len(self._clients)} clients did not end in time")
        return ready


def check_pong(payload: bytes) -> None:
    """Check that a reply is the JSON pong every server has to send.

    Raises:
        LoadError: It is something else.
    """
    try:
        reply = orjson.loads(payload)
    except orjson.JSONDecodeError:
        reply = None
    if (
        not isinstance(reply, dict)
        or reply.get("type") != "pong"
        or not {"client_id", "timestamp", "server_time"} <= reply.keys()
    ):
        raise LoadError(f"the server did not answer a ping with a pong: {payload[:100]!r}")


def measure_stream(options: argparse.Namespace) -> Rate:
    """Keep `in_flight` pings going on every client; blocks for a little more than `seconds`."""
    with closing(Clients(options.url, has_welcome=options.welcome)) as clients:
        clients.connect(options.clients, STREAM_WINDOW, CONNECT_TIMEOUT)
        clients.ping_each(ANSWER_TIMEOUT)
        clients.fill(options.in_flight)
        clients.stream(options.in_flight, options.seconds * WARM_UP_SHARE)
        return clients.stream(options.in_flight, options.seconds)


def measure_crowd(options: argparse.Namespace) -> Crowd:
    """Connect a crowd, ping each once, look at the server's process while all are connected."""
    with closing(Clients(options.url, has_welcome=options.welcome)) as clients:
        connect_seconds = clients.connect(options.clients, CROWD_WINDOW, CONNECT_TIMEOUT)
        answer_seconds = clients.ping_each(ANSWER_TIMEOUT)
        figures = process_figures(options.pid)
        return Crowd(options.clients, connect_seconds, answer_seconds, *figures)


def _parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("url", help="WebSocket URL of the server, ws://HOST:PORT/PATH")
    shared.add_argument("--clients", type=int, required=True, help="connections to open")
    shared.add_argument("--welcome", action="store_true", help="the server greets each client")
    parser = argparse.ArgumentParser(prog="bench_load", description=__doc__)
    commands = parser.add_subparsers(required=True)
    stream = commands.add_parser("stream", parents=[shared], help="measure replies per second")
    stream.add_argument("--in-flight", type=int, required=True, help="pings in flight per client")
    stream.add_argument("--seconds", type=float, required=True, help="length of the measurement")
    stream.set_defaults(measure=measure_stream)
    crowd = commands.add_parser("crowd", parents=[shared], help="measure many clients at once")
    crowd.add_argument("--pid", type=int, required=True, help="process of the server")
    crowd.set_defaults(measure=measure_crowd)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement and print its outcome; return the exit code."""
    options = _parse_options(arguments)
    raise_open_files_limit()
    gc.disable()  # the loop makes no cycles, and a pause here would be blamed on the server
    try:
        outcome = options.measure(options)
    except (LoadError, WireError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(orjson.dumps(outcome).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
