"""An opening handshake in the form that conditions and templates use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from websocket_mock.actors.values.namespaces import prefix_of
from websocket_mock.actors.values.tls import TlsInfo


@dataclass(frozen=True, slots=True)
class HandshakeRequest:
    """The request of a client. Names of headers are in lower case."""

    path: str
    """Without the prefix of its namespace."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Several values of one header are joined by a comma and a space."""
    cookies: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    subprotocols: list[str] = field(default_factory=list)
    remote_address: str = ""
    """The host, without the port."""
    attempt: int = 1
    """Number of this connection of the same logical client to the endpoint, from 1."""
    namespace: str | None = None
    tls: TlsInfo | None = None
    """What the TLS handshake has agreed on; None: the connection is plain."""

    @property
    def server_name(self) -> str | None:
        """The name of the host that the TLS client wants (SNI)."""
        return None if self.tls is None else self.tls.server_name

    @property
    def client_certificate(self) -> str | None:
        """The subject of the client's certificate."""
        return None if self.tls is None else self.tls.client_certificate

    @property
    def server_url(self) -> str:
        """The URL at which the client has reached the server, with the prefix of its namespace.

        It has no path and no slash at its end. Its host is the header ``Host``.
        """
        scheme = "ws" if self.tls is None else "wss"
        return f"{scheme}://{self.headers.get('host', '')}{prefix_of(self.namespace)}"
