"""The end of a TLS connection is not announced."""

from websocket_mock.actors.faults.kind import TlsFault
from websocket_mock.actors.values.tls import TlsPlan


class NoCloseNotify(TlsFault):
    """The TLS connection ends without a close_notify alert (RFC 8446 section 6.1)."""

    key = "no_close_notify"
    summary = "the TLS connection ends without a close_notify"

    def plan(self) -> TlsPlan:
        """Leave out the announcement."""
        return TlsPlan(has_close_notify=False)
