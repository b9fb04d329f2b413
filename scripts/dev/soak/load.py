"""What happens in a soak: clients that count, clients that come and go, and calls at random."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

ANSWER_TIMEOUT = 30.0
"""Seconds that a well-behaved client waits for an answer. A later one counts as lost."""

PAUSE = 0.01
"""Seconds that everyone waits after each turn, where nothing else is said."""

WITNESSES = 20
"""How many well-behaved clients count."""

Part = Callable[[aiohttp.ClientSession], Awaitable[None]]
"""One turn of somebody in the soak."""

ENDPOINT: dict[str, Any] = {
    "name": "prices",
    "path": "/prices",
    "rules": [
        {
            "match": {"json": {"$.type": "get"}},
            "do": [{"send": {"json": {"type": "price", "id": "{{ message.json.id }}"}}}],
        },
        {
            "match": {"json": {"$.type": "stream"}},
            "do": [{"send": {"text": "tick {{ repeat.index }}"}, "every": "20ms", "times": 20}],
        },
    ],
}

FAULTS: tuple[Any, ...] = (
    {"latency": {"mean": "5ms", "jitter": "5ms"}, "direction": "both"},
    {"drop": {}, "probability": 0.2},
    {"duplicate": {}, "probability": 0.2},
    {"drip": {"size": 7}},
    {"reset": {}, "after": "200ms"},
    {"refuse": {}, "probability": 0.3},
    {"invalid_utf8": {}, "frames": {"nth": 2}},
    {"tls_alert": {}, "probability": 0.3},
)

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_websocket_server_status", {}),
    ("get_websocket_clients", {"limit": 5}),
    ("get_websocket_traffic", {"limit": 20}),
    ("list_websocket_mocks", {}),
    ("verify_websocket_traffic", {"expect": {"kind": "text", "at_least": 0}}),
    ("wait_for_websocket_event", {"match": {"kind": "close"}, "timeout": 0.2}),
    ("send_websocket_message", {"text": "hello", "target_endpoint": "prices"}),
    ("explain_websocket_message", {"endpoint": "prices", "text": "a"}),
    ("get_websocket_schema", {}),
    ("get_websocket_server_status", {"nonsense": True}),
    ("set_websocket_mock", {"endpoint": {"path": 7}}),
)
"""Tools and arguments. Some are refused: without that namespace there is no endpoint, and the last
two are not valid."""


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass
class Tally:
    """What has been counted. The event loop's thread only."""

    answered: int = 0
    """Right answers of well-behaved clients."""
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    disturbed: int = 0
    """How often a well-behaved client lost its connection."""
    seen: Counter[str] = field(default_factory=Counter)
    """Everything else that happened, by kind."""


class Load:
    """The clients and callers of one soak. `run` ends when `end` was called.

    Args:
        websocket_url: the address of the server.
        secure_url: its address with TLS.
        control_url: the address of REST.
        trust: trusts the server's certificate.
        pause: seconds that everyone waits after each turn.
        seed: of all random choices.
    """

    def __init__(
        self,
        websocket_url: str,
        secure_url: str,
        control_url: str,
        trust: SSLContext,
        *,
        pause: float = PAUSE,
        seed: int = 1,
    ) -> None:
        self.tally = Tally()
        self._urls = ((websocket_url, None), (secure_url, trust))
        self._control_url = control_url
        self._pause = pause
        self._random = Random(seed)  # noqa: S311 - a choice, no secret
        self._is_over = asyncio.Event()

    def end(self) -> None:
        """Let everyone finish what they are doing."""
        self._is_over.set()

    async def run(self) -> None:
        """Play all parts until the end."""
        async with (
            aiohttp.ClientSession(self._control_url) as session,
            asyncio.TaskGroup() as group,
        ):
            for number in range(20):
                group.create_task(self._count(number))
            parts: tuple[tuple[int, Callable[[aiohttp.ClientSession], Awaitable[None]]], ...] = (
                (4, self._come_and_go),
                (2, self._vanish),
                (2, self._read_nothing),
                (2, self._use_a_namespace),
                (3, self._call),
            )
            for times, part in parts:
                for _ in range(times):
                    group.create_task(self._repeat(part, session))

    async def _repeat(
        self,
        part: Callable[[aiohttp.ClientSession], Awaitable[None]],
        session: aiohttp.ClientSession,
    ) -> None:
        while not self._is_over.is_set():
            try:
                await part(session)
            except (ConnectionClosed, InvalidHandshake, OSError, EOFError, TimeoutError) as error:
                self.tally.seen[type(error).__name__] += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), self._pause)

    def _connect(self, path: str) -> connect:
        url, trust = self._random.choice(self._urls)
        return connect(url + path, ssl=trust, proxy=None, open_timeout=ANSWER_TIMEOUT)

    # --- well-behaved clients -----------------------------------------------------------------

    async def _count(self, number: int) -> None:
        while not self._is_over.is_set():
            try:
                async with self._connect("/echo") as client:
                    await self._talk(client, number)
            except (ConnectionClosed, OSError, EOFError, InvalidHandshake):
                self.tally.disturbed += 1

    async def _talk(self, client: ClientConnection, number: int) -> None:
        turn = 0
        while not self._is_over.is_set():
            sent = [f"{number} {turn} {step}" for step in range(self._random.randint(1, 8))]
            for message in sent:
                await client.send(message)
            got: list[str | bytes] = []
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    while len(got) < len(sent):
                        got.append(await client.recv())
            self._judge(sent, got)
            turn += 1
            await asyncio.sleep(self._pause)

    def _judge(self, sent: list[str], got: list[str | bytes]) -> None:
        tally, count = self.tally, Counter(got)
        tally.answered += len(got)
        tally.lost += sum(1 for one in sent if not count[one])
        tally.doubled += sum(more - 1 for more in count.values() if more > 1)
        tally.reordered += int(sorted(map(str, got)) == sorted(sent) and got != sent)

    # --- others -------------------------------------------------------------------------------

    async def _come_and_go(self, _: aiohttp.ClientSession) -> None:
        async with self._connect("/") as client:
            await client.recv()
            for _turn in range(self._random.randint(0, 5)):
                await client.send('{"type": "ping"}')
                await client.recv()
        self.tally.seen["came and went"] += 1

    async def _vanish(self, _: aiohttp.ClientSession) -> None:
        client = await self._connect("/echo")
        await client.send("x" * self._random.randint(1, 100_000))
        client.transport.abort()
        self.tally.seen["vanished"] += 1

    async def _read_nothing(self, _: aiohttp.ClientSession) -> None:
        shout = json.dumps({"type": "broadcast", "message": "x" * 50_000})
        address = urlsplit(self._urls[0][0])
        _reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
        try:
            writer.write(HANDSHAKE)
            async with self._connect("/") as speaker:
                for _turn in range(20):
                    await speaker.send(shout)
                await speaker.send('{"type": "ping"}')
                while json.loads(await speaker.recv())["type"] != "pong":
                    pass
        finally:
            writer.transport.abort()
        self.tally.seen["read nothing"] += 1

    async def _use_a_namespace(self, session: aiohttp.ClientSession) -> None:
        name = f"soak-{self._random.randrange(1_000)}"
        space = {"namespace": name}
        await self._post(session, "set_websocket_mock", {"endpoint": ENDPOINT, **space})
        fault = self._random.choice(FAULTS)
        await self._post(session, "set_websocket_faults", {"faults": [fault], **space})
        for _turn in range(3):
            with suppress(ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
                await self._ask_prices(name)
        what = {"what": ["namespace"], **space}
        await self._post(session, "reset_websocket_server", what)
        self.tally.seen["namespaces"] += 1

    async def _ask_prices(self, name: str) -> None:
        async with self._connect(f"/ns/{name}/prices") as client:
            await client.send(json.dumps({"type": "stream"}))
            for number in range(10):
                await client.send(json.dumps({"type": "get", "id": number}))
            async with asyncio.timeout(0.3):
                async for _message in client:
                    self.tally.seen["prices"] += 1

    async def _call(self, session: aiohttp.ClientSession) -> None:
        tool, arguments = self._random.choice(CALLS)
        status = await self._post(session, tool, arguments)
        self.tally.seen[f"calls answered {status // 100}xx"] += 1

    async def _post(
        self, session: aiohttp.ClientSession, tool: str, arguments: dict[str, Any]
    ) -> int:
        async with session.post(f"/api/{tool}", json=arguments) as answer:
            await answer.read()
            return answer.status
