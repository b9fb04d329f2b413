"""The servers of comparison in Python: a module to run, with `NAME --ready-file FILE`.

Each is written as one would write it with that library, with the standard `json`. Runs until it is
terminated.
"""

import argparse
import asyncio
import json
import os
import secrets
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pykka
import trustme
from websocket_server import WebsocketServer
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from websocket_mock.scripts.dev.benchmark.system import raise_open_files_limit

HOST = "127.0.0.1"

Announce = Callable[[str], None]
"""Is called with the URL of the server when it listens."""


def new_client_id() -> str:
    """Return 8 random hex characters."""
    return secrets.token_hex(4)


def _message(kind: str, client_id: str) -> str:
    return json.dumps(
        {
            "type": kind,
            "client_id": client_id,
            "timestamp": time.time(),
            "server_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
    )


def answer(client_id: str, message: str | bytes) -> str:
    """Return the JSON pong for a JSON ping.

    Raises:
        ValueError: The message is not a JSON ping.
    """
    if json.loads(message)["type"] != "ping":
        raise ValueError("the peers of the benchmark answer pings only")
    return _message("pong", client_id)


async def _answer_pings(connection: ServerConnection) -> None:
    client_id = new_client_id()
    async for message in connection:
        await connection.send(answer(client_id, message))


async def _welcome(connection: ServerConnection) -> None:
    await connection.send(_message("welcome", new_client_id()))
    await _answer_pings(connection)


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def _shout(connection: ServerConnection) -> None:
    async for message in connection:
        broadcast(connection.server.connections, message)


_PATHS: dict[str, Callable[[ServerConnection], Awaitable[None]]] = {
    "/": _answer_pings,
    "/welcome": _welcome,
    "/echo": _echo,
    "/broadcast": _shout,
}


async def _converse(connection: ServerConnection) -> None:
    request = connection.request
    with suppress(ConnectionClosed):
        await _PATHS["/" if request is None else request.path](connection)


async def _serve_websockets(
    announce: Announce,
    compression: Literal["deflate"] | None,
    tls: ssl.SSLContext | None = None,
) -> None:
    # The limit of the size is that of this server.
    size = 10 * 1024 * 1024
    async with serve(_converse, HOST, 0, compression=compression, max_size=size, ssl=tls) as server:
        announce(f"ws://{HOST}:{next(iter(server.sockets)).getsockname()[1]}")
        await server.serve_forever()


def run_websockets(announce: Announce) -> None:
    """Serve with the asyncio server of `websockets`, compression off."""
    asyncio.run(_serve_websockets(announce, None))


def run_websockets_deflate(announce: Announce) -> None:
    """Serve with the same, with its default compression."""
    asyncio.run(_serve_websockets(announce, "deflate"))


def run_websockets_tls(announce: Announce) -> None:
    """Serve with the same without compression, with TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost", HOST).configure_cert(tls)
    asyncio.run(_serve_websockets(announce, None, tls))


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
    announce(f"ws://{HOST}:{server.port}")
    server.run_forever()


PEERS: dict[str, Callable[[Announce], None]] = {
    "websockets": run_websockets,
    "websockets-deflate": run_websockets_deflate,
    "websockets-tls": run_websockets_tls,
    "websocket-server": run_websocket_server,
}


def write_ready_file(path: Path, url: str) -> None:
    """Write, in one step, where the server is to be found."""
    name = "mcp_url" if url.startswith("http") else "websocket_url"
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps({name: url, "pid": os.getpid()}), encoding="utf-8")
    draft.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one peer until it is terminated or interrupted; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench_peers", description=__doc__)
    parser.add_argument("name", choices=PEERS, help="which server")
    parser.add_argument("--ready-file", type=Path, required=True, help="written once it listens")
    options = parser.parse_args(arguments)
    raise_open_files_limit()
    with suppress(KeyboardInterrupt):
        PEERS[options.name](lambda url: write_ready_file(options.ready_file, url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
