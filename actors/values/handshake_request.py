"""An opening handshake in the form that conditions and templates use."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
