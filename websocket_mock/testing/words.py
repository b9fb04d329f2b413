"""Says in words what was expected, for failures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from websocket_mock.testing.control import named
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.values import json_text

NOUNS: Mapping[str | None, str] = {
    None: "an entry",
    "handshake": "a handshake",
    "open": "an opened connection",
    "message": "a message",
    "text": "a text message",
    "binary": "a binary message",
    "ping": "a ping",
    "pong": "a pong",
    "close": "a close",
    "http": "a part of an HTTP exchange",
    "request": "an HTTP request",
    "response": "an HTTP response",
    "event": "a server-sent event",
    "error": "an error",
    "rule": "a rule that fires",
    "verdict": "a verdict",
    "fault": "a fault that acts",
}
SIDES = {"received": "from the client", "sent": "to the client"}


def describe(match: Mapping[str, Any]) -> str:
    """Return conditions on an entry in words, such as: a message from the client with text "a".

    Args:
        match: the conditions, as the tools take them.
    """
    rest = dict(match)
    content = rest.pop("match", {})
    kind, direction = rest.pop("kind", None), rest.pop("direction", None)
    noun = NOUNS.get("message" if content and kind is None else kind, f"an entry of kind {kind}")
    endpoint, client, by = (rest.pop(name, None) for name in ("endpoint", "client", "by"))
    given = {**rest, **content}
    shown = ", ".join(f"{name} {json_text(value)}" for name, value in given.items())
    parts = (
        noun,
        SIDES.get(direction or ""),
        f"by the {by}" if by else None,
        f"on the connection {client[:8]}" if client else None,
        f"at {endpoint}" if endpoint else None,
        f"with {shown}" if shown else None,
    )
    return " ".join(filter(None, parts))


def times(number: int) -> str:
    """Return a number of times in words."""
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number:,} times")


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as: 3 messages."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def sentence(text: str) -> str:
    """Return a text as a sentence."""
    capital = text[:1].upper() + text[1:]
    return capital if capital.endswith((".", "!", "?")) else f"{capital}."


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something is expected; without any number: at least once."""

    exactly: int | None = None
    at_least: int | None = None
    at_most: int | None = None

    def __str__(self) -> str:
        if self.exactly is not None:
            exactly = times(self.exactly)
            return f"exactly {exactly}" if self.exactly else exactly
        bounds = {"at least": self.at_least, "at most": self.at_most}
        given = [f"{word} {times(one)}" for word, one in bounds.items() if one is not None]
        return " and ".join(given) or "at least once"

    @property
    def is_open(self) -> bool:
        """Whether more of it can never break what holds already."""
        return self.exactly is None and self.at_most is None

    def hold(self, count: int) -> bool:
        """Whether a number of times is what was expected."""
        if self.exactly is not None:
            return count == self.exactly
        least = self.at_least
        if least is None:
            least = 1 if self.at_most is None else 0
        return count >= least and (self.at_most is None or count <= self.at_most)

    def arguments(self) -> dict[str, int]:
        """Return the numbers as the tool takes them.

        Raises:
            MockError: a count together with a bound, or a number below 0.
        """
        bounds = named({"at_least": self.at_least, "at_most": self.at_most})
        if self.exactly is not None and bounds:
            raise MockError("Give either count, or at_least and at_most.")
        if any(one < 0 for one in (self.exactly or 0, *bounds.values())):
            raise MockError("A number of times is 0 or more.")
        return {**named({"exactly": self.exactly}), **bounds}
