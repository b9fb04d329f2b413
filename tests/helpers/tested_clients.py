"""Clients as applications have them, which agents test. Each runs on a thread of its own."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gql
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from tests.helpers.wait import PATIENCE, UNIT

FIRST_DELAY = 0.1 * UNIT
ATTEMPTS = 6

PRICES = "subscription { price }"


class ReconnectingClient:
    """Backs off while it is refused, subscribes, and ends when a connection that it had is lost.

    The delays are far enough apart for a machine that is busy.
    """

    def __init__(self, url: str, first_delay: float = FIRST_DELAY) -> None:
        self.refusals: list[int] = []
        self.messages: list[Any] = []
        self.end: ConnectionClosed | None = None
        self._url = url
        self._first_delay = first_delay

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run it on a thread of its own; the context ends with it."""
        thread = threading.Thread(target=self.run, name="reconnecting-client")
        thread.start()
        try:
            yield
        finally:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def run(self) -> None:
        back_off = threading.Event()
        for attempt in range(ATTEMPTS):
            try:
                with connect(self._url, open_timeout=PATIENCE) as connection:
                    connection.send('{"type": "subscribe"}')
                    while True:
                        self.messages.append(json.loads(connection.recv(PATIENCE)))
            except InvalidStatus as refused:
                self.refusals.append(refused.response.status_code)
                back_off.wait(self._first_delay * 3**attempt)
            except ConnectionClosed as closed:
                self.end = closed
                return


def back_off(url: str) -> list[Any]:
    """Run a reconnecting client; return its messages."""
    client = ReconnectingClient(url)
    client.run()
    return client.messages


def hurry(url: str) -> list[Any]:
    """Do not back off. What a recipe must find."""
    client = ReconnectingClient(url, first_delay=0.0)
    client.run()
    return client.messages


def subscribe_again(url: str) -> list[Any]:
    """Subscribe with `gql`, and again on a new connection whenever the line is lost."""

    async def subscribe() -> list[Any]:
        results: list[Any] = []
        for _ in range(ATTEMPTS):
            # A transport of gql is good for one connection at a time.
            transport = WebsocketsTransport(url, connect_args={"proxy": None})
            try:
                async with gql.Client(transport=transport) as session:
                    async for result in session.subscribe(gql.gql(PRICES)):
                        results.append(result)  # noqa: PERF401 - what came before a loss counts
                    return results
            except TransportConnectionFailed:
                continue
        raise AssertionError("it was never served to the end")

    async def in_time() -> list[Any]:
        async with asyncio.timeout(PATIENCE):
            return await subscribe()

    return asyncio.run(in_time())


def read_slowly(url: str) -> list[Any]:
    """Take a while for each message, and come back when the server has had enough of it."""
    pause = threading.Event()

    def use(connection: ClientConnection) -> None:
        while True:
            connection.recv(PATIENCE)
            pause.wait(0.01 * UNIT)

    return close_codes(url, use)


def keep_alive(url: str) -> list[Any]:
    """Ping the server, and connect again when it does not answer."""
    return close_codes(
        url, lambda connection: connection.recv(PATIENCE), ping_interval=0.1, ping_timeout=UNIT
    )


def close_codes(url: str, use: Callable[[ClientConnection], object], **options: Any) -> list[Any]:
    """Use one connection after another until the server goes away; return how each ended."""
    codes: list[Any] = []
    while len(codes) < ATTEMPTS and CloseCode.GOING_AWAY not in codes:
        try:
            with connect(url, open_timeout=PATIENCE, **options) as connection:
                use(connection)
        except ConnectionClosed as closed:
            end = closed.rcvd or closed.sent
            codes.append(CloseCode.ABNORMAL_CLOSURE if end is None else end.code)
    return codes


def resume(url: str, *, forgets: bool = False) -> list[Any]:
    """Count what comes, and ask for the rest after a loss; or for all, if it forgets."""
    numbers, is_resumed = list[Any](), False
    for _ in range(ATTEMPTS):
        try:
            with connect(f"{url}", open_timeout=PATIENCE) as connection:
                if numbers:
                    known = 0 if forgets else numbers[-1]
                    connection.send(json.dumps({"op": "resume", "seq": known}))
                while not is_resumed:
                    message = json.loads(connection.recv(PATIENCE))
                    is_resumed = message.get("op") == "resumed"
                    numbers += [message["seq"]] if "seq" in message else []
        except ConnectionClosed:
            continue
        break
    return numbers
