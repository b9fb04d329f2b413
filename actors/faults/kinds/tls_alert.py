"""The TLS handshake is refused with an alert."""

from typing import Literal

from pydantic import Field

from websocket_mock.actors.faults.kind import TlsFault
from websocket_mock.actors.values.tls import TlsPlan

ALERTS = {
    "protocol_version": 70,
    "handshake_failure": 40,
    "insufficient_security": 71,
    "internal_error": 80,
    "access_denied": 49,
    "unrecognized_name": 112,
}
"""The numbers of the alerts (RFC 8446 section 6)."""


class TlsAlert(TlsFault):
    """The TLS handshake is refused with an alert (RFC 8446 section 6)."""

    key = "tls_alert"
    summary = "the TLS handshake is refused with an alert"

    alert: Literal[
        "protocol_version",
        "handshake_failure",
        "insufficient_security",
        "internal_error",
        "access_denied",
        "unrecognized_name",
    ] = Field(
        default="protocol_version",
        description="the alert; protocol_version: there is no version of TLS in common",
    )

    def plan(self) -> TlsPlan:
        """Send the alert."""
        return TlsPlan(alert=ALERTS[self.alert])
