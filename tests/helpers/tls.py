"""A server with TLS in this process, and clients that trust it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection

from tests.helpers.json_client import websocket
from tests.helpers.mock_server import write_mocks
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.entries import JournalEntry
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE
from websocket_mock.transport.tls.config import TlsConfig


class TlsServer:
    """A server, and what its clients need."""

    def __init__(self, server: InProcessServer, ca_file: Path) -> None:
        self.server = server
        self.folder = ca_file.parent
        self.trust = ssl.create_default_context(cafile=ca_file)
        """Trusts the server's authority."""

    @property
    def port(self) -> int:
        return self.server.port

    @contextmanager
    def connect(
        self, path: str = "/echo", *, host: str = "localhost", **options: Any
    ) -> Iterator[ClientConnection]:
        """A real client, which asks for a host."""
        settings = {"ssl": self.trust, "server_hostname": host, **options}
        with websocket(f"wss://127.0.0.1:{self.port}{path}", **settings) as client:
            yield client

    @contextmanager
    def open_socket(self, *, host: str = "localhost") -> Iterator[ssl.SSLSocket]:
        """A client's socket after the TLS handshake. It tells the two ways to end apart."""
        with (
            socket.create_connection(("127.0.0.1", self.port), PATIENCE) as plain,
            self.trust.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False) as one,
        ):
            yield one

    def client_hello(self) -> bytes:
        """The first bytes of a client that does everything by hand."""
        outgoing = ssl.MemoryBIO()
        side = self.trust.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
        return outgoing.read()

    def entries(self, kind: str) -> list[JournalEntry]:
        """The entries of a kind."""
        gateway = self.server.gateway
        gateway.flush()
        match = EntryMatch.model_validate({"kind": kind})
        return list(gateway.history.read(match, 0, 1000, EVERY_NAMESPACE).entries)

    def details(self, kind: str) -> list[dict[str, Any]]:
        """The details of the entries of a kind."""
        return [dict(entry.details) for entry in self.entries(kind)]


@contextmanager
def serving_tls(
    folder: Path, *endpoints: dict[str, Any], tls: TlsConfig | None = None, **limits: Any
) -> Iterator[TlsServer]:
    """Serve with self-signed certificates; the folder is for files."""
    ca_file = folder / "ca.pem"
    config = tls or TlsConfig(self_signed=True)
    files = []
    if endpoints:
        files.append(folder / "mocks.json")
        write_mocks(files[0], *endpoints)
    with serving_here(
        *files, tls=config.model_copy(update={"ca_file": ca_file}), **limits
    ) as server:
        yield TlsServer(server, ca_file)
