"""The servers of comparison: a module to run, with `NAME --ready-file FILE`.

Each answers a JSON ping with the same JSON pong as this server does, written as one would write it
with that library, with the standard `json`. Runs until it is terminated.
"""

import argparse
import asyncio
import json
import os
import secrets
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pykka
from websocket_server import WebsocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from websocket_mock.scripts.dev.benchmark.system import raise_open_files_limit
from websocket_mock.scripts.dev.benchmark.wire import ACCEPT, CLOSE, PING, text_frame

HOST = "127.0.0.1"

Announce = Callable[[int], None]


def new_client_id() -> str:
    """Return 8 random hex characters."""
    return secrets.token_hex(4)


def answer(client_id: str, message: str | bytes) -> str:
    """Return the JSON pong for a JSON ping.

    Raises:
        ValueError: The message is not a JSON ping.
    """
    if json.loads(message)["type"] != "ping":
        raise ValueError("the peers of the benchmark answer pings only")
    return json.dumps(
        {
            "type": "pong",
            "client_id": client_id,
            "timestamp": time.time(),
            "server_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
    )


async def _converse(connection: ServerConnection) -> None:
    client_id = new_client_id()
    with suppress(ConnectionClosed):
        async for message in connection:
            await connection.send(answer(client_id, message))


async def _serve_websockets(announce: Announce) -> None:
    async with serve(_converse, HOST, 0, compression=None) as server:
        announce(next(iter(server.sockets)).getsockname()[1])
        await server.serve_forever()


def run_websockets(announce: Announce) -> None:
    """Serve with the asyncio server of `websockets`, compression off."""
    asyncio.run(_serve_websockets(announce))


class Answerer(pykka.ThreadingActor):
    """One client of the stock `websocket-server`: a thread that answers what it is told."""

    use_daemon_thread = True

    def __init__(self, server: WebsocketServer, client: dict[str, Any]) -> None:
        super().__init__()
        self._server = server
        self._client = client
        self._client_id = new_client_id()

    def on_receive(self, message: str) -> None:
        """Answer one message of the client; blocks while the socket is full."""
        with suppress(OSError):  # the client may have left with this still in the mailbox
            self._server.send_message(self._client, answer(self._client_id, message))


def run_websocket_server(announce: Announce) -> None:
    """Serve with `websocket-server` as it ships, one `pykka.ThreadingActor` per client."""
    actors: dict[int, pykka.ActorRef[Answerer]] = {}

    def on_join(client: dict[str, Any], server: WebsocketServer) -> None:
        actors[client["id"]] = Answerer.start(server, client)

    def on_message(client: dict[str, Any], _server: WebsocketServer, message: str) -> None:
        actors[client["id"]].tell(message)

    def on_leave(client: dict[str, Any], _server: WebsocketServer) -> None:
        actors.pop(client["id"]).stop(block=False)

    server = WebsocketServer(HOST, 0)
    server.set_fn_new_client(on_join)
    server.set_fn_message_received(on_message)
    server.set_fn_client_left(on_leave)
    announce(server.port)
    server.run_forever()


class CannedServer:
    """No WebSocket server at all: so many bytes in, so many copies of one frame out.

    About the least a Python process can do per message, so the rate at which it is loaded is a
    lower bound of what the load generator can do.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._clients: dict[int, socket.socket] = {}
        self._pending: dict[int, int] = {}
        self._frame = text_frame(answer(new_client_id(), '{"type":"ping"}').encode())

    def run(self, announce: Announce) -> NoReturn:
        """Serve for ever on the calling thread."""
        announce(self._listener.getsockname()[1])
        while True:
            for fd, _ in self._epoll.poll():
                if fd in self._pending:
                    self._serve(fd)
                elif fd in self._clients:
                    self._accept_handshake(fd)
                else:
                    self._accept()

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients[sock.fileno()] = sock
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def _accept_handshake(self, fd: int) -> None:
        self._clients[fd].recv(4096)
        self._clients[fd].send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n\r\n"
        )
        self._pending[fd] = 0

    def _serve(self, fd: int) -> None:
        try:
            data = self._clients[fd].recv(4096)
        except ConnectionError:
            data = b""
        if not data or data.endswith(CLOSE):
            del self._pending[fd]
            self._clients.pop(fd).close()
            return
        pings, self._pending[fd] = divmod(self._pending[fd] + len(data), len(PING))
        self._clients[fd].send(self._frame * pings)


def run_canned(announce: Announce) -> None:
    """Serve one canned frame per ping, as fast as can be."""
    CannedServer().run(announce)


PEERS: dict[str, Callable[[Announce], None]] = {
    "websockets": run_websockets,
    "websocket-server": run_websocket_server,
    "canned": run_canned,
}


def write_ready_file(path: Path, port: int) -> None:
    """Write, in one step, where the server is to be found."""
    content = {"websocket_url": f"ws://{HOST}:{port}", "pid": os.getpid()}
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one peer until it is terminated or interrupted; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench_peers", description=__doc__)
    parser.add_argument("name", choices=PEERS, help="which server")
    parser.add_argument("--ready-file", type=Path, required=True, help="written once it listens")
    options = parser.parse_args(arguments)
    raise_open_files_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        PEERS[options.name](lambda port: write_ready_file(options.ready_file, port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
