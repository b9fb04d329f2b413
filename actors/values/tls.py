"""What is known of a TLS connection, and what is decided about its handshake."""

from dataclasses import asdict, dataclass
from typing import Literal

CertificateProblem = Literal["expired", "wrong_host", "unknown_ca"]
"""What can be wrong with the certificate that a client gets to see."""


@dataclass(frozen=True, slots=True)
class TlsInfo:
    """What the handshake of a TLS connection has agreed on."""

    version: str
    """As OpenSSL writes it, such as ``TLSv1.3``."""
    cipher: str
    server_name: str | None
    """The name of the host that the client wants (SNI, RFC 6066 section 3)."""
    alpn: str | None
    """The application protocol that was agreed on (RFC 7301); None: the client offers none."""
    client_certificate: str | None
    """The subject of the client's certificate (RFC 4514), such as ``CN=alice,O=Example``."""

    def as_json(self) -> dict[str, str]:
        """Return what is known, by the names of the fields."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class TlsPlan:
    """What to do with a TLS handshake, once its ClientHello has arrived."""

    attempt: int = 1
    """The number of this TLS connection from the same address to the same server name."""
    namespace: str | None = None
    """The namespace that the server name stands for."""
    fault: str | None = None
    """The name of the fault that hits it; None: nothing is wrong."""
    kind: str | None = None
    """The kind of that fault."""
    certificate: CertificateProblem | None = None
    """What is wrong with the certificate."""
    alert: int | None = None
    """The alert that refuses the handshake (RFC 8446 section 6)."""
    ending: Literal["stall", "reset", "close"] | None = None
    """How it ends without an answer: never, by RST or by FIN."""
    has_close_notify: bool = True
    """Whether the end of the connection is announced (RFC 8446 section 6.1)."""


NORMAL = TlsPlan()
"""The handshake goes as it should."""
