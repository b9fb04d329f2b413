"""An ASGI app behind the guard, and requests to it without any server."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.helpers.fakes import ManualClock
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.web.guard import Access, guarded

OWN = "http://localhost:8004"
TOKEN = "swordfish-ü"
BEARER = ("Authorization", f"Bearer {TOKEN}")
JSON = ("Content-Type", "application/json")
LINK = (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html"))
"""What a browser sends when somebody follows a link."""

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer; a status of -1 stands for none."""

    status: int
    headers: Sequence[Header]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def value(self, name: str) -> str | None:
        values = self.values(name)
        assert len(values) < 2, values
        return values[0] if values else None

    def error(self) -> str:
        (text,) = json.loads(self.body).values()
        assert isinstance(text, str)
        return text


class Inner:
    """The app behind the guard: notes what reached it, and answers."""

    def __init__(self, answer: Response | None = None) -> None:
        self.answer = answer or JSONResponse({"inner": True})
        self.reached: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            self.reached.append((scope["path"], b""))
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
            return
        message = await receive()
        assert not message.get("more_body")
        self.reached.append((scope["path"], message["body"]))
        await self.answer(scope, receive, send)


class Guarded:
    """A guard over an inner app, and a clock that a test turns."""

    def __init__(self, inner: ASGIApp | None = None, **access: Any) -> None:
        self.inner = Inner()
        self.clock = ManualClock()
        fields = {"host": "localhost", **access}
        self.app = guarded(inner or self.inner, Access(**fields), self.clock.monotonic)

    def ask(
        self, method: str, path: str, *headers: Header, body: bytes = b"", **scope: Any
    ) -> Heard:
        """Send a request as to `OWN`; a Host among the headers replaces that one."""
        chunks: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        return ask(self.app, http_scope(method, path, headers, **scope), chunks)

    def post(self, path: str, content: object, *headers: Header, **scope: Any) -> Heard:
        return self.ask("POST", path, JSON, *headers, body=json.dumps(content).encode(), **scope)

    def shake_hands(self, path: str, *headers: Header) -> Heard:
        """Ask for a WebSocket connection."""
        scope = http_scope("GET", path, headers, type="websocket", scheme="ws")
        del scope["method"]
        return ask(self.app, scope | {"extensions": {"websocket.http.response": {}}}, [])

    def log_in(self, *headers: Header, token: str = TOKEN) -> Header:
        """Log in and return the cookie as a browser sends it."""
        answer = self.post("/login", {"token": token}, *headers)
        assert answer.status == 204, answer
        cookie = answer.value("set-cookie")
        assert cookie is not None
        return ("Cookie", cookie.partition(";")[0])


def http_scope(
    method: str, path: str, headers: Sequence[Header] = (), **changes: Any
) -> dict[str, Any]:
    names = {name.lower() for name, _ in headers}
    own = () if "host" in names else (("Host", "localhost:8004"),)
    return {
        "type": "http",
        "scheme": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": b"",
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8004),
        "headers": [(k.lower().encode(), v.encode()) for k, v in (*own, *headers) if v is not None],
        **changes,
    }


def ask(app: ASGIApp, scope: Scope, incoming: Sequence[Message]) -> Heard:
    """Send messages to an app, then nothing more, and collect its answer."""
    waiting = list(incoming)
    outgoing: list[Message] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        outgoing.append(message)

    async def run() -> None:
        await asyncio.wait_for(app(scope, receive, send), PATIENCE)

    asyncio.run(run())
    return _heard(outgoing)


def _heard(messages: Sequence[Message]) -> Heard:
    if not messages:
        return Heard(-1, [], b"")
    first, *rest = messages
    if first["type"] == "websocket.close":
        # What servers answer to a handshake that is closed before it is accepted.
        return Heard(403, [], b"")
    assert first["type"] == "http.response.start"
    headers = [(key.decode().lower(), value.decode("latin-1")) for key, value in first["headers"]]
    return Heard(first["status"], headers, b"".join(one.get("body", b"") for one in rest))
