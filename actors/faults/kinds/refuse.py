"""The handshake is refused."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Field

from websocket_mock.actors.faults.kind import HandshakeFault


class Refuse(HandshakeFault):
    """The handshake is refused at once, whatever the rules of the endpoint say."""

    key = "refuse"
    summary = "the handshake is refused"

    status: Annotated[int, Ge(400), Le(599)] = Field(default=503, description="the HTTP status")
