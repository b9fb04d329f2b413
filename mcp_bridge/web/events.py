"""`GET /events`: the journal as server-sent events (HTML standard, section 9.2).

sse-starlette sends each event alone, looks for the stop of the server every half second and cannot
cut a client that reads nothing, so the stream is written here.
"""

import time
from collections.abc import Iterable

import anyio
import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from websocket_mock.mcp_bridge.per_loop import PerLoop
from websocket_mock.mcp_bridge.service.errors import ServiceError
from websocket_mock.mcp_bridge.service.feed import Feed, Gap, Item, Portion
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.answers import error_answer, refusal
from websocket_mock.mcp_bridge.web.connections import HttpConnection, connection_of
from websocket_mock.mcp_bridge.web.event_question import EventQuestion

MAX_READERS = 32
"""The most readers at a time. Each has a thread while it waits for entries."""

KEEP_ALIVE = 10.0
"""Seconds of silence after which a comment is sent."""

CURSOR_EVERY = 1.0
"""Seconds after which a reader is told how far entries that do not match have been read."""

SLOW_AFTER = 5.0
"""Seconds that a client may take to make room for what is sent. A slower one is told and cut."""

RESET_AFTER = 10.0
"""Seconds after which a client that makes no room at all is cut without being told."""

END_TIME = 1.0
"""Seconds that the end of a stream may take."""

TOO_MANY = f"There are {MAX_READERS} readers of events, which is the limit. Close one of them."
TOO_SLOW = "You read too slowly. Connect again with Last-Event-ID to read on."

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


def event_routes(state: BridgeState) -> list[Route]:
    """Return the route of the events."""
    return [Route("/events", _Events(state), methods=["GET"])]


class _Readers:
    """The limits of all readers of one event loop."""

    def __init__(self) -> None:
        self.places = anyio.CapacityLimiter(MAX_READERS)
        """One for each reader, from its request to the end of its last wait."""
        self.threads = anyio.CapacityLimiter(MAX_READERS)
        """One for each wait. A reader has one wait at a time, so none queues."""


_readers = PerLoop("readers of events", _Readers)


class _Events:
    """The application behind the route."""

    def __init__(self, state: BridgeState) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; returns when the stream has ended and its thread is free."""
        readers, place = _readers.get(), object()
        try:
            question = EventQuestion.of(Request(scope))
            readers.places.acquire_on_behalf_of_nowait(place)
        except ServiceError as error:
            await refusal(error)(scope, receive, send)
            return
        except anyio.WouldBlock:
            await error_answer(503, TOO_MANY)(scope, receive, send)
            return
        try:
            await self._answer(question, readers, scope, receive, send)
        finally:
            readers.places.release_on_behalf_of(place)

    async def _answer(
        self,
        question: EventQuestion,
        readers: _Readers,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        opened: list[Feed] = []

        def follow() -> None:
            opened.append(question.follow(self._state.gateway))

        try:
            # If this is cancelled, it still waits for the thread, so the feed is always closed.
            await anyio.to_thread.run_sync(follow, limiter=readers.threads)
            if scope["method"] == "HEAD":
                await Response(headers=HEADERS)(scope, receive, send)
                return
            version = self._state.identity.version
            stream = _Stream(opened[0], version, readers.threads, connection_of(scope), send)
            await stream.run(receive)
        except ServiceError as error:
            # The stream has not begun: once it has, its errors only end it.
            await refusal(error)(scope, receive, send)
        finally:
            for feed in opened:
                feed.close()


class _TooSlow(Exception):
    """Raised when the client does not read what is sent."""


class _Stream:
    """The answer to one reader.

    Args:
        feed: what it gets. Each wait ends at once when the feed is left.
        version: of this server.
        threads: the limiter of the threads that read the feed.
        connection: its connection, if it can be cut.
        send: ASGI's function; it waits while the client has more than 64 KiB to read.
    """

    def __init__(
        self,
        feed: Feed,
        version: str,
        threads: anyio.CapacityLimiter,
        connection: HttpConnection | None,
        send: Send,
    ) -> None:
        self._feed = feed
        self._version = version
        self._threads = threads
        self._connection = connection
        self._send = send
        self._is_over = False
        self._is_finished = False
        self._left = anyio.Event()
        self._told_cursor = 0
        self._told_at = time.monotonic()

    async def run(self, receive: Receive) -> None:
        """Stream until the client leaves or is too slow, or until the server stops."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._until_left, receive)
            if self._connection is None:
                await self._stream()
            else:
                with self._connection.streaming(on_stop=self._end):
                    await self._stream()
            group.cancel_scope.cancel()

    def _end(self) -> None:
        self._is_over = True
        self._feed.leave()

    async def _until_left(self, receive: Receive) -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
            self._left.set()
        finally:
            # Also if the stream is cancelled, so that its thread does not wait any longer.
            self._end()

    async def _stream(self) -> None:
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(name.lower().encode(), HEADERS[name].encode()) for name in HEADERS],
        }
        try:
            await self._send(start)
            await self._send_chunk(self._greeting())
            while not self._is_over:
                portion = await self._read()
                if portion is None:
                    break
                if chunk := self._chunk_of(portion):
                    await self._send_chunk(chunk)
            await self._finish()
        except _TooSlow:
            await self._cut()

    async def _read(self) -> Portion | None:
        """Return what follows; None if the journal has stopped."""
        elapsed = time.monotonic() - self._told_at
        is_told = self._feed.cursor == self._told_cursor
        timeout = max(0.0, (KEEP_ALIVE if is_told else CURSOR_EVERY) - elapsed)
        try:
            return await anyio.to_thread.run_sync(self._feed.read, timeout, limiter=self._threads)
        except ServiceError:
            return None

    # --- texts --------------------------------------------------------------------------------

    def _greeting(self) -> bytes:
        opening = self._feed.opening
        server = {"started": opening.started, "version": self._version, "last": opening.last}
        self._told_cursor = self._feed.cursor
        # With its place, so that a reader that is cut off before its first entry misses nothing.
        return _event("server", orjson.dumps(server).decode(), self._feed.cursor).encode()

    def _chunk_of(self, portion: Portion) -> bytes:
        """Return what a portion adds to the stream."""
        chunk = _events(portion.parts)
        silence = time.monotonic() - self._told_at
        if portion.parts:
            last = portion.parts[-1]
            self._told_cursor = last.seq if isinstance(last, Item) else last.before - 1
        elif portion.cursor != self._told_cursor and silence >= CURSOR_EVERY:
            self._told_cursor = portion.cursor
            chunk = f"id: {portion.cursor}\n\n"
        elif silence >= KEEP_ALIVE:
            chunk = ": keep-alive\n\n"
        return chunk.encode()

    # --- sending ------------------------------------------------------------------------------

    async def _send_chunk(self, chunk: bytes) -> None:
        """Send, and wait until the client has room.

        Raises:
            _TooSlow: that took too long.
        """
        begin = self._told_at = time.monotonic()
        if not await self._send_body(chunk):
            raise _TooSlow
        if time.monotonic() - begin > SLOW_AFTER:
            cut = orjson.dumps({"error": TOO_SLOW}).decode()
            await self._finish(_event("cut", cut, self._told_cursor).encode())
            self._is_over = True

    async def _finish(self, last: bytes = b"") -> None:
        """End the stream, once."""
        if self._is_finished or self._left.is_set():
            return
        self._is_finished = True
        if not await self._send_body(last, is_last=True):
            raise _TooSlow

    async def _send_body(self, chunk: bytes, *, is_last: bool = False) -> bool:
        """Send, and return whether the client made room in time."""
        with anyio.move_on_after(RESET_AFTER) as limit:
            await self._send(
                {"type": "http.response.body", "body": chunk, "more_body": not is_last}
            )
        return not limit.cancelled_caught

    async def _cut(self) -> None:
        """Cut the connection, and wait until it is gone, for the server complains otherwise."""
        if self._connection is not None:
            self._connection.cut()
            with anyio.move_on_after(END_TIME):
                await self._left.wait()


def _events(parts: Iterable[Item | Gap]) -> str:
    return "".join(
        _event("entry", part.json, part.seq)
        if isinstance(part, Item)
        else _event("gap", _gap_json(part), part.before - 1)
        for part in parts
    )


def _gap_json(gap: Gap) -> str:
    return f'{{"after":{gap.after},"before":{gap.before},"missing":{gap.missing}}}'


def _event(name: str, data: str, place: int) -> str:
    """Return one event. The data is JSON, so it has no line breaks."""
    return f"id: {place}\nevent: {name}\ndata: {data}\n\n"
