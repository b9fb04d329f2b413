"""Receives the bodies of requests, within limits of size and time."""

import re
from contextlib import suppress
from dataclasses import dataclass

import anyio
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from websocket_mock.mcp_bridge.web.refusals import Refused, header

MIB = 1024 * 1024

_LENGTH = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large and how slow bodies may be, in bytes and seconds."""

    body: int = 8 * MIB
    """One body. A mock that sends a file reads it from the disk, so documents are far smaller."""

    together: int = 64 * MIB
    """All bodies whose requests are not answered yet."""

    seconds: float = 30.0
    """To receive one body."""

    drained: int = 16 * MIB
    """What is read of a refused body, so that the client sees the answer and not a reset."""

    drain_seconds: float = 1.0


class Bodies:
    """The bodies of all requests that are not answered yet. Only on the event loop."""

    def __init__(self, limits: BodyLimits) -> None:
        self.limits = limits
        self.held = 0
        """Bytes."""


class Body:
    """The body of one request. It is received whole, so that a slow client costs no handler."""

    def __init__(self, scope: Scope, receive: Receive, bodies: Bodies) -> None:
        self._scope = scope
        self._receive = receive
        self._bodies = bodies
        self._limits = bodies.limits
        self._content = bytearray()
        self._is_whole = False
        self._is_late = False

    async def receive(self, most: int | None = None) -> Receive:
        """Receive it; return a `receive` that begins with it.

        Args:
            most: bytes, in place of the limit for one body.

        Raises:
            Refused: 400, 408, 413 or 503.
            ClientDisconnect: the client is gone.
        """
        most = self._limits.body if most is None else most
        _check_length(self._scope, most)
        with anyio.move_on_after(self._limits.seconds):
            while not self._is_whole:
                self._keep(await self._next_chunk(), most)
        if not self._is_whole:
            self._is_late = True
            raise Refused(
                408,
                f"The body did not arrive within {self._limits.seconds:g} seconds. "
                "Send it without pauses.",
            )
        return _after(bytes(self._content), self._receive)

    async def drain(self) -> bool:
        """Receive the rest and forget it, within limits; tell whether all of it came."""
        if self._is_late or any(name == b"expect" for name, _ in self._scope["headers"]):
            # With Expect, the client waits with the body until it is asked for.
            return self._is_whole
        left = self._limits.drained
        with anyio.move_on_after(self._limits.drain_seconds), suppress(ClientDisconnect):
            while not self._is_whole and left > 0:
                left -= len(await self._next_chunk())
        return self._is_whole

    def release(self) -> None:
        """Make room for other bodies."""
        self._bodies.held -= len(self._content)
        self._content.clear()

    def _keep(self, chunk: bytes, most: int) -> None:
        if len(self._content) + len(chunk) > most:
            raise _too_large(most)
        if self._bodies.held + len(chunk) > self._limits.together:
            raise Refused(
                503,
                "The server holds too many large bodies at once. Try again in a second.",
                {"Retry-After": "1"},
            )
        self._content += chunk
        self._bodies.held += len(chunk)

    async def _next_chunk(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._is_whole = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


def _check_length(scope: Scope, most: int) -> None:
    length = header(scope, "Content-Length")
    if length is None:
        return
    if not _LENGTH.fullmatch(length):
        raise Refused(400, "The Content-Length header is not a number of bytes.")
    if int(length) > most:
        raise _too_large(most)


def _too_large(most: int) -> Refused:
    return Refused(413, f"The body is too large: it may have {most:,} bytes.")


def _after(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay
