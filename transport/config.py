"""All limits and switches of the WebSocket transport, in one frozen value."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Ge(0), Le(65535)]
Seconds = Annotated[float, Gt(0), Le(86_400)]
PositiveInt = Annotated[int, Ge(1)]

KIB = 1024
MIB = 1024 * KIB


class TransportConfig(BaseModel):
    """The settings of the transport. Sizes are in bytes, times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("localhost", min_length=1, description="address to listen on")
    port: Port = Field(9004, description="port to listen on; 0 takes any free one")
    io_threads: Annotated[int, Ge(1), Le(64)] = Field(
        1, description="reader threads; they share one core"
    )

    max_connections: PositiveInt = Field(
        10_000, description="connections at once; the next one is answered with 503"
    )
    max_message_bytes: PositiveInt = Field(
        10 * MIB, description="largest incoming message; a larger one is closed with 1009"
    )
    max_message_frames: PositiveInt = Field(
        16_384, description="most frames in one incoming message; more are closed with 1009"
    )
    max_header_bytes: Annotated[int, Ge(256)] = Field(
        16 * KIB, description="largest handshake request; a larger one is answered with 431"
    )
    handshake_timeout: Seconds = Field(10.0, description="time a client has for its handshake")
    close_timeout: Seconds = Field(
        5.0, description="time a client has to answer a close frame and hang up"
    )
    max_outbox_bytes: Annotated[int, Ge(1024)] = Field(
        16 * MIB, description="unsent bytes per client; beyond it a slow client is closed with 1013"
    )
    max_total_outbox_bytes: Annotated[int, Ge(1024)] | None = Field(
        None,
        description="unsent bytes of all clients; beyond it the slowest are closed with 1013; "
        "null: an eighth of the memory",
    )
    outbox_pause_bytes: Annotated[int, Ge(1024)] = Field(
        1 * MIB, description="unsent bytes per client at which its socket is no longer read"
    )
    max_mailbox_messages: PositiveInt = Field(
        10_000, description="unhandled actor messages per client at which its socket is not read"
    )
    ping_interval: Annotated[float, Ge(0), Le(86_400)] = Field(
        20.0, description="silence after which a client is pinged; 0 turns keepalive off"
    )
    ping_timeout: Seconds = Field(
        20.0, description="time a client has to answer a ping before it is closed with 1011"
    )
    compression: bool = Field(default=True, description="offer permessage-deflate (RFC 7692)")
    subprotocols: tuple[str, ...] = Field(
        (), description="accepted subprotocols by preference; empty takes a client's first offer"
    )
    fallback: Literal["json", "reject"] = Field(
        "json", description="a path nothing claims: the built-in JSON protocol, or 404"
    )
