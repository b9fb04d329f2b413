"""The connection ends in the TLS handshake."""

from typing import Literal

from pydantic import Field

from websocket_mock.actors.faults.kind import TlsFault
from websocket_mock.actors.values.tls import TlsPlan


class TlsAbort(TlsFault):
    """The connection ends once the ClientHello has arrived, without an answer."""

    key = "tls_abort"
    summary = "the connection ends in the TLS handshake, without an answer"

    by: Literal["close", "reset"] = Field(
        default="close", description="close sends FIN, reset sends RST"
    )

    def plan(self) -> TlsPlan:
        """End the connection."""
        return TlsPlan(ending=self.by)
