"""What an AsyncAPI document says about its channels, the same for all versions.

Texts in `notes` are about what has no counterpart in mocks; they become comments.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Form = Literal["json", "text", "binary"]
"""What a message is on the wire."""

Steps = tuple[str | int, ...]
"""The keys and indexes that lead to a part of a payload."""


@dataclass(frozen=True, slots=True)
class Message:
    """A kind of message."""

    name: str
    form: Form = "json"
    summary: str = ""
    schema: Any = None
    """The JSON Schema of its payload, with references into the `Schemas`; None: unknown."""
    examples: tuple[Any, ...] = ()
    correlation: Steps | None = None
    """Where the id is in its payload that it shares with the message that it answers."""
    answers: tuple["Message", ...] = ()
    """What it is answered with, as its extension `x-response` says."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What an operation is answered with: one of these messages."""

    messages: tuple[Message, ...]
    channel: str | None = None
    """The channel in which it is sent, if that is another one."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Messages that go one way."""

    name: str
    is_from_client: bool
    messages: tuple[Message, ...]
    summary: str = ""
    reply: Reply | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the path of a channel that varies."""

    name: str
    summary: str = ""
    allowed: tuple[str, ...] = ()
    """Its possible values; none: any."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client must show in the handshake."""

    where: Literal["query", "headers", "cookies"]
    name: str
    scheme: str = ""
    """What its value begins with, such as `Bearer`."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that offers channels."""

    name: str
    is_websocket: bool
    path: str = ""
    """What its paths begin with; empty, or /… without a slash at the end."""
    ways_in: tuple[tuple[Credential, ...], ...] = ()
    """A client must show all credentials of one of these; none: everybody may connect."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """One address, and what is sent there."""

    name: str
    address: str | None
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    query: Any = None
    """The JSON Schema of the query parameters, with references into the `Schemas`."""
    headers: Any = None
    """The JSON Schema of the headers of the handshake, likewise."""
    servers: tuple[Server, ...] = ()
    operations: tuple[Operation, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """A whole document."""

    title: str
    version: str = ""
    summary: str = ""
    channels: tuple[Channel, ...] = ()
    says_answers: bool = True
    """Whether this version of AsyncAPI can say which message answers which."""
    definitions: dict[str, Any] = field(default_factory=dict)
    """The schemas that others refer to, by the names in `#/$defs/NAME`."""
    notes: tuple[str, ...] = ()
