"""A plain HTTP request in the form that conditions and templates use."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

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

    @classmethod
    def of(
        cls, request: HandshakeRequest, method: str, body: bytes, form: Mapping[str, str]
    ) -> "HttpRequest":
        """Return a request whose head was read as that of a handshake."""
        head = {one.name: getattr(request, one.name) for one in fields(HandshakeRequest)}
        return cls(**head, method=method, body=body, form=form)
