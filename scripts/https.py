"""TLS for the control plane, with the certificates that WebSocket clients get to see."""

import ipaddress
import ssl
from functools import partial

from websocket_mock.transport.tls.contexts import ALPN
from websocket_mock.transport.tls.serving import Certificates


def https_context(certificates: Certificates, host: str) -> ssl.SSLContext:
    """Return a context for http servers, which answers to any host name. Does not block.

    Its clients need no certificate: the token says who may come in.

    Args:
        certificates: the certificates.
        host: the address that the server listens on.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(ALPN)
    context.sni_callback = partial(_choose, certificates, _name_of(host))
    return context


def _choose(
    certificates: Certificates, name: str | None, side: ssl.SSLObject, wanted: str | None, _: object
) -> None:
    # A client that connects to an IP address does not name it. Only the certificate comes from
    # this context: what it asks of clients does not count any more.
    side.context = certificates.context(wanted or name)


def _name_of(host: str) -> str | None:
    try:
        return None if ipaddress.ip_address(host).is_unspecified else host
    except ValueError:
        return host
