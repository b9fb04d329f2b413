"""Tells plain HTTP requests from opening handshakes, by the bytes that have arrived."""

import re
from collections.abc import Callable
from enum import Enum, auto

MAX_LINE = 8192
"""The longest request line that is waited for; the library that reads handshakes has this limit."""

_LINE = re.compile(rb"([-!#$%&'*+.^_`|~0-9a-zA-Z]+) ([!-~]+) HTTP/1\.[01]\r?")
_UPGRADE = re.compile(rb"^upgrade:[^\r\n]*websocket", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class Kind(Enum):
    """What a request is."""

    UNKNOWN = auto()
    """More bytes are needed to tell."""
    HANDSHAKE = auto()
    """An opening handshake, or what is answered as one: HTTP rules are not asked."""
    PLAIN = auto()
    """A request for the HTTP rules of its path."""


def tell_kind(head: bytes, limit: int, answers: Callable[[str], bool]) -> Kind:
    """Return what a request is.

    Args:
        head: the bytes that have arrived, from the beginning of the request on.
        limit: the most bytes of the headers.
        answers: tells whether HTTP rules answer the target of a request.
    """
    line, end, _ = head.partition(b"\n")
    if not end:
        return Kind.UNKNOWN if len(head) <= min(limit, MAX_LINE) else Kind.HANDSHAKE
    found = _LINE.fullmatch(line)
    if found is None or not answers(found[2].decode("ascii")):
        return Kind.HANDSHAKE
    if found[1] != b"GET":
        return Kind.PLAIN
    whole = _HEAD_END.search(head)
    if whole is None:
        return Kind.UNKNOWN if len(head) <= limit else Kind.HANDSHAKE
    return Kind.HANDSHAKE if _UPGRADE.search(head, 0, whole.end()) else Kind.PLAIN
