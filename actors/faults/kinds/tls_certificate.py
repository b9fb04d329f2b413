"""The certificate of the server has a mistake."""

from pydantic import Field

from websocket_mock.actors.faults.kind import TlsFault
from websocket_mock.actors.values.tls import CertificateProblem, TlsPlan


class TlsCertificate(TlsFault):
    """The certificate that a TLS client gets to see has a mistake (RFC 5280 section 6)."""

    key = "tls_certificate"
    summary = "the certificate of the server has a mistake"
    needs_parameters = True

    problem: CertificateProblem = Field(
        description="expired: it ended yesterday; wrong_host: it is for another host; unknown_ca: "
        "nobody knows who signed it"
    )

    def plan(self) -> TlsPlan:
        """Show that certificate."""
        return TlsPlan(certificate=self.problem)
