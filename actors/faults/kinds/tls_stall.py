"""The TLS handshake is never answered."""

from websocket_mock.actors.faults.kind import TlsFault
from websocket_mock.actors.values.tls import TlsPlan


class TlsStall(TlsFault):
    """The TLS handshake is never answered; `handshake_timeout` ends the connection."""

    key = "tls_stall"
    summary = "the TLS handshake is never answered"

    def plan(self) -> TlsPlan:
        """Do not answer."""
        return TlsPlan(ending="stall")
