"""What connections need in order to be encrypted."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from websocket_mock.actors.values.tls import CertificateProblem


class Certificates(Protocol):
    """Gives each TLS handshake its certificate. Any thread may use it."""

    ca_file: Path | None
    """Where the certificate of our own authority is; None: the operator's certificate is used."""
    ca_pem: bytes | None
    """That certificate, as PEM."""

    def context(self, server_name: str | None) -> ssl.SSLContext:
        """Return the context for a host name that a client wants. Takes up to a millisecond."""

    def faulty(self, problem: CertificateProblem, server_name: str | None) -> ssl.SSLContext:
        """Return a context whose certificate has a mistake. Takes up to a millisecond."""

    def subject_of(self, certificate: bytes) -> str:
        """Return the subject of a client's certificate, given in DER, as text (RFC 4514)."""

    def close(self) -> None:
        """Remove the file with the certificate of our own authority. Idempotent."""


@dataclass(frozen=True, slots=True)
class ServedTls:
    """How connections are encrypted."""

    certificates: Certificates
    is_required: bool
    """Whether clients without TLS are refused."""
