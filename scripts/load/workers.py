"""The threads of the load. Each owns an event loop and its share of the clients.

With one event loop per thread, thousands of clients need only a few threads. Only one thread uses
what belongs to a client, so nothing needs a lock. The loops use the asyncio client of `websockets`
instead of plain sockets, so that errors in the protocol are the server's.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from websocket_mock.scripts.endpoint import CONNECT_ERRORS, excerpt, is_welcome
from websocket_mock.scripts.load.ledger import ClientLedger, Rules, Tally

T = TypeVar("T")

OPEN_TIMEOUT = 10.0
"""Seconds for a handshake, and the same for the welcome."""

CLOSE_TIMEOUT = 2.0

STALL = 5.0
"""Seconds without an answer after which a client sends its next request anyway."""

_STALL_CHECK = 0.5
_JOIN_TIMEOUT = 5.0


class NoWelcomeError(Exception):
    """Raised when the first message is not the welcome; the text is that message."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The settings of the load. Times are in seconds."""

    url: str
    address: tuple[str, int]
    """The resolved address of the URL, so that it is not looked up for each client."""
    rules: Rules
    threads: int
    duration: float
    grace: float
    """How long to wait for answers after the last request, before they count as lost."""
    connect_rate: float
    """Connections opened per second."""


class LoadClient:
    """One connection in a closed loop: each answer triggers the next request."""

    def __init__(self, connection: ClientConnection, ledger: ClientLedger, tally: Tally) -> None:
        self.ledger = ledger
        self.connection = connection
        self.is_sending = False
        self.was_dropped = False
        """Whether the connection was lost before the end."""
        self._is_leaving = False
        self._tally = tally

    async def converse(self) -> None:
        """Send and receive until the connection ends. An end before `hang_up` is an error."""
        try:
            await self._send_next()
            while True:
                payload = await self.connection.recv(decode=False)
                if self.ledger.receive(payload) and self.is_sending:
                    await self._send_next()
        except ConnectionClosed as closed:
            if not self._is_leaving:
                self.was_dropped = True
                self._tally.dropped += 1
                end = f"closed: {closed.rcvd.code}" if closed.rcvd else "lost"
                self._tally.error(f"connection {end}", excerpt(str(closed)))

    async def ask_again(self) -> None:
        """Send the next request, although the last one has no answer."""
        try:
            await self._send_next()
        except ConnectionClosed:
            # `converse` sees that, too, and counts it as dropped.
            return

    async def hang_up(self) -> None:
        """Close the connection. Takes at most `CLOSE_TIMEOUT`."""
        self._is_leaving = True
        await self.connection.close()

    async def _send_next(self) -> None:
        await self.connection.send(self.ledger.next_request(), text=True)


class Worker:
    """A thread with its clients. Its coroutines run on that thread, started by `submit`.

    Args:
        index: the index of this worker, from 0; it takes every `plan.threads`-th client.
        plan: the load.
    """

    def __init__(self, index: int, plan: LoadPlan) -> None:
        self.tally = Tally()
        self.clients: list[LoadClient] = []
        """The connected clients. Only for the worker's thread until it is joined."""
        self._plan = plan
        self._numbers = range(index, plan.rules.clients, plan.threads)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"stress-worker-{index}")
        self._conversations: list[asyncio.Task[None]] = []
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine of this worker on its thread. For any thread; does not block."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """Stop and join the thread. Blocks briefly; idempotent."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_JOIN_TIMEOUT)

    async def connect(self, begin: float) -> None:
        """Connect this worker's clients, each at its turn.

        Args:
            begin: when the first client of the run connects, in monotonic seconds.
        """
        rate = self._plan.connect_rate
        await asyncio.gather(
            *(self._connect(number, begin + number / rate) for number in self._numbers)
        )

    async def begin_load(self) -> None:
        """Let each client send its first request, and another one after each answer."""
        for client in self.clients:
            client.is_sending = True
            self._conversations.append(asyncio.create_task(client.converse()))
        self._watch = asyncio.create_task(self._watch_for_stalls())

    async def end_load(self) -> None:
        """Send no more requests. Answers are still received."""
        if self._watch is not None:
            self._watch.cancel()
        for client in self.clients:
            client.is_sending = False

    async def hang_up(self) -> None:
        """Close all connections and end all conversations. Takes at most `CLOSE_TIMEOUT`.

        Raises:
            Exception: a conversation failed because of a bug in this program.
        """
        await asyncio.gather(*(client.hang_up() for client in self.clients))
        for conversation in self._conversations:
            conversation.cancel()
        ends = await asyncio.gather(*self._conversations, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _connect(self, number: int, turn: float) -> None:
        await asyncio.sleep(turn - self._loop.time())
        try:
            connection = await self._open()
        except (*CONNECT_ERRORS, NoWelcomeError) as error:
            self.tally.error(_kind_of(error), excerpt(str(error)))
            return
        ledger = ClientLedger(self._plan.rules, number, self.tally)
        self.clients.append(LoadClient(connection, ledger, self.tally))
        self.tally.connected += 1

    async def _open(self) -> ClientConnection:
        host, port = self._plan.address
        connection = await connect(
            self._plan.url,
            host=host,
            port=port,
            # Compression would load zlib instead of the server, and thousands of keepalive timers
            # measure nothing. A proxy from the environment must not be used.
            compression=None,
            ping_interval=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
        )
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                data = await connection.recv()
        except BaseException:
            connection.transport.abort()
            raise
        if not is_welcome(data):
            connection.transport.abort()
            raise NoWelcomeError(excerpt(data))
        return connection

    async def _watch_for_stalls(self) -> None:
        while True:
            await asyncio.sleep(_STALL_CHECK)
            stalled_since = self._plan.rules.clock() - int(STALL * 1e9)
            for client in self.clients:
                if not client.was_dropped and client.ledger.asked_at < stalled_since:
                    await client.ask_again()

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()


def _kind_of(error: Exception) -> str:
    match error:
        case InvalidStatus():
            return f"handshake refused: HTTP {error.response.status_code}"
        case TimeoutError():
            return "handshake timed out"
        case NoWelcomeError():
            return "no welcome"
        case ConnectionClosed():
            return "closed before the welcome"
        case _:
            return f"cannot connect: {type(error).__name__}"
