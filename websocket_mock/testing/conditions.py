"""The conditions that the methods take as keywords, and the documents that they stand for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.testing.values import plain_value

if TYPE_CHECKING:
    from websocket_mock.actors.journal.schema import EntryKind

Matcher: TypeAlias = Any
"""A value that must be equal, or tests of it such as ``{"at_least": 5}``; see docs/mocks.md."""

Direction = Literal["received", "sent", "any"]
Duration: TypeAlias = str | float
"""Such as ``"100ms"`` or ``"2s"``, or a number of seconds."""


class ContentConditions(TypedDict, total=False):
    """Conditions on the content of a message. All that are given must hold."""

    text: Matcher
    """The content of a text message."""
    json: Matcher
    """The text, read as JSON: a value, or JSONPaths with a matcher each."""
    json_of: Mapping[str, Any]
    """JSON that is a part of the text."""
    binary: Matcher
    """The content of a binary message, as bytes or ``hex:…``."""
    fields: Mapping[str, Matcher]
    """The named fields of a binary message."""
    type: Literal["text", "binary"]
    size: Matcher
    """The size in bytes."""


class MessageConditions(ContentConditions, total=False):
    """Conditions on a message or a close frame. All that are given must hold."""

    code: Matcher
    """The code of a close frame."""
    reason: Matcher


class RuleConditions(MessageConditions, total=False):
    """Conditions on a message, and when and how often the rule fires."""

    name: str
    when: str
    """A further condition, as a template expression."""
    state: str | list[str]
    """The states of the connection in which it fires."""
    priority: int
    times: int
    """Fire at most this many times on each connection."""
    after_times: int
    """Skip this many matches first."""
    every_nth: int


class HandshakeConditions(TypedDict, total=False):
    """Conditions on an opening handshake. All that are given must hold."""

    path: Matcher
    query: Mapping[str, Matcher]
    headers: Mapping[str, Matcher]
    cookies: Mapping[str, Matcher]
    origin: Matcher
    subprotocols: Matcher
    remote_address: Matcher
    attempt: Matcher
    """The number of this connection of the same client, from 1."""
    server_name: Matcher
    """The host name that a TLS client wants (SNI)."""
    client_certificate: Matcher
    """The subject of the client's TLS certificate, such as CN=alice,O=Example."""


class EntryConditions(ContentConditions, total=False):
    """Conditions on an entry of the traffic. All that are given must hold."""

    kind: "EntryKind"
    direction: Direction
    """Without it, a condition on a message means one that the client sent."""
    endpoint: str
    client: str
    path: Matcher
    attempt: Matcher
    code: Matcher
    was_clean: bool
    by: Literal["client", "server"]
    """The side that closed the connection."""
    method: Matcher
    """The method of an HTTP request, such as GET."""
    status: Matcher
    """The HTTP status of the answer to a handshake or a request."""
    rule: Matcher
    fault: Matcher
    passed: bool
    contract: Literal["accepts", "sends"]


_CONTENT = frozenset(ContentConditions.__annotations__)
_ABOUT_MESSAGES = frozenset({"message", "text", "binary", "ping", "pong"})


def message_match(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `match` of a rule."""
    check_names(given, MessageConditions)
    return dict(plain_value(given))


def handshake_match(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `match` of a handshake rule."""
    check_names(given, HandshakeConditions)
    return dict(plain_value(given))


def entry_match(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions on an entry, as the tools take them."""
    check_names(given, EntryConditions)
    plain = dict(plain_value(given))
    content = {name: plain.pop(name) for name in _CONTENT & plain.keys()}
    direction = plain.pop("direction", None)
    if content:
        plain["match"] = content
    if direction is None and (content or plain.get("kind") in _ABOUT_MESSAGES):
        direction = "received"
    if direction not in (None, "any"):
        plain["direction"] = direction
    return plain


def check_names(given: Mapping[str, Any], *allowed: Any) -> None:  # noqa: ANN401 - typed dicts
    """Refuse names that none of the typed dictionaries has.

    Raises:
        TypeError: there is such a name; the text has the nearest one.
    """
    known = [name for one in allowed for name in one.__annotations__]
    for name in given:
        if name not in known:
            raise TypeError(f"there is no condition {name!r}; {nearest(name, known)}")
