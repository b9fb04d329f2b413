"""One entry of the traffic: a handshake, a message, a close, and all else that happened."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from websocket_mock.actors.values.codec import decode, encode
from websocket_mock.testing.control import Control, Result, named
from websocket_mock.testing.values import plain_value

FindPrevious = Callable[["Entry"], "Entry | None"]
"""Returns the entry of the same kind before an entry, of the same client."""

_IN_SHORT = ("method", "path", "status", "code", "reason", "rule", "fault", "passed", "text")
"""The details that the short form of an entry has."""


@dataclass(frozen=True, repr=False)
class Entry:
    """One entry of the traffic. Immutable; any thread.

    >>> with connect(chat.url()):
    ...     entry = mock.wait_for(kind="handshake")
    >>> entry.path, entry.status, entry.headers["upgrade"], entry.gap
    ('/chat', 101, 'websocket', None)

    Its content is None where it has none: a handshake has no text.
    """

    seq: int
    """Its number in the journal of the server."""
    time: datetime
    kind: str
    direction: str | None
    """received: from the client; sent: to it."""
    client: str | None
    """The id of the connection; None for a refused handshake and for HTTP."""
    endpoint: str | None
    attempt: int
    """The number of the connection of the same client, from 1."""
    size: int | None
    """The bytes of the whole payload."""
    details: Mapping[str, Any]
    """What else is known, by its kind: status, headers, code, reason, rule, passed, …"""
    is_truncated: bool = False
    """Whether the journal has only the beginning of the payload."""
    payload: str | bytes | None = field(default=None)
    find_previous: FindPrevious = field(default=lambda _: None, compare=False)

    def __repr__(self) -> str:
        """Return its number and what it is, with the beginning of its content."""
        kind = self.kind if self.direction is None else f"{self.direction} {self.kind}"
        known = {name: self.details[name] for name in _IN_SHORT if name in self.details}
        shown = self.payload if self.payload is not None else known
        return f"<Entry {self.seq}: {kind} {shown!r:.100}>"

    def to_json(self) -> str:
        """Return the entry as JSON in one line; binary payloads as `hex:…`."""
        known = {
            "seq": self.seq,
            "time": self.time.isoformat(),
            "kind": self.kind,
            "direction": self.direction,
            "client": self.client,
            "endpoint": self.endpoint,
            "attempt": self.attempt,
            "size": self.size,
            "payload": plain_value(self.payload),
            "details": dict(self.details) or None,
        }
        return encode(named(known)).decode()

    @property
    def text(self) -> str | None:
        """The content of a text message, or the body of an HTTP request or response."""
        return self.payload if isinstance(self.payload, str) else None

    @property
    def data(self) -> bytes | None:
        """The content of a binary message, a ping or a pong, or an HTTP body that is no text."""
        return self.payload if isinstance(self.payload, bytes) else None

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The content of a text message, read as JSON.

        Raises:
            ValueError: it is not a text message, or not JSON.
        """
        if self.text is None:
            raise ValueError(f"entry {self.seq} is of the kind {self.kind} and has no text")
        return decode(self.text)

    @property
    def method(self) -> str | None:
        """The method of an HTTP request, also with its response."""
        return self.details.get("method")

    @property
    def path(self) -> str | None:
        """The path of a handshake or an HTTP request."""
        return self.details.get("path")

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters of a handshake or a request. Credentials are masked."""
        found: Mapping[str, str] = self.details.get("query") or {}
        return found

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of a handshake, request or response, by their names in lower case.

        Credentials are masked.
        """
        found: Mapping[str, str] = self.details.get("headers") or {}
        return found

    @property
    def status(self) -> int | None:
        """The HTTP status that answered a handshake or a request."""
        return self.details.get("status")

    @property
    def code(self) -> int | None:
        """The close code of a close."""
        return self.details.get("code")

    @property
    def reason(self) -> str | None:
        """The reason of a close, or of an error."""
        return self.details.get("reason")

    @cached_property
    def gap(self) -> float | None:
        """The seconds since the entry before it of the same kind and direction.

        Only those of the same client count, over all its connections to the endpoint. None: it is
        the first. The first read asks the server.
        """
        previous = self.find_previous(self)
        return None if previous is None else (self.time - previous.time).total_seconds()


def read_entry(
    control: Control, namespace: str | None, result: Result, find_previous: FindPrevious
) -> Entry:
    """Return the entry of a tool's result in full detail, with its whole payload.

    Raises:
        MockError: the rest of a long payload cannot be read.
    """
    payload = None if result.get("payload") is None else _whole(control, namespace, result)
    size = result.get("size")
    return Entry(
        seq=result["seq"],
        time=datetime.fromisoformat(result["time"]),
        kind=result["kind"],
        direction=result.get("direction"),
        client=result.get("client"),
        endpoint=result.get("endpoint"),
        attempt=result.get("attempt", 1),
        size=size,
        details=result.get("details") or {},
        is_truncated=payload is not None and len(_bytes(payload)) < (size or 0),
        payload=payload,
        find_previous=find_previous,
    )


def _whole(control: Control, namespace: str | None, result: Result) -> str | bytes:
    """Return what the journal has of a payload."""
    offset = result.get("payload_next")
    pieces = [_content(result)]
    while offset is not None:
        asked = named({"seq": result["seq"], "payload_offset": offset, "namespace": namespace})
        found = control.call("get_websocket_traffic", asked)["entries"]
        if not found:  # the journal has dropped it meanwhile
            break
        pieces.append(_content(found[0]))
        offset = found[0].get("payload_next")
    if len(pieces) == 1:
        return pieces[0]
    whole = b"".join(map(_bytes, pieces))
    return whole.decode(errors="replace") if isinstance(pieces[0], str) else whole


def _content(result: Result) -> str | bytes:
    """Return the payload of a result: binary ones are base64 there."""
    kind, payload = result["kind"], str(result["payload"])
    if kind in ("request", "response", "event"):
        is_binary = bool((result.get("details") or {}).get("binary"))
        return base64.b64decode(payload) if is_binary else payload
    # The message that a fault has hit may be of either type.
    if kind == "text" or (kind == "fault" and len(payload.encode()) == result["size"]):
        return payload
    try:
        return base64.b64decode(payload, validate=True)
    except binascii.Error:
        return payload


def _bytes(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload
