"""A plain HTTP request in the form that conditions and templates use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from websocket_mock.actors.values.handshake_request import HandshakeRequest

FORM = "application/x-www-form-urlencoded"
"""The type of the body of a form."""


@dataclass(frozen=True, slots=True)
class HttpRequest(HandshakeRequest):
    """A request that is no opening handshake. `attempt` counts those of the logical client."""

    method: str = "GET"
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields of a body that is application/x-www-form-urlencoded."""
