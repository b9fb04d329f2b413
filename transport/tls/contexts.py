"""The SSL contexts of the server, which ask about each handshake once its ClientHello is there."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import cast

ALPN = ["http/1.1"]
"""A WebSocket is opened by HTTP/1.1 here (RFC 6455 section 4.1)."""


class ServerSide(ssl.SSLObject):
    """The server's side of one TLS connection, without a socket."""

    on_client_hello: Callable[[str | None], int | None]
    """Gets the server name when the ClientHello has arrived. It may set `context`, and may return
    an alert (RFC 8446 section 6) that refuses the handshake. It must not raise."""


def make_context(client_ca: Path | None = None, *, needs_client: bool = True) -> ssl.SSLContext:
    """Return a context that has no certificate yet. Reads the file.

    Args:
        client_ca: a PEM file with the authorities of client certificates; None: clients are not
            asked for one.
        needs_client: whether a client without a certificate is refused.

    Raises:
        OSError: the file cannot be read or has no certificates.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(ALPN)
    context.sslobject_class = ServerSide
    context.sni_callback = _ask
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if needs_client else ssl.CERT_OPTIONAL
    return context


def _ask(side: ssl.SSLObject, server_name: str | None, _: ssl.SSLContext) -> int | None:
    return cast("ServerSide", side).on_client_hello(server_name)
